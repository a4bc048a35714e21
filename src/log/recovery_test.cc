// Unclean ends, damage, failing disks and power cuts.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/random.h"
#include "io/faulty_file_system.h"
#include "log/inspect.h"
#include "log/internal/test_log.h"

namespace blasty::log {
namespace {

using internal::kFrameHeaderBytes;
using internal::kSegmentHeaderBytes;
using Strings = std::vector<std::string>;

// A killed log: "one", "two", "three", no mark.
std::string KilledSegment(io::MemoryFileSystem& memory) {
    io::FaultyFileSystem fs(memory);
    TestLog log(fs);
    for (const char* payload : {"one", "two", "three"}) EXPECT_TRUE(log.Put(payload).ok());
    Kill(fs, log);
    return *memory.Peek(SegmentPath(1));
}

size_t UsedBytes(const std::string& segment) { return segment.find_last_not_of('\0') + 1; }

TEST(Recovery, AKilledLogThatIsSmallIsWrittenAgainInItsPlace) {
    io::MemoryFileSystem fs;
    const std::string killed = KilledSegment(fs);
    for (int i = 0; i < 3; ++i) {
        TestLog log(fs);
        ASSERT_TRUE(log.status().ok()) << log.status();
        EXPECT_EQ(*Payloads(*log), (Strings{"one", "two", "three"}));
        EXPECT_EQ(log->state().segments, 1u);
    }
    const std::string again = *fs.Peek(SegmentPath(1));
    EXPECT_NE(again.substr(16, 8), killed.substr(16, 8)) << "another salt: nothing old fits";
    {
        TestLog log(fs);
        EXPECT_EQ(*log.Put("four"), Sequence(4));
        const ReadOptions one_stream{.from = Sequence(1), .stream = StreamId(1)};
        EXPECT_EQ(ReadAll(*log, one_stream)->size(), 4u);
        EXPECT_EQ(*Payloads(*log), (Strings{"one", "two", "three", "four"}));
    }
    const auto summary = Inspect(fs, kDir, {});
    EXPECT_TRUE(summary->damage.empty());
    EXPECT_TRUE(summary->notes.empty()) << summary->notes[0];
}

TEST(Recovery, AKilledLogKeepsEverythingAndItsLastFrameMoves) {
    io::MemoryFileSystem fs;
    const Strings payloads{"one", std::string(1200, '2'), "three"};
    {
        io::FaultyFileSystem faulty(fs);
        TestLog log(faulty);
        for (const std::string& payload : payloads) ASSERT_TRUE(log.Put(payload).ok());
        Kill(faulty, log);
    }
    for (int i = 0; i < 3; ++i) {
        TestLog log(fs);
        ASSERT_TRUE(log.status().ok()) << log.status();
        EXPECT_EQ(*Payloads(*log), payloads);
        ASSERT_EQ(log->state().segments, 2u);
        EXPECT_EQ(log->Segments().back().first, Sequence(3)) << "the last frame moved";
    }
    std::string bytes = *fs.Peek(SegmentPath(1));
    EXPECT_EQ(bytes.find("three"), std::string::npos) << "shortened to what counts";
    EXPECT_LT(bytes.size(), kSegmentHeaderBytes + 1400);
    // What the old segment may still hold behind its end does not matter.
    bytes.append("FRM0 three");
    ASSERT_TRUE(fs.Poke(SegmentPath(1), bytes).ok());
    {
        TestLog log(fs);
        EXPECT_EQ(*log.Put("four"), Sequence(4));
        const ReadOptions one_stream{.from = Sequence(1), .stream = StreamId(1)};
        EXPECT_EQ(ReadAll(*log, one_stream)->size(), 4u);
        EXPECT_EQ(Payloads(*log)->back(), "four");
    }
    const auto summary = Inspect(fs, kDir, {});
    EXPECT_TRUE(summary->damage.empty());
    ASSERT_LE(summary->notes.size(), 1u) << summary->notes[1];
}

TEST(Recovery, TornTailAtEveryByteOfTheLastFrame) {
    io::MemoryFileSystem fs;
    const std::string whole = KilledSegment(fs);
    const size_t last = whole.rfind("FRM0");
    for (size_t size = last; size < whole.find("three") + 5; ++size) {
        for (const bool cut_file : {false, true}) {
            const auto disk = fs.Clone();
            std::string torn = whole.substr(0, size);
            if (!cut_file) torn.resize(whole.size());
            ASSERT_TRUE(disk->Poke(SegmentPath(1), torn).ok());
            TestLog log(*disk);
            ASSERT_TRUE(log.status().ok()) << size << log.status();
            ASSERT_EQ(*Payloads(*log), (Strings{"one", "two"})) << size;
            ASSERT_EQ(*log.Put("3"), Sequence(3));
            log.Drop();
            TestLog again(*disk);
            ASSERT_TRUE(again.status().ok()) << again.status();
            ASSERT_EQ(*Payloads(*again), (Strings{"one", "two", "3"}));
        }
    }
}

TEST(Recovery, TornFirstFrame) {
    io::MemoryFileSystem fs;
    std::string bytes = KilledSegment(fs);
    bytes.replace(kSegmentHeaderBytes + 10, bytes.size(), bytes.size() - 10, '\0');
    bytes.resize(8192);
    ASSERT_TRUE(fs.Poke(SegmentPath(1), bytes).ok());
    TestLog log(fs);
    ASSERT_TRUE(log.status().ok()) << log.status();
    EXPECT_EQ(log->state().last, Sequence(0));
    EXPECT_EQ(*log.Put("a"), Sequence(1));
}

// Every bit of a cleanly closed log: refused, with file and offset and nothing changed, or, where
// it hits the closing mark or the zeros behind, without loss.
TEST(Recovery, EveryFlippedBitOfAClosedLog) {
    io::MemoryFileSystem fs;
    {
        TestLog log(fs);
        for (const char* payload : {"one", "two", "three"}) ASSERT_TRUE(log.Put(payload).ok());
    }
    const std::string whole = *fs.Peek(SegmentPath(1));
    const size_t mark = whole.rfind("FRM0");
    for (size_t bit = 0; bit < (mark + 64) * 8; bit += bit < 600 || bit / 8 >= 4090 ? 1 : 97) {
        const auto disk = fs.Clone();
        std::string bytes = whole;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
        ASSERT_TRUE(disk->Poke(SegmentPath(1), bytes).ok());
        TestLog log(*disk);
        if (bit / 8 < mark) {
            ASSERT_EQ(ReasonOf(log.status()), "LOG_DAMAGED") << bit;
            ASSERT_NE(std::string(MessageOf(log.status())).find(SegmentPath(1)), std::string::npos);
            ASSERT_EQ(*disk->Peek(SegmentPath(1)), bytes);
        } else {
            ASSERT_TRUE(log.status().ok()) << bit << log.status();
            ASSERT_EQ(*Payloads(*log), (Strings{"one", "two", "three"})) << bit;
        }
        log.Drop();
        const auto summary = Inspect(*disk, kDir, {});
        ASSERT_TRUE(summary.ok());
        ASSERT_EQ(!summary->damage.empty(), bit / 8 < mark) << bit;
    }
}

TEST(Recovery, DamageInASealedSegmentIsFoundWhenRead) {
    io::MemoryFileSystem fs;
    {
        TestLog log(fs);
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(log.Put(std::string(300, 'x')).ok());
    }
    std::string bytes = *fs.Peek(SegmentPath(1));
    bytes[5000] ^= 1;
    ASSERT_TRUE(fs.Poke(SegmentPath(1), bytes).ok());
    TestLog log(fs);
    ASSERT_TRUE(log.status().ok()) << "sealed segments are not read at the start";
    const auto read = ReadAll(*log);
    EXPECT_EQ(ReasonOf(read.status()), "LOG_DAMAGED");
    EXPECT_NE(std::string(MessageOf(read.status())).find(SegmentPath(1)), std::string::npos);
    EXPECT_TRUE(ReadAll(*log, {.from = log->Segments()[1].first}).ok());
}

TEST(Recovery, MissingSegmentsAreDamageUnlessTheOldest) {
    io::MemoryFileSystem fs;
    std::vector<SegmentInfo> infos;
    {
        TestLog log(fs);
        for (int i = 0; i < 60; ++i) ASSERT_TRUE(log.Put(std::string(300, 'x')).ok());
        infos = log->Segments();
    }
    ASSERT_GE(infos.size(), 5u);
    for (size_t i = 0; i + 1 < infos.size(); ++i) {
        const auto disk = fs.Clone();
        ASSERT_TRUE(disk->Remove(SegmentPath(infos[i].first.value())).ok());
        TestLog log(*disk);
        EXPECT_EQ(log.status().ok(), i == 0) << i << log.status();
        if (i > 0) {
            EXPECT_EQ(ReasonOf(log.status()), "LOG_DAMAGED");
        }
        log.Drop();
        EXPECT_EQ(Inspect(*disk, kDir, {})->damage.empty(), i == 0) << i;
    }
    // The two newest: the index of one tells.
    ASSERT_TRUE(fs.Remove(SegmentPath(infos.back().first.value())).ok());
    ASSERT_TRUE(fs.Remove(SegmentPath(infos[infos.size() - 2].first.value())).ok());
    EXPECT_EQ(ReasonOf(TestLog(fs).status()), "LOG_DAMAGED");
}

TEST(Recovery, APayloadCannotPretendToBeAFrame) {
    io::MemoryFileSystem memory;
    const std::string whole = KilledSegment(memory);
    const std::string frames =
        whole.substr(kSegmentHeaderBytes, UsedBytes(whole) - kSegmentHeaderBytes);
    // Copies of true frames of the same segment at every alignment, then torn.
    for (size_t shift = 0; shift < 8; ++shift) {
        io::MemoryFileSystem below;
        io::FaultyFileSystem fs(below);
        TestLog log(fs);
        ASSERT_TRUE(log.Put("one").ok());
        ASSERT_TRUE(log.Put(std::string(shift, ' ') + frames + frames).ok());
        Kill(fs, log);
        std::string bytes = *below.Peek(SegmentPath(1));
        const size_t last = bytes.find("FRM0", kSegmentHeaderBytes + kFrameHeaderBytes);
        bytes[last + 20] ^= 1;
        ASSERT_TRUE(below.Poke(SegmentPath(1), bytes).ok());
        TestLog again(fs);
        ASSERT_TRUE(again.status().ok()) << again.status();
        EXPECT_EQ(*Payloads(*again), (Strings{"one"}));
    }
}

TEST(Recovery, AFailedSyncStopsTheLogForEver) {
    io::MemoryFileSystem below;
    io::FaultyFileSystem fs(below);
    TestLog log(fs);
    ASSERT_TRUE(log.Put("one").ok());
    fs.Set({.operations = io::kSync});
    EXPECT_EQ(ReasonOf(log.Put("two").status()), "LOG_STOPPED");
    fs.Heal();
    const uint64_t syncs = fs.count(io::kSync);
    EXPECT_EQ(ReasonOf(log.Put("three").status()), "LOG_STOPPED");
    EXPECT_EQ(ReasonOf(log->state().health), "IO_ERROR");
    EXPECT_EQ(*Payloads(*log), (Strings{"one"})) << "reads go on; what failed is not shown";
    log.Drop();
    EXPECT_EQ(fs.count(io::kSync), syncs) << "never retried, no mark";
    TestLog again(fs);
    ASSERT_TRUE(again.status().ok());
    EXPECT_EQ(*Payloads(*again), (Strings{"one", "two"})) << "whole or absent: it was whole";
}

TEST(Recovery, FullDisk) {
    io::MemoryFileSystem fs(40'000);
    Strings stored;
    {
        TestLog log(fs);
        for (int i = 0; i < 200; ++i) {
            const std::string payload(200, static_cast<char>('a' + i % 26));
            const auto first = log.Put(payload);
            if (!first.ok()) {
                EXPECT_EQ(ReasonOf(first.status()), "LOG_STOPPED");
                break;
            }
            stored.push_back(payload);
        }
        EXPECT_EQ(ReasonOf(log->state().health), "NO_SPACE");
        EXPECT_EQ(*Payloads(*log), stored);
    }
    ASSERT_LT(stored.size(), 200u);
    const auto bigger = fs.Clone();
    TestLog log(fs);
    if (log.status().ok()) {
        EXPECT_EQ(*Payloads(*log), stored);
    }
}

// What a run of the log did before it ended.
struct Outcome {
    std::map<uint64_t, std::string> acknowledged;
    std::map<uint64_t, std::string> perhaps;
    uint64_t removed_before = 1;
};

// Writes, removes and rewrites; whatever fails, fails. Says what was acknowledged.
void Work(io::FileSystem& fs, uint64_t seed, Outcome& outcome) {
    Random random(seed);
    TestLog log(fs);
    if (!log.status().ok()) return;
    for (int i = 0; i < 25; ++i) {
        const std::string payload = StrCat(i, ":", std::string(random.Below(600), 'x'));
        const uint64_t next = log->state().last.value() + 1;
        const auto first = log.Put(payload);
        if (first.ok()) {
            outcome.acknowledged[first->value()] = payload;
        } else {
            outcome.perhaps[next] = payload;
            return;
        }
        if (i == 15) {
            const uint64_t limit = log->Segments()[1].first.value();
            outcome.removed_before = limit;
            (void)log->RemoveBefore(Sequence(limit));
        }
    }
}

void Check(TestLog& log, const Outcome& outcome, const std::string& where) {
    ASSERT_TRUE(log.status().ok()) << where << log.status();
    const auto seen = ReadAll(*log, {.from = log->state().oldest});
    ASSERT_TRUE(seen.ok()) << where << seen.status();
    std::map<uint64_t, std::string> found;
    for (const Seen& one : *seen) found[one.sequence] = one.payload;
    for (const auto& [sequence, payload] : outcome.acknowledged)
        if (sequence >= outcome.removed_before) {
            ASSERT_EQ(found[sequence], payload) << where;
        }
    for (const auto& [sequence, payload] : found) {
        const auto acknowledged = outcome.acknowledged.find(sequence);
        const auto perhaps = outcome.perhaps.find(sequence);
        const bool right = acknowledged != outcome.acknowledged.end()
                               ? payload == acknowledged->second
                               : perhaps != outcome.perhaps.end() && payload == perhaps->second;
        ASSERT_TRUE(right) << where << " sequence " << sequence;
    }
}

TEST(Recovery, EveryOperationFailsOnce) {
    for (const auto kind :
         {io::FaultKind::kIoError, io::FaultKind::kNoSpace, io::FaultKind::kShort}) {
        for (uint64_t at = 1;; ++at) {
            io::MemoryFileSystem below;
            io::FaultyFileSystem fs(below);
            fs.Set({.at = at, .kind = kind});
            Outcome outcome;
            Work(fs, 1, outcome);
            const bool failed = fs.failed();
            fs.Heal();
            TestLog log(fs);
            Check(log, outcome, StrCat("operation ", at));
            if (HasFatalFailure() || !failed) break;
        }
    }
}

// Power fails at every operation; then again at every operation of the recovery.
TEST(Recovery, PowerCutAtEveryOperationAndAgainDuringRecovery) {
    using io::CrashMode;
    for (const CrashMode mode :
         {CrashMode::kKeep, CrashMode::kLose, CrashMode::kGarble, CrashMode::kMix}) {
        for (uint64_t at = 1;; ++at) {
            io::MemoryFileSystem below;
            io::FaultyFileSystem fs(below);
            fs.Set({.at = at, .kind = io::FaultKind::kShort, .and_all_later = true});
            Outcome outcome;
            Work(fs, at, outcome);
            const bool failed = fs.failed();
            fs.Heal();
            below.Crash(mode, at);
            for (uint64_t again = 1; again < 30; ++again) {
                const auto disk = below.Clone();
                io::FaultyFileSystem second(*disk);
                second.Set({.at = again, .kind = io::FaultKind::kShort, .and_all_later = true});
                { TestLog log(second); }
                const bool failed_again = second.failed();
                second.Heal();
                disk->Crash(mode, again);
                TestLog log(second);
                Check(log, outcome,
                      StrCat("mode ", static_cast<int>(mode), " operation ", at, " then ", again));
                if (HasFatalFailure()) return;
                if (!failed_again) break;
            }
            if (!failed) break;
        }
    }
}

// After a failed sync the page cache may show what the disk does not hold.
TEST(Recovery, WhatAFailedSyncLeftInMemoryIsNotTrusted) {
    io::MemoryFileSystem below;
    io::FaultyFileSystem fs(below);
    {
        TestLog log(fs);
        ASSERT_TRUE(log.Put("one").ok());
        fs.Set({.operations = io::kSync});
        ASSERT_FALSE(log.Put("two").ok());
        fs.Heal();
    }
    {
        TestLog log(fs);  // sees "two", shows it, must have made it durable
        ASSERT_EQ(*Payloads(*log), (Strings{"one", "two"}));
        fs.FailEverything();
    }
    fs.Heal();
    below.Crash(io::CrashMode::kLose, 1);
    TestLog log(fs);
    ASSERT_TRUE(log.status().ok()) << log.status();
    EXPECT_EQ(*Payloads(*log), (Strings{"one", "two"}));
}

}  // namespace
}  // namespace blasty::log
