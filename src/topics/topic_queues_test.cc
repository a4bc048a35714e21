// Walks over topics cost what happened, and find what a look at every topic would.
#include "topics/internal/topic_queues.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "base/strings.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::FetchAll;
using internal::kTopicsPerLook;
using internal::TestBus;
using internal::Topic;
using internal::TopicQueues;

constexpr int kMany = 100'000;
constexpr int64_t kHourUs = 3'600'000'000;
constexpr size_t kAll = SIZE_MAX;

struct ManyTopics {
    explicit ManyTopics(const Retention& retention) {
        for (uint32_t i = 0; i < kMany; ++i) {
            topics.push_back(std::make_unique<Topic>(StreamId(16 + i), StrCat("t.", i)));
            topics.back()->config.retention = retention;
            Add(i, i + 1, kHourUs);
        }
    }
    void Add(uint32_t i, uint64_t sequence, int64_t time_us) {
        topics[i]->AddMessages(sequence, sequence, 1, 100, time_us);
        queues.Update(*topics[i]);
    }
    void Raise(uint32_t i, uint64_t floor, uint64_t at) {
        Topic& topic = *topics[i];
        ASSERT_TRUE(topic.RaiseFloor({topic.id, Sequence(floor), 1, 100}));
        topic.floor_moved_at = at;
        queues.Update(topic);
    }
    std::vector<std::unique_ptr<Topic>> topics;
    TopicQueues queues;
};

TEST(TopicQueuesTest, AgeLooksAtThoseThatAreDue) {
    ManyTopics many({2 * kHourUs, 0, 0, false});
    for (uint32_t i = 0; i < 10; ++i) {
        many.topics[i]->config.retention.age_us = kHourUs;
        many.queues.Update(*many.topics[i]);
    }
    TopicQueues::Key after;
    int due = 0;
    const auto count = [&due](Topic&) { ++due; };
    EXPECT_EQ(many.queues.VisitAged(2 * kHourUs, kAll, &after, count), 0u) << "not yet: the bound";
    EXPECT_EQ(many.queues.VisitAged(2 * kHourUs + 1, kAll, &after, count), 10u);
    EXPECT_EQ(due, 10);
    // All of them, in slices.
    after = TopicQueues::Key();
    due = 0;
    int slices = 1;
    while (many.queues.VisitAged(4 * kHourUs, kTopicsPerLook, &after, count) == kTopicsPerLook) {
        ++slices;
    }
    EXPECT_EQ(due, kMany);
    EXPECT_EQ(slices, kMany / static_cast<int>(kTopicsPerLook) + 1);
}

TEST(TopicQueuesTest, TheFirstSequenceLooksAtThoseThatGaveItUp) {
    ManyTopics many({});
    uint64_t first = 0;
    EXPECT_TRUE(many.queues.FindFirst(1, &first));
    EXPECT_EQ(first, 1u);
    for (uint32_t i = 0; i < 5; ++i) {
        many.Add(i, kMany + 1 + i, kHourUs);
        many.Raise(i, kMany + 1, kMany + 10);
    }
    EXPECT_FALSE(many.queues.FindFirst(3, &first));
    EXPECT_TRUE(many.queues.FindFirst(3, &first)) << "the other two, and the one that is first";
    EXPECT_EQ(first, 6u);
}

TEST(TopicQueuesTest, FloorsThatMovedAreFoundByWhenTheyDid) {
    ManyTopics many({});
    for (uint32_t i = 0; i < 5000; ++i) many.Raise(i, kMany + 1, kMany + 1 + i);
    TopicQueues::Key after{kMany + 4990, StreamId(UINT32_MAX)};
    std::vector<uint32_t> moved;
    const auto note = [&moved](Topic& topic) { moved.push_back(topic.id.value() - 16); };
    EXPECT_EQ(many.queues.VisitMoved(kAll, &after, note), 10u);
    EXPECT_EQ(moved.front(), 4990u);
    EXPECT_EQ(moved.back(), 4999u);
    EXPECT_EQ(many.queues.VisitMoved(kAll, &after, note), 0u);
}

