#include "engine/engine.h"

#include <gtest/gtest.h>

#include "exec/sim_executor.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"

namespace blasty::engine {
namespace {

class EngineTest : public testing::Test {
  protected:
    EngineTest() {
        options_.data_directory = "data";
        options_.topics.log.manual_commit = true;
        options_.topics.log.segment_bytes = 128 << 10;
    }
    Result<std::unique_ptr<Engine>> Open() {
        return Engine::Open(disk_, options_, executor_, executor_.clock());
    }

    io::MemoryFileSystem memory_;
    io::FaultyFileSystem disk_{memory_};
    exec::SimExecutor executor_{1};
    EngineOptions options_;
};

TEST_F(EngineTest, KeepsItsIdAndLocksItsDirectory) {
    auto engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    const std::string id = (*engine)->info().server_id;
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(ReasonOf(Open().status()), "DATA_DIRECTORY_IN_USE");
    engine->reset();
    engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    EXPECT_EQ((*engine)->info().server_id, id);
    ASSERT_TRUE((*engine)->topics().CreateTopic("t", {}).ok());
    EXPECT_EQ((*engine)->info().topics.topics, 1u);
    EXPECT_EQ((*engine)->live_searches(), nullptr);  // manual
}

TEST_F(EngineTest, HealthCommitsOnlyWhenIdleAndWhenAsked) {
    auto engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    ASSERT_TRUE((*engine)->health().ok());
    const Sequence probed = (*engine)->info().topics.log.last;
    ASSERT_TRUE((*engine)->health().ok());
    EXPECT_EQ((*engine)->info().topics.log.last, probed);  // still fresh
    executor_.clock().Advance(options_.health_probe_us);
    ASSERT_TRUE((*engine)->topics().CreateTopic("t", {}).ok());
    const Sequence written = (*engine)->info().topics.log.last;
    ASSERT_TRUE((*engine)->health().ok());
    EXPECT_EQ((*engine)->info().topics.log.last, written);  // the write was the proof
    executor_.clock().Advance(options_.health_probe_us);
    ASSERT_TRUE((*engine)->health().ok());
    EXPECT_GT((*engine)->info().topics.log.last, written);
}

TEST_F(EngineTest, HealthTellsAFailedDisk) {
    auto engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    disk_.FailEverything();
    EXPECT_EQ(ReasonOf((*engine)->health()), "LOG_STOPPED");
    disk_.Heal();
    EXPECT_FALSE((*engine)->health().ok());  // stays: what reached the disk is not known
    engine->reset();
    engine = Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    EXPECT_TRUE((*engine)->health().ok());
}

TEST_F(EngineTest, HealthTellsAFullDisk) {
    io::MemoryFileSystem small(8 << 20);
    auto engine = Engine::Open(small, options_, executor_, executor_.clock());
    ASSERT_TRUE(engine.ok()) << engine.status();
    EXPECT_EQ(ReasonOf((*engine)->health()), "NO_SPACE");
}

}  // namespace
}  // namespace blasty::engine
