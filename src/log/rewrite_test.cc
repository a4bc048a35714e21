// Rewrite: records taken out of sealed segments.
#include <gtest/gtest.h>

#include "base/random.h"
#include "io/faulty_file_system.h"
#include "log/inspect.h"
#include "log/internal/test_log.h"

namespace blasty::log {
namespace {

std::vector<Seen> Fill(TestLog& log, int count) {
    std::vector<Seen> all;
    Random random(11);
    for (int i = 0; i < count; ++i) {
        Batch batch;
        for (uint64_t n = 1 + random.Below(4); n > 0; --n) {
            RecordFields fields;
            fields.stream = StreamId(static_cast<uint32_t>(random.Below(5)));
            const std::string payload(random.Below(150), 'x');
            fields.payload = payload;
            batch.Add(fields);
            all.push_back({all.size() + 1, fields.stream.value(), payload});
        }
        EXPECT_TRUE(log.Put(std::move(batch)).ok());
    }
    return all;
}

std::vector<Seen> Without(const std::vector<Seen>& all, uint32_t stream, uint64_t below) {
    std::vector<Seen> rest;
    for (const Seen& seen : all)
        if (seen.stream != stream || seen.sequence >= below) rest.push_back(seen);
    return rest;
}

TEST(Rewrite, TakesRecordsOutAndLeavesTheRest) {
    io::MemoryFileSystem fs;
    std::vector<Seen> expected;
    {
        TestLog log(fs);
        expected = Fill(log, 300);
        const auto infos = log->Segments();
        ASSERT_GT(infos.size(), 4u);
        const auto inside = log->NewCursor({});
        ASSERT_TRUE(inside->Next().ok());
        for (const uint32_t stream : {1u, 3u}) {
            for (size_t i = 0; i + 1 < infos.size(); ++i) {
                const auto freed = log->Rewrite(infos[i].first, [&](const RecordView& record) {
                    return record.stream != StreamId(stream);
                });
                ASSERT_TRUE(freed.ok()) << freed.status();
                EXPECT_GT(*freed, 0u);
            }
            expected = Without(expected, stream, infos.back().first.value());
            ASSERT_EQ(*ReadAll(*log), expected);
        }
        EXPECT_EQ(*log->Rewrite(infos[0].first, [](const auto&) { return true; }), 0u);
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(inside->Next().ok()) << "an open cursor goes on";
    }
    EXPECT_TRUE(Inspect(fs, kDir, {})->damage.empty());
    EXPECT_TRUE(Inspect(fs, kDir, {})->notes.empty());
    TestLog log(fs);
    ASSERT_TRUE(log.status().ok()) << log.status();
    ASSERT_EQ(*ReadAll(*log), expected);
    const auto four = *ReadAll(*log, {.from = Sequence(1), .stream = StreamId(4)});
    EXPECT_FALSE(four.empty());
    for (const Seen& seen : four) EXPECT_EQ(seen.stream, 4u);
}

TEST(Rewrite, NothingLeftInTheSegment) {
    io::MemoryFileSystem fs;
    {
        TestLog log(fs);
        Fill(log, 200);
        const auto infos = log->Segments();
        ASSERT_TRUE(log->Rewrite(infos[1].first, [](const auto&) { return false; }).ok());
        const auto seen = *ReadAll(*log);
        for (const Seen& one : seen)
            EXPECT_TRUE(one.sequence < infos[1].first.value() ||
                        one.sequence > infos[1].last.value());
        EXPECT_LT(log->Segments()[1].bytes, 4096u + 100) << "vacant frames became one";
        ASSERT_TRUE(ReadAll(*log, {.from = infos[1].last}).ok());
    }
    EXPECT_TRUE(Inspect(fs, kDir, {})->damage.empty());
}

TEST(Rewrite, OnlySealedSegments) {
    io::MemoryFileSystem fs;
    TestLog log(fs);
    Fill(log, 100);
    const auto all = [](const RecordView&) { return true; };
    EXPECT_EQ(ReasonOf(log->Rewrite(log->Segments().back().first, all).status()),
              "SEGMENT_NOT_SEALED");
    EXPECT_EQ(ReasonOf(log->Rewrite(Sequence(2), all).status()), "SEGMENT_NOT_SEALED");
}

TEST(Rewrite, ADamagedSegmentIsNotRewritten) {
    io::MemoryFileSystem fs;
    TestLog log(fs);
    Fill(log, 100);
    std::string bytes = *fs.Peek(SegmentPath(1));
    bytes[5000] ^= 1;
    ASSERT_TRUE(fs.Poke(SegmentPath(1), bytes).ok());
    EXPECT_EQ(ReasonOf(log->Rewrite(Sequence(1), [](const auto&) { return false; }).status()),
              "LOG_DAMAGED");
    EXPECT_EQ(*fs.Peek(SegmentPath(1)), bytes);
}

TEST(Rewrite, PowerCutAtEveryOperation) {
    io::MemoryFileSystem below;
    std::vector<Seen> all;
    Sequence limit;
    {
        TestLog log(below);
        all = Fill(log, 100);
        limit = log->Segments()[1].first;
    }
    const auto rest = Without(all, 2, limit.value());
    const auto keep = [](const RecordView& record) { return record.stream != StreamId(2); };
    for (const auto mode : {io::CrashMode::kKeep, io::CrashMode::kLose, io::CrashMode::kGarble,
                            io::CrashMode::kMix}) {
        for (uint64_t at = 1;; ++at) {
            const auto disk = below.Clone();
            io::FaultyFileSystem fs(*disk);
            bool done = false, failed = false;
            {
                TestLog log(fs);
                fs.Set({.at = at, .kind = io::FaultKind::kShort, .and_all_later = true});
                done = log->Rewrite(Sequence(1), keep).ok();
                failed = fs.failed();
                const auto seen = ReadAll(*log);
                ASSERT_TRUE(seen.ok() && (*seen == rest || (!done && *seen == all))) << at;
            }
            fs.Heal();
            disk->Crash(mode, at);
            TestLog log(fs);
            ASSERT_TRUE(log.status().ok()) << at << log.status();
            const auto seen = ReadAll(*log);
            ASSERT_TRUE(seen.ok()) << at << seen.status();
            ASSERT_TRUE(*seen == rest || (!done && *seen == all)) << at;
            if (!failed) break;
        }
    }
}

}  // namespace
}  // namespace blasty::log