TEST(TopicQueuesTest, LatestPerKeyLooksAtThoseWithEnoughNews) {
    ManyTopics many({0, 0, 0, true});
    StreamId after(0);
    int due = 0;
    const auto compact = [&](Topic& topic) {
        ++due;
        topic.compacted_total_bytes = topic.total_bytes;
        many.queues.Update(topic);
    };
    std::vector<Topic*> found;
    const auto find = [&found](Topic& topic) { found.push_back(&topic); };
    EXPECT_EQ(many.queues.VisitUncompacted(kAll, &after, find), static_cast<size_t>(kMany));
    for (Topic* topic : found) compact(*topic);
    EXPECT_EQ(due, kMany);
    after = StreamId(0);
    EXPECT_EQ(many.queues.VisitUncompacted(kAll, &after, find), 0u);
    many.Add(7, kMany + 1, kHourUs);
    EXPECT_EQ(many.queues.VisitUncompacted(kAll, &after, find), 1u);
    EXPECT_EQ(found.back()->id, StreamId(16 + 7));
}

// What a look at every topic says, in the order of ids.
struct Plain {
    uint64_t first = UINT64_MAX, live_bytes = 0;
    std::set<uint32_t> aged, moved, uncompacted;
    friend bool operator==(const Plain&, const Plain&) = default;
};

using Topics_ = std::map<uint32_t, std::unique_ptr<Topic>>;

Plain LookAtAll(const Topics_& topics, int64_t now_us, uint64_t moved_after) {
    Plain plain;
    for (const auto& [id, topic] : topics) {
        if (topic->first != 0) plain.first = std::min(plain.first, topic->first);
        plain.live_bytes += topic->Info().bytes;
        const Retention& r = topic->config.retention;
        if (r.age_us > 0 && !topic->runs.empty() &&
            topic->runs.front().commit_time_us < now_us - r.age_us) {
            plain.aged.insert(id);
        }
        if (topic->floor_moved_at.load() > moved_after) plain.moved.insert(id);
        const uint64_t fresh = topic->total_bytes - topic->compacted_total_bytes;
        const uint64_t gone = topic->removed_bytes + topic->compacted_bytes;
        const uint64_t kept = topic->total_bytes - std::min(topic->total_bytes, gone);
        if (r.latest_per_key && fresh > 0 && fresh >= kept / 2) plain.uncompacted.insert(id);
    }
    return plain;
}

Plain Ask(TopicQueues& queues, int64_t now_us, uint64_t moved_after) {
    Plain plain;
    while (!queues.FindFirst(3, &plain.first)) {
    }
    plain.live_bytes = queues.live_bytes();
    const auto into = [](std::set<uint32_t>* set) {
        return [set](Topic& topic) { EXPECT_TRUE(set->insert(topic.id.value()).second); };
    };
    TopicQueues::Key aged, moved{moved_after, StreamId(UINT32_MAX)};
    StreamId uncompacted(0);
    while (queues.VisitAged(now_us, 3, &aged, into(&plain.aged)) == 3) {
    }
    while (queues.VisitMoved(3, &moved, into(&plain.moved)) == 3) {
    }
    while (queues.VisitUncompacted(3, &uncompacted, into(&plain.uncompacted)) == 3) {
    }
    return plain;
}

