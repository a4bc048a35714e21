#include "log/inspect.h"

#include <gtest/gtest.h>

#include "io/faulty_file_system.h"
#include "log/internal/test_log.h"

namespace blasty::log {
namespace {

class InspectTest : public testing::Test {
  protected:
    InspectTest() {
        TestLog log(fs_);
        for (int i = 0; i < 60; ++i) EXPECT_TRUE(log.Put(std::string(300, 'x')).ok());
        infos_ = log->Segments();
    }
    LogSummary Look() { return *Inspect(fs_, kDir, {}); }
    void Flip(const std::string& path, size_t at) {
        std::string bytes = *fs_.Peek(path);
        ASSERT_LT(at, bytes.size());
        bytes[at] ^= 16;
        ASSERT_TRUE(fs_.Poke(path, bytes).ok());
    }
    io::MemoryFileSystem fs_;
    std::vector<SegmentInfo> infos_;
};

TEST_F(InspectTest, SoundLog) {
    uint64_t visited = 0, told = 0;
    const auto summary =
        Inspect(fs_, kDir,
                {.visit =
                     [&](const FramePtr& frame, const std::string& file, uint64_t offset) {
                         ++visited;
                         EXPECT_EQ(frame->first, Sequence(visited));
                         EXPECT_TRUE(file.ends_with(".seg"));
                         EXPECT_GE(offset, internal::kSegmentHeaderBytes);
                     },
                 .progress = [&](uint64_t done, uint64_t total) { told = done == total; }});
    ASSERT_TRUE(summary.ok());
    EXPECT_TRUE(summary->damage.empty());
    EXPECT_TRUE(summary->notes.empty()) << summary->notes.front();
    EXPECT_EQ(summary->frames, 60u);
    EXPECT_EQ(summary->records, 60u);
    EXPECT_EQ(summary->oldest, Sequence(1));
    EXPECT_EQ(summary->last, Sequence(60));
    EXPECT_EQ(summary->segments.size(), infos_.size());
    EXPECT_FALSE(summary->segments.back().sealed);
    EXPECT_GT(summary->last_time_us, 0);
    EXPECT_EQ(visited, 60u);
    EXPECT_EQ(told, 1u);
}

TEST_F(InspectTest, NotALog) {
    ASSERT_TRUE(fs_.MakeDirectories("other").ok());
    EXPECT_EQ(ReasonOf(Inspect(fs_, "other", {}).status()), "NOT_A_LOG");
    EXPECT_EQ(ReasonOf(Inspect(fs_, "nowhere", {}).status()), "NOT_A_LOG");
}

TEST_F(InspectTest, FlippedBitsInSealedSegments) {
    const std::string whole = *fs_.Peek(SegmentPath(infos_[1].first.value()));
    const std::string path = SegmentPath(infos_[1].first.value());
    for (size_t at = 0; at < whole.size(); at += 13) {
        std::string bytes = whole;
        bytes[at] ^= 1;
        ASSERT_TRUE(fs_.Poke(path, bytes).ok());
        const auto summary = Look();
        ASSERT_FALSE(summary.damage.empty()) << at;
        ASSERT_EQ(summary.damage.front().file, path);
    }
    ASSERT_TRUE(fs_.Poke(path, whole).ok());
    EXPECT_TRUE(Look().damage.empty());
}

TEST_F(InspectTest, OnePlaceIsOneDamage) {
    Flip(SegmentPath(infos_[1].first.value()), 5000);
    const auto summary = Look();
    ASSERT_EQ(summary.damage.size(), 1u);
    EXPECT_LE(summary.damage[0].offset, 5000u);
    EXPECT_GT(summary.damage[0].offset, 4600u);
    EXPECT_EQ(summary.frames, 59u) << "what is sound is still visited";
}

TEST_F(InspectTest, DamagedAndMissingIndexesAreNotes) {
    Flip(IndexPath(1), 100);
    ASSERT_TRUE(fs_.Remove(IndexPath(infos_[1].first.value())).ok());
    const auto summary = Look();
    EXPECT_TRUE(summary.damage.empty());
    ASSERT_EQ(summary.notes.size(), 2u);
    EXPECT_NE(summary.notes[0].find(IndexPath(1)), std::string::npos);
}

TEST_F(InspectTest, TornTailIsANote) {
    {
        io::FaultyFileSystem faulty(fs_);
        TestLog log(faulty);
        ASSERT_TRUE(log.Put(std::string(100, 'y')).ok());
        Kill(faulty, log);
    }
    EXPECT_EQ(Look().notes.size(), 1u) << "no mark";
    const std::string path = SegmentPath(infos_.back().first.value());
    Flip(path, fs_.Peek(path)->rfind('y'));
    const auto summary = Look();
    EXPECT_TRUE(summary.damage.empty());
    ASSERT_EQ(summary.notes.size(), 1u);
    EXPECT_NE(summary.notes[0].find("incomplete tail"), std::string::npos);
    EXPECT_EQ(summary.last, Sequence(60));
}

TEST_F(InspectTest, SegmentOfAnotherLog) {
    io::MemoryFileSystem other;
    {
        LogOptions options = ManualOptions();
        options.salt_seed = 7;
        TestLog log(other, options);
        for (int i = 0; i < 60; ++i) ASSERT_TRUE(log.Put(std::string(300, 'z')).ok());
    }
    const std::string path = SegmentPath(infos_[2].first.value());
    ASSERT_TRUE(fs_.Poke(path, *other.Peek(path)).ok());
    EXPECT_FALSE(Look().damage.empty());
}

}  // namespace
}  // namespace blasty::log
