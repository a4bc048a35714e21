// Many kills in a row: what each leaves behind must not add up.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "io/faulty_file_system.h"
#include "log/inspect.h"
#include "log/internal/test_log.h"

namespace blasty::log {
namespace {

constexpr int kKills = 200;

// Segments may be this many when `stored` bytes of frames were written: each that a kill leaves is
// filled by a quarter at least, and so are two neighbours that a large frame parted.
uint64_t SegmentsMax(uint64_t stored, uint64_t segment_bytes) {
    return 2 + stored / ((segment_bytes - internal::kSegmentHeaderBytes) / 4);
}

TEST(RepeatedKills, LeaveFewSegments) {
    io::MemoryFileSystem memory;
    io::FaultyFileSystem fs(memory);
    LogOptions options = ManualOptions();
    options.segment_bytes = 64 << 10;
    std::vector<std::string> expected;
    uint64_t stored = 0;
    for (int kill = 0; kill < kKills; ++kill) {
        TestLog log(fs, options);
        ASSERT_TRUE(log.status().ok()) << log.status();
        for (int i = 0; i < 4; ++i) {
            expected.push_back(StrCat(kill, ".", i, std::string(100, 'x')));
            ASSERT_TRUE(log.Put(expected.back()).ok());
            stored += internal::FrameBytes(MakeBatch(expected.back()).size_bytes());
        }
        Kill(fs, log);
    }
    TestLog log(fs, options);
    ASSERT_TRUE(log.status().ok()) << log.status();
    EXPECT_EQ(*Payloads(*log), expected);
    EXPECT_LE(log->state().segments, SegmentsMax(stored, options.segment_bytes));
    EXPECT_LT(log->state().segments, 20u);
    EXPECT_LT(log->state().stored_bytes, stored + 3 * options.segment_bytes)
        << "segments that are left are shortened";
    log.Drop();
    EXPECT_TRUE(Inspect(fs, kDir, {})->damage.empty());
}

TEST(RepeatedKills, WithoutWritesLeaveOneSegment) {
    io::MemoryFileSystem memory;
    io::FaultyFileSystem fs(memory);
    for (int kill = 0; kill < kKills; ++kill) {
        TestLog log(fs);
        ASSERT_TRUE(log.status().ok()) << log.status();
        if (kill == 0) {
            ASSERT_TRUE(log.Put(std::string(3000, 'x')).ok());
        }
        Kill(fs, log);
    }
    TestLog log(fs);
    EXPECT_EQ(log->state().segments, 1u);
    EXPECT_EQ(Payloads(*log)->size(), 1u);
}

void CutPowerOften(uint64_t seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    io::MemoryFileSystem memory;
    io::FaultyFileSystem fs(memory);
    LogOptions options = ManualOptions();
    options.segment_bytes = 16 << 10;
    std::map<uint64_t, std::string> acknowledged;
    uint64_t stored = 0;
    int starts = 0;
    for (int cut = 0; cut < kKills; ++cut) {
        fs.Set({.at = 1 + random.Below(40), .kind = io::FaultKind::kShort, .and_all_later = true});
        {
            TestLog log(fs, options);
            if (log.status().ok()) ++starts;
            while (log.status().ok()) {
                const uint64_t size = random.Chance(1, 8) ? 3000 : random.Below(200);
                const std::string payload = StrCat(cut, ":", std::string(size, 'x'));
                const auto first = log.Put(payload);
                stored += internal::FrameBytes(MakeBatch(payload).size_bytes());
                if (!first.ok()) break;
                ASSERT_TRUE(acknowledged.emplace(first->value(), payload).second);
            }
        }
        fs.Heal();
        const io::CrashMode modes[] = {io::CrashMode::kKeep, io::CrashMode::kLose,
                                       io::CrashMode::kGarble, io::CrashMode::kMix};
        memory.Crash(modes[random.Below(4)], random.Next());
    }
    EXPECT_GT(starts, kKills / 4);
    TestLog log(fs, options);
    ASSERT_TRUE(log.status().ok()) << log.status();
    const auto seen = ReadAll(*log);
    ASSERT_TRUE(seen.ok()) << seen.status();
    std::map<uint64_t, std::string> found;
    for (const Seen& one : *seen) found[one.sequence] = one.payload;
    for (const auto& [sequence, payload] : acknowledged) ASSERT_EQ(found[sequence], payload);
    EXPECT_LE(log->state().segments, SegmentsMax(stored, options.segment_bytes));
    log.Drop();
    EXPECT_TRUE(Inspect(fs, kDir, {})->damage.empty());
}

// Power goes in the middle of anything, starts included, again and again.
TEST(RepeatedKills, PowerCutsLoseNothingAndLeaveFewSegments) {
    for (const uint64_t seed : {1, 2, 3}) CutPowerOften(seed);
}

}  // namespace
}  // namespace blasty::log