void ComparesWithALookAtAll(uint64_t seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    Topics_ topics;
    TopicQueues queues;
    uint64_t sequence = 1;
    uint32_t next_id = 16;
    int64_t now_us = kHourUs;
    for (int step = 0; step < 3000; ++step) {
        ++sequence;
        now_us += static_cast<int64_t>(random.Below(1000));
        if (topics.size() < 20 || random.Chance(1, 40)) {
            topics[next_id] = std::make_unique<Topic>(StreamId(next_id), StrCat("t", next_id));
            ++next_id;
        }
        const auto at = std::next(topics.begin(), static_cast<int>(random.Below(topics.size())));
        Topic& topic = *at->second;
        bool moved = false;
        switch (random.Below(8)) {
            case 0:
                topic.config.retention = {
                    static_cast<int64_t>(random.Below(3) * random.Below(200'000)),
                    random.Below(3) * 300, random.Below(3) * 4, random.Chance(1, 2)};
                moved = topic.ApplyRetention(0);
                break;
            case 1: {
                if (topic.runs.empty()) break;
                const auto& run = topic.runs[random.Below(topic.runs.size())];
                moved = topic.RaiseFloor(
                    {topic.id, Sequence(run.last + 1), run.messages_until, run.bytes_until});
                break;
            }
            case 2:
                topic.compacted_bytes += random.Below(50);
                topic.compacted_total_bytes = topic.total_bytes;
                break;
            case 3:
                if (!random.Chance(1, 10)) break;
                queues.Remove(topic);
                topics.erase(at);
                continue;
            default:
                topic.AddMessages(sequence, sequence, 1, 1 + random.Below(200), now_us);
                moved = topic.ApplyRetention(0);
        }
        if (moved) topic.floor_moved_at = sequence;
        queues.Update(topic);
        if (step % 7 != 0) continue;
        const uint64_t after = sequence - std::min(sequence, random.Below(100));
        const int64_t at_us = now_us + static_cast<int64_t>(random.Below(100'000));
        ASSERT_TRUE(Ask(queues, at_us, after) == LookAtAll(topics, at_us, after)) << step;
    }
    for (auto& [id, topic] : topics) queues.Remove(*topic);
    EXPECT_TRUE(Ask(queues, INT64_MAX, 0) == Plain());
}

TEST(TopicQueuesTest, SaysWhatALookAtAllTopicsWouldSay) {
    for (const uint64_t seed : {1, 2, 3, 4, 5, 6}) ComparesWithALookAtAll(seed);
}

TopicsOptions Keeping(const Retention& retention) {
    TopicsOptions options;
    options.default_retention = retention;
    return options;
}

// More topics than one look takes.
constexpr int kSome = static_cast<int>(kTopicsPerLook) * 5 / 2;

void PublishToAll(TestBus& bus) {
    for (int i = 0; i < kSome; ++i) {
        std::vector<NewMessage> one(1);
        one[0].payload = "x";
        bus.Send(StrCat("t.", i), one);
    }
    bus.Settle();
}

TEST(ManyTopicsTest, AllOfThemAgeAtOnce) {
    TestBus bus(Keeping({kHourUs, 0, 0, false}));
    PublishToAll(bus);
    bus.Publish("keep", "x");
    bus.clock().Advance(kHourUs / 2);
    bus.Publish("keep", "y");
    ASSERT_TRUE(bus.topics->Clean().ok());
    EXPECT_EQ(bus.topics->GetTopic("t.0")->messages, 1u);
    bus.clock().Advance(kHourUs / 2 + 1);
    ASSERT_TRUE(bus.topics->Clean().ok());
    for (int restart = 0; restart < 2; ++restart) {
        const auto infos = bus.topics->ListTopics({"t.*", "", kSome});
        ASSERT_EQ(infos->size(), static_cast<size_t>(kSome));
        for (const TopicInfo& info : *infos) ASSERT_EQ(info.messages, 0u) << info.name;
        EXPECT_EQ(bus.topics->GetTopic("keep")->messages, 1u);
        bus.Restart();
    }
}

TEST(ManyTopicsTest, AWildcardReaderIsToldWhatItLostAmongThem) {
    TestBus bus(Keeping({0, 0, 1, false}));
    PublishToAll(bus);
    auto behind = bus.Read("t.*");
    auto other = bus.Read("u.*");
    PublishToAll(bus);
    std::vector<Message> out;
    const Status gone = behind->Fetch({}, &out);
    EXPECT_EQ(ReasonOf(gone), "SEQUENCE_GONE");
    EXPECT_NE(MessageOf(gone).find("'t.0'"), std::string_view::npos) << "the lowest: " << gone;
    EXPECT_EQ(FetchAll(*other).size(), 0u) << "nothing of its own was lost";
    behind->Skip();
    EXPECT_EQ(FetchAll(*behind).size(), static_cast<size_t>(kSome));
    PublishToAll(bus);
    EXPECT_EQ(FetchAll(*behind).size(), static_cast<size_t>(kSome)) << "each was read in time";
    bus.Publish("t.7", "a");
    bus.Publish("t.7", "b");
    EXPECT_EQ(ReasonOf(behind->Fetch({}, &out)), "SEQUENCE_GONE");
    behind->Skip();
    EXPECT_EQ(internal::Payloads(FetchAll(*behind)), "b");
}

}  // namespace
}  // namespace blasty::topics
