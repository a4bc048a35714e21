// A checkpoint is taken while frames are applied.

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/strings.h"
#include "topics/internal/view.h"

namespace blasty::topics::internal {
namespace {

class ViewCheckpointTest : public testing::Test {
  protected:
    void Add(const Control& control) {
        const std::string payload = EncodeControl(control);
        Add(kControlStream, log::RecordKind::kControl, payload);
    }
    void Add(const AckRecord& ack) {
        std::string payload;
        EncodeAck(ack, &payload);
        Add(kAckStream, log::RecordKind::kAck, payload);
    }
    void Add(StreamId stream, log::RecordKind kind, std::string_view payload,
             std::string_view id = "") {
        log::RecordFields fields;
        fields.id = id;
        fields.stream = stream;
        fields.kind = kind;
        fields.payload = payload;
        batch_.Add(fields);
    }
    uint64_t next() const { return next_ + batch_.count(); }
    void Commit() {
        auto frame = std::make_shared<log::Frame>();
        frame->first = Sequence(next_);
        frame->count = batch_.count();
        frame->records = std::string(batch_.bytes());
        frame->commit_time_us = static_cast<int64_t>(next_);
        next_ += batch_.count();
        batch_ = log::Batch();
        frames_.push_back(frame);
        ASSERT_TRUE(view_.Apply(frame).ok());
    }
    // All that is known of the topics, as text.
    static std::string TopicsOf(View& view) {
        std::string out;
        MutexLock lock(view.mutex);
        for (const auto& [name, topic] : view.topics) {
            if (!topic->exists) continue;
            StrAppend(out, name, " ", topic->id.value(), " ", topic->floor.load(), " ",
                      topic->floor_moved_at.load(), " ", topic->first, " ", topic->last.load(), " ",
                      topic->total_messages, " ", topic->removed_messages, " ",
                      topic->compacted_messages, " ", topic->config.retention.count, " ",
                      topic->runs.size(), "\n");
        }
        return out;
    }
    void Create(uint32_t id, std::string name) {
        InboxConfig config;
        config.patterns = {"t"};
        Add(InboxCreated{id, std::move(name), config, 0, false, Sequence(0)});
    }

    View view_{1'000'000'000, 1'000'000};
    std::vector<log::FramePtr> frames_;
    uint32_t next_topic_ = kFirstTopicId;

  private:
    log::Batch batch_;
    uint64_t next_ = 1;
};

TEST_F(ViewCheckpointTest, CatchesUpWithWhatWasAppliedMeanwhile) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    constexpr uint32_t kInboxes = 5000;
    Add(TopicCreated{StreamId(16), "t", {}, 0});
    for (uint32_t id = 1; id <= kInboxes; ++id) Create(id, StrCat("in", id));
    Commit();
    uint32_t next_id = kInboxes;
    std::map<uint32_t, uint64_t> epochs;
    const auto change = [&] {
        for (int i = 0; i < 2000; ++i) {
            const auto id = static_cast<uint32_t>(random.Below(kInboxes)) + 1;
            const uint64_t sequence = random.Below(100) + 1;
            switch (random.Below(8)) {
                case 0:
                    Add(InboxDeleted{id});
                    Create(++next_id, StrCat("in", id));
                    break;
                case 1:
                    epochs[id] = next();
                    Add(InboxReset{id, false, Sequence(random.Below(20))});
                    break;
                case 2: {
                    InboxConfig config;
                    config.patterns = {"t", StrCat("u", i)};
                    Add(InboxUpdated{id, config});
                    break;
                }
                case 3:
                    Add(StreamId(16), log::RecordKind::kMessage, "x");
                    break;
                case 4:
                    ++next_id;
                    Create(next_id, StrCat("new", next_id));
                    break;
                default:
                    Add(AckRecord{id,
                                  epochs[id],
                                  random.Below(10),
                                  {{sequence, sequence + random.Below(3)}},
                                  {{sequence + 7, static_cast<uint32_t>(random.Below(5)) + 1}}});
            }
            if (random.Chance(1, 50)) Commit();
        }
        Commit();
    };
    uint64_t newest = 0;
    const std::string encoded = view_.Encode(&newest, change);
    EXPECT_EQ(newest, view_.applied().value());
    View restored(1'000'000'000, 1'000'000);
    ASSERT_TRUE(restored.Restore(encoded).ok());
    EXPECT_EQ(restored.applied(), Sequence(kInboxes + 1));
    for (const log::FramePtr& frame : frames_) ASSERT_TRUE(restored.Apply(frame).ok());
    EXPECT_TRUE(restored.Encode(&newest) == view_.Encode(&newest));
}

TEST_F(ViewCheckpointTest, TopicsAreAsTheyWereWhenItBegan) {
    constexpr uint32_t kTopics = 3000;
    for (const uint64_t seed : {1, 2}) {
        SCOPED_TRACE(StrCat("seed ", seed));
        Random random(seed);
        std::vector<StreamId> ids;
        const auto create = [&](std::string name) {
            ids.push_back(StreamId(next_topic_++));
            TopicConfig config;
            if (random.Chance(1, 2)) config.retention.count = 1 + random.Below(4);
            Add(TopicCreated{ids.back(), std::move(name), config, 0});
        };
        const auto change = [&] {
            for (int i = 0; i < 800; ++i) {
                const StreamId id = ids[random.Below(ids.size())];
                switch (random.Below(10)) {
                    case 0:
                        Add(TopicDeleted{id});
                        create(StrCat("t", seed, ".", random.Below(2 * kTopics)));
                        break;
                    case 1:
                        Add(FloorRaised{id, Sequence(next() - random.Below(next())), 1, 10});
                        break;
                    case 2: {
                        TopicConfig config;
                        config.retention.count = random.Below(5);
                        Add(TopicUpdated{id, config});
                        break;
                    }
                    case 3:
                        Add(Compacted{id, 1, 1});
                        break;
                    default:
                        Add(id, log::RecordKind::kMessage, "x", StrCat("id", random.Below(5000)));
                }
                if (random.Chance(1, 50)) Commit();
            }
            Commit();
        };
        for (uint32_t i = 0; i < kTopics; ++i) create(StrCat("t", seed, ".", i));
        change();
        const size_t frames_before = frames_.size();
        const uint64_t sequence = view_.applied().value();
        uint64_t newest = 0;
        const std::string encoded = view_.Encode(&newest, change);
        EXPECT_GT(newest, sequence);
        // Another view that ended there.
        View then(1'000'000'000, 1'000'000), restored(1'000'000'000, 1'000'000);
        for (size_t i = 0; i < frames_before; ++i) ASSERT_TRUE(then.Apply(frames_[i]).ok());
        ASSERT_TRUE(restored.Restore(encoded).ok());
        EXPECT_EQ(restored.applied(), Sequence(sequence));
        // Ids that came again meanwhile are not in it, but in frames after it.
        EXPECT_EQ(TopicsOf(restored), TopicsOf(then));
        for (const log::FramePtr& frame : frames_) ASSERT_TRUE(restored.Apply(frame).ok());
        EXPECT_TRUE(restored.Encode(&newest) == view_.Encode(&newest));
    }
}

}  // namespace
}  // namespace blasty::topics::internal
