// Random operations on a log against a std::map, with restarts, kills and power cuts.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "io/faulty_file_system.h"
#include "log/inspect.h"
#include "log/internal/test_log.h"

namespace blasty::log {
namespace {

class Model {
  public:
    explicit Model(uint64_t seed) : random_(seed), faulty_(memory_) {
        options_ = ManualOptions();
        options_.salt_seed = seed + 1;
        options_.cache_bytes = random_.Below(3) * 4000;
    }

    void Run(int steps) {
        Start();
        for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) Step();
        Compare();
        log_.reset();
        const auto summary = Inspect(memory_, kDir, {});
        ASSERT_TRUE(summary.ok());
        EXPECT_TRUE(summary->damage.empty()) << summary->damage.front().what;
    }

  private:
    void Start() {
        log_ = std::make_unique<TestLog>(faulty_, options_);
        ASSERT_TRUE(log_->status().ok()) << log_->status();
    }

    void Step() {
        switch (random_.Below(12)) {
            case 0:
                return Restart();
            case 1:
                return Remove();
            case 2:
                return Rewrite();
            case 3:
                return Compare();
            case 4:
                return CompareStream();
            default:
                return Commit();
        }
    }

    void Commit() {
        std::vector<std::pair<uint64_t, Seen>> added;
        uint64_t next = (*log_)->state().last.value() + 1;
        for (uint64_t batches = 1 + random_.Below(3); batches > 0; --batches) {
            Batch batch;
            const uint64_t first = next;
            for (uint64_t n = 1 + random_.Below(3); n > 0; --n, ++next) {
                RecordFields fields;
                fields.stream = StreamId(static_cast<uint32_t>(random_.Below(6)));
                const std::string payload = random_.Bytes(random_.Below(400));
                fields.payload = payload;
                batch.Add(fields);
                records_[next] = {next, fields.stream.value(), payload};
            }
            (*log_)->Append(std::move(batch), [first](Result<Sequence> got) {
                ASSERT_TRUE(got.ok()) << got.status();
                EXPECT_EQ(got->value(), first);
            });
        }
        (*log_)->CommitQueued();
    }

    void Restart() {
        const uint64_t how = random_.Below(3);
        if (how > 0) Kill(faulty_, *log_);
        log_.reset();
        if (how == 2) memory_.Crash(io::CrashMode::kMix, random_.Next());
        Start();
    }

    void Remove() {
        const uint64_t last = (*log_)->state().last.value();
        const uint64_t oldest = (*log_)->state().oldest.value();
        if (random_.Chance(2, 3) || last <= oldest) return;
        const auto now = (*log_)->RemoveBefore(Sequence(oldest + random_.Below(last - oldest + 1)));
        ASSERT_TRUE(now.ok()) << now.status();
        records_.erase(records_.begin(), records_.lower_bound(now->value()));
    }

    void Rewrite() {
        const auto infos = (*log_)->Segments();
        if (infos.size() < 2) return;
        const SegmentInfo info = infos[random_.Below(infos.size() - 1)];
        const uint64_t salt = random_.Below(5);
        const auto keep = [&](uint64_t sequence) { return sequence % 5 != salt; };
        const auto freed = (*log_)->Rewrite(
            info.first, [&](const RecordView& record) { return keep(record.sequence.value()); });
        ASSERT_TRUE(freed.ok()) << freed.status();
        std::erase_if(records_, [&](const auto& one) {
            return one.first >= info.first.value() && one.first <= info.last.value() &&
                   !keep(one.first);
        });
    }

    void Compare() {
        const uint64_t oldest = (*log_)->state().oldest.value();
        const uint64_t from = oldest + random_.Below((*log_)->state().last.value() + 2 - oldest);
        const auto seen = ReadAll(**log_, {.from = Sequence(from)});
        ASSERT_TRUE(seen.ok()) << seen.status();
        ASSERT_EQ(*seen, Expected(from, std::nullopt));
    }

    void CompareStream() {
        const auto stream = static_cast<uint32_t>(random_.Below(7));
        const uint64_t from = (*log_)->state().oldest.value();
        const auto seen = ReadAll(**log_, {.from = Sequence(from), .stream = StreamId(stream)});
        ASSERT_TRUE(seen.ok()) << seen.status();
        ASSERT_EQ(*seen, Expected(from, stream));
    }

    std::vector<Seen> Expected(uint64_t from, std::optional<uint32_t> stream) {
        std::vector<Seen> expected;
        for (auto it = records_.lower_bound(from); it != records_.end(); ++it)
            if (!stream || it->second.stream == *stream) expected.push_back(it->second);
        return expected;
    }

    Random random_;
    io::MemoryFileSystem memory_;
    io::FaultyFileSystem faulty_;
    LogOptions options_;
    std::unique_ptr<TestLog> log_;
    std::map<uint64_t, Seen> records_;
};

TEST(LogModel, RandomOperations) {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(StrCat("seed ", seed));
        Model(seed).Run(150);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::log
