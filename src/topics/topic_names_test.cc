#include "topics/topic_names.h"

#include <gtest/gtest.h>

#include "log/log.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

TEST(TopicNamesTest, KnowsTopicsOfCheckpointsAndOfFrames) {
    internal::TestBus bus;
    bus.Publish("a", "1");
    const StreamId a = bus.topics->GetTopic("a")->id;
    ASSERT_TRUE(bus.topics->Checkpoint().ok());
    bus.Publish("b", "1");
    const StreamId b = bus.topics->GetTopic("b")->id;
    ASSERT_TRUE(bus.topics->DeleteTopic("b", "b").ok());

    TopicNames names;
    names.AddCheckpoints(bus.disk, "no-such-folder");
    EXPECT_EQ(names.Of(a), "");
    EXPECT_EQ(names.Of(StreamId(0)), "(control)");
    EXPECT_EQ(names.Of(StreamId(1)), "(acks)");
    names.AddCheckpoints(bus.disk, bus.options.directory);
    EXPECT_EQ(names.Of(a), "a");
    EXPECT_EQ(names.Of(b), "");
    bus.topics.reset();
    bus.executor.DropAll();
    ManualClock clock(0);
    auto log =
        log::Log::Open(bus.disk, bus.options.directory + "/log", bus.options.log, clock, nullptr);
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_TRUE((*log)
                    ->Replay(Sequence(1),
                             [&names](const log::FramePtr& frame) {
                                 names.AddFrame(*frame);
                                 return OkStatus();
                             })
                    .ok());
    EXPECT_EQ(names.Of(a), "a");
    EXPECT_EQ(names.Of(b), "b");
    EXPECT_EQ(names.all().size(), 2u);
}

}  // namespace
}  // namespace blasty::topics
