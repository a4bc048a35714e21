#include "log/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/random.h"
#include "io/faulty_file_system.h"
#include "log/internal/test_log.h"

namespace blasty::log {
namespace {

using Strings = std::vector<std::string>;

TEST(Record, RoundTripAndEveryTruncation) {
    Batch batch;
    const std::string big(300, 'x');
    batch.Add({StreamId(7), RecordKind::kAck, -5, "id", "key", "headers", big});
    batch.Add({StreamId(UINT32_MAX), RecordKind::kMessage, INT64_MAX, "", "", "", ""});
    EXPECT_EQ(batch.count(), 2u);
    EXPECT_EQ(batch.streams(), (std::vector<StreamId>{StreamId(7), StreamId(UINT32_MAX)}));
    RecordIterator it(batch.bytes(), Sequence(10));
    RecordView record;
    ASSERT_TRUE(it.Next(&record));
    EXPECT_EQ(record.sequence, Sequence(10));
    EXPECT_EQ(record.stream, StreamId(7));
    EXPECT_EQ(record.kind, RecordKind::kAck);
    EXPECT_EQ(record.time_us, -5);
    EXPECT_EQ(record.id, "id");
    EXPECT_EQ(record.key, "key");
    EXPECT_EQ(record.headers, "headers");
    EXPECT_EQ(record.payload, big);
    ASSERT_TRUE(it.Next(&record));
    EXPECT_EQ(record.sequence, Sequence(11));
    EXPECT_EQ(record.time_us, INT64_MAX);
    EXPECT_FALSE(it.Next(&record));
    EXPECT_TRUE(it.status().ok());
    int whole = 0;
    for (size_t size = 1; size < batch.size_bytes(); ++size) {
        RecordIterator cut(batch.bytes().substr(0, size), Sequence(1));
        while (cut.Next(&record)) {
        }
        whole += cut.status().ok();
    }
    EXPECT_EQ(whole, 1) << "only the cut between the two records is well-formed";
}

std::string Hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        out.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
        out.push_back("0123456789abcdef"[c & 15]);
    }
    return out;
}

// The bytes of the worked example in docs/formats/log.md: a change here is a change of the format.
TEST(Format, WorkedExample) {
    io::MemoryFileSystem fs;
    LogOptions options = ManualOptions();
    options.salt_seed = 1;
    {
        TestLog log(fs, options);
        Batch batch;
        batch.Add(
            {StreamId(5), RecordKind::kMessage, 1'700'000'000'000'000, "i1", "k", "", "hello"});
        ASSERT_TRUE(log.Put(std::move(batch)).ok());
    }
    const std::string bytes = *fs.Peek(SegmentPath(1));
    EXPECT_EQ(Hex(bytes.substr(0, 32)),
              "424c4153544c4f470100000000000000c510c70f6daff2b30100000000000000");
    EXPECT_EQ(Hex(bytes.substr(4092, 4)), "167e3adb");
    EXPECT_EQ(Hex(bytes.substr(4096, 64)),
              "46524d301600000001000000000000000040"
              "1e18240a06000100000000000000"
              "a263163b01038a320105"
              "00401e18240a0600026931016b000568656c6c6f0000");
    EXPECT_EQ(Hex(bytes.substr(4160, 40)),
              "46524d300000000002000000000000000040"
              "1e18240a060000000000a263163b"
              "14e4c593c74b6748");
    EXPECT_TRUE(internal::AllZero(std::string_view(bytes).substr(4200)));
}

TEST(Log, AppendAndWaitCommitsByItselfEvenFromACallback) {
    io::MemoryFileSystem fs;
    TestLog log(fs);
    Result<Sequence> inner = Sequence(0), outer = Sequence(0);
    log->Append(MakeBatch("a"), [&](Result<Sequence> first) {
        outer = first;
        inner = log->AppendAndWait(MakeBatch("b"));
    });
    log->CommitQueued();
    EXPECT_EQ(*outer, Sequence(1));
    EXPECT_EQ(*inner, Sequence(2));
    EXPECT_EQ(*Payloads(*log), (Strings{"a", "b"}));
}

TEST(Log, EmptyThenReopened) {
    io::MemoryFileSystem fs;
    for (int i = 0; i < 3; ++i) {
        TestLog log(fs);
        ASSERT_TRUE(log.status().ok()) << log.status();
        EXPECT_EQ(log->state().last, Sequence(0));
        EXPECT_EQ(log->state().oldest, Sequence(1));
        EXPECT_TRUE(Payloads(*log)->empty());
    }
}

TEST(Log, SequencesAndReopen) {
    io::MemoryFileSystem fs;
    Strings expected;
    for (int round = 0; round < 5; ++round) {
        TestLog log(fs);
        ASSERT_TRUE(log.status().ok()) << log.status();
        EXPECT_EQ(*Payloads(*log), expected);
        for (int i = 0; i < 10; ++i) {
            expected.push_back(StrCat("payload ", round, ".", i));
            EXPECT_EQ(*log.Put(expected.back()), Sequence(expected.size()));
        }
        EXPECT_EQ(*Payloads(*log), expected);
    }
    TestLog log(fs);
    EXPECT_EQ(log->state().segments, 1u) << "clean stops start no new segment";
}

TEST(Log, BatchesOfOneCommitShareAFrame) {
    io::MemoryFileSystem fs;
    ManualClock clock;
    std::vector<FramePtr> heard;
    std::vector<uint64_t> firsts;
    auto opened = Log::Open(fs, kDir, ManualOptions(), clock,
                            [&](const FramePtr& frame) { heard.push_back(frame); });
    ASSERT_TRUE(opened.ok());
    auto log = *std::move(opened);
    for (int i = 0; i < 3; ++i) {
        Batch batch = MakeBatch("a");
        batch.Add({StreamId(2), RecordKind::kMessage, 0, "", "", "", "b"});
        log->Append(std::move(batch), [&](Result<Sequence> first) {
            EXPECT_EQ(heard.size(), 1u) << "the listener comes first";
            firsts.push_back(first->value());
        });
    }
    EXPECT_TRUE(firsts.empty());
    log->CommitQueued();
    EXPECT_EQ(firsts, (std::vector<uint64_t>{1, 3, 5}));
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0]->count, 6u);
    EXPECT_EQ(heard[0]->commit_time_us, clock.NowMicros());
}

TEST(Log, FramesRespectTheirSize) {
    io::MemoryFileSystem fs;
    LogOptions options = ManualOptions();
    options.frame_bytes_max = 100;
    TestLog log(fs, options);
    for (int i = 0; i < 10; ++i) log->Append(MakeBatch(std::string(40, 'x')), [](auto) {});
    log->CommitQueued();
    int frames = 0;
    ASSERT_TRUE(log->Replay(Sequence(1),
                            [&](const FramePtr& frame) {
                                EXPECT_LE(frame->records.size(), 100u);
                                ++frames;
                                return OkStatus();
                            })
                    .ok());
    EXPECT_EQ(frames, 10);
}

TEST(Log, Limits) {
    io::MemoryFileSystem fs;
    LogOptions options = ManualOptions();
    options.batch_bytes_max = 1000;
    options.queue_bytes_max = 1000;
    TestLog log(fs, options);
    EXPECT_EQ(ReasonOf(log.Put(std::string(1001, 'x')).status()), "BATCH_TOO_LARGE");
    EXPECT_EQ(ReasonOf(log.Put(Batch()).status()), "BATCH_EMPTY");
    int stored = 0;
    for (int i = 0; i < 2; ++i)
        log->Append(MakeBatch(std::string(900, 'x')), [&](auto first) { stored += first.ok(); });
    std::string reason;
    log->Append(MakeBatch("x"), [&](auto first) { reason = ReasonOf(first.status()); });
    EXPECT_EQ(reason, "OVERLOADED");
    for (int i = 0; i < 2; ++i) {
        Batch urgent = MakeBatch(std::string(300, 'x'));
        urgent.set_urgent();
        log->Append(std::move(urgent), [&](auto first) {
            stored += first.ok();
            reason = ReasonOf(first.status());
        });
    }
    EXPECT_EQ(stored, 0);
    EXPECT_EQ(reason, "OVERLOADED");  // the second one: there is a bound for these as well
    log->CommitQueued();
    EXPECT_EQ(stored, 3);
    EXPECT_TRUE(log.Put("x").ok());
}

TEST(Log, CommitTimeNeverDecreases) {
    io::MemoryFileSystem fs;
    ManualClock clock(5000);
    auto log = *Log::Open(fs, kDir, ManualOptions(), clock, nullptr);
    const auto put = [&](int64_t at) {
        clock.Set(at);
        log->Append(MakeBatch("x"), [](auto) {});
        log->CommitQueued();
    };
    for (const int64_t at : {5000, 4000, 6000}) put(at);
    log.reset();
    log = *Log::Open(fs, kDir, ManualOptions(), clock, nullptr);
    put(100);
    std::vector<int64_t> times;
    ASSERT_TRUE(log->Replay(Sequence(1),
                            [&](const FramePtr& frame) {
                                times.push_back(frame->commit_time_us);
                                return OkStatus();
                            })
                    .ok());
    EXPECT_EQ(times, (std::vector<int64_t>{5000, 5000, 6000, 6000}));
}

TEST(Log, RollsAndReadsAcrossSegments) {
    for (const uint64_t cache : {0u, 1u << 20}) {
        io::MemoryFileSystem fs;
        LogOptions options = ManualOptions();
        options.cache_bytes = cache;
        Strings expected;
        {
            TestLog log(fs, options);
            for (int i = 0; i < 200; ++i) {
                expected.push_back(StrCat(i, std::string(i % 300, 'p')));
                ASSERT_TRUE(log.Put(expected.back()).ok());
            }
            EXPECT_GT(log->state().segments, 5u);
            EXPECT_EQ(*Payloads(*log), expected);
            const auto infos = log->Segments();
            for (size_t i = 0; i + 1 < infos.size(); ++i) {
                EXPECT_TRUE(infos[i].sealed);
                EXPECT_EQ(Next(infos[i].last), infos[i + 1].first);
                EXPECT_GT(infos[i].last_commit_time_us, 0);
            }
            EXPECT_FALSE(infos.back().sealed);
        }
        TestLog log(fs, options);
        EXPECT_EQ(*Payloads(*log), expected);
        for (uint64_t from = 1; from <= 201; ++from) {
            const auto seen = ReadAll(*log, {.from = Sequence(from)});
            ASSERT_TRUE(seen.ok()) << seen.status();
            ASSERT_EQ(seen->size(), 201 - from) << from;
            if (!seen->empty()) {
                ASSERT_EQ(seen->front().sequence, from);
            }
        }
    }
}

TEST(Log, AFrameLargerThanASegment) {
    io::MemoryFileSystem fs;
    Strings expected;
    for (const size_t size : {20'000, 10, 30'000, 10, 9000, 1}) {
        TestLog log(fs);
        ASSERT_TRUE(log.status().ok()) << log.status();
        expected.push_back(std::string(size, 'x'));
        ASSERT_TRUE(log.Put(expected.back()).ok());
        ASSERT_EQ(*Payloads(*log), expected);
    }
}

TEST(Log, CursorsByStream) {
    for (const uint64_t cache : {0u, 1u << 20}) {
        io::MemoryFileSystem fs;
        LogOptions options = ManualOptions();
        options.cache_bytes = cache;
        std::vector<Seen> all;
        {
            TestLog log(fs, options);
            Random random(3);
            for (int i = 0; i < 300; ++i) {
                const auto stream = static_cast<uint32_t>(random.Below(7) * random.Below(100));
                const std::string payload(random.Below(200), 'p');
                const auto first = log.Put(payload, stream);
                all.push_back({first->value(), stream, payload});
            }
        }
        TestLog log(fs, options);
        const auto check = [&] {
            for (const uint32_t stream : {0u, 5u, 6u, 42u, 100'000u}) {
                for (const uint64_t from : {1u, 17u, 150u, 299u, 1000u}) {
                    std::vector<Seen> expected;
                    for (const Seen& seen : all)
                        if (seen.stream == stream && seen.sequence >= from)
                            expected.push_back(seen);
                    const auto seen =
                        ReadAll(*log, {.from = Sequence(from), .stream = StreamId(stream)});
                    ASSERT_TRUE(seen.ok()) << seen.status();
                    ASSERT_EQ(*seen, expected) << stream << " from " << from;
                    const auto places = log->FramesOf(StreamId(stream), Sequence(from), 1000);
                    ASSERT_TRUE(places.ok());
                    ASSERT_EQ(places->size(), expected.size());
                }
            }
        };
        check();
        // Without index files, and with damaged ones, the same.
        for (const auto& info : log->Segments()) {
            auto bytes = fs.Peek(IndexPath(info.first.value()));
            if (!bytes.ok()) continue;
            (*bytes)[bytes->size() / 2] ^= 4;
            ASSERT_TRUE(fs.Poke(IndexPath(info.first.value()), *bytes).ok());
        }
        check();
        for (const auto& info : log->Segments()) {
            (void)fs.Remove(IndexPath(info.first.value()));
        }
        check();
    }
}

TEST(Log, CursorWaitsAtTheEndAndSeeks) {
    io::MemoryFileSystem fs;
    TestLog log(fs);
    const auto all = log->NewCursor({});
    const auto two = log->NewCursor({.stream = StreamId(2)});
    EXPECT_EQ(*all->Next(), nullptr);
    ASSERT_TRUE(log.Put("a", 1).ok());
    EXPECT_EQ((*all->Next())->first, Sequence(1));
    EXPECT_EQ(*all->Next(), nullptr);
    EXPECT_EQ(*two->Next(), nullptr);
    EXPECT_EQ(two->position(), Sequence(2)) << "what holds nothing of the stream is passed";
    ASSERT_TRUE(log.Put("b", 2).ok());
    EXPECT_EQ((*two->Next())->first, Sequence(2));
    EXPECT_EQ((*all->Next())->first, Sequence(2));
    all->Seek(Sequence(1));
    EXPECT_EQ((*all->Next())->first, Sequence(1));
}

TEST(Log, RemoveBefore) {
    io::MemoryFileSystem fs;
    {
        TestLog log(fs);
        for (int i = 0; i < 100; ++i) ASSERT_TRUE(log.Put(std::string(500, 'x')).ok());
        const auto inside = log->NewCursor({});
        ASSERT_TRUE(inside->Next().ok());
        EXPECT_EQ(*log->RemoveBefore(Sequence(1)), Sequence(1));
        const Sequence oldest = *log->RemoveBefore(Sequence(50));
        EXPECT_GT(oldest, Sequence(40));
        EXPECT_LE(oldest, Sequence(50));
        EXPECT_EQ(log->state().oldest, oldest);
        EXPECT_EQ(ReasonOf(ReadAll(*log).status()), "SEQUENCE_GONE");
        EXPECT_EQ(ReasonOf(inside->Next().status()), "SEQUENCE_GONE");
        EXPECT_EQ(ReadAll(*log, {.from = oldest})->size(), 101 - oldest.value());
    }
    TestLog log(fs);
    ASSERT_TRUE(log.status().ok()) << log.status();
    EXPECT_GT(log->state().oldest, Sequence(40));
    const Sequence newest = log->Segments().back().first;
    EXPECT_EQ(*log->RemoveBefore(Sequence(10'000)), newest) << "the newest segment stays";
    EXPECT_EQ(*log.Put("x"), Sequence(101));
}

TEST(Log, OnlyOneProcessHasIt) {
    io::MemoryFileSystem fs;
    TestLog log(fs);
    EXPECT_EQ(ReasonOf(TestLog(fs).status()), "DATA_DIRECTORY_IN_USE");
}

TEST(Log, ClosedLogRefusesAndReads) {
    io::MemoryFileSystem fs;
    TestLog log(fs);
    ASSERT_TRUE(log.Put("a").ok());
    log->Close();
    log->Close();
    EXPECT_EQ(ReasonOf(log.Put("b").status()), "LOG_STOPPED");
    EXPECT_EQ(Payloads(*log)->size(), 1u);
}

TEST(Log, BadOptionsAreRefused) {
    io::MemoryFileSystem fs;
    LogOptions options = ManualOptions();
    options.segment_bytes = 100;
    EXPECT_EQ(ReasonOf(TestLog(fs, options).status()), "INVALID_OPTIONS");
}

TEST(LogThreads, WaitingAppendersCursorsAndRemoval) {
    io::MemoryFileSystem fs;
    LogOptions options;
    options.segment_bytes = 64 << 10;
    options.cache_bytes = 32 << 10;
    options.idle_mark_us = 1000;
    constexpr int kThreads = 8, kEach = 300;
    {
        auto log = *Log::Open(fs, kDir, options, SystemClock(), nullptr);
        std::atomic<bool> stop{false};
        std::vector<std::thread> writers;
        for (uint32_t t = 0; t < kThreads; ++t)
            writers.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i)
                    EXPECT_TRUE(
                        log->AppendAndWait(MakeBatch(StrCat(t, ":", i, std::string(50, 'x')), t))
                            .ok());
            });
        std::vector<std::thread> readers;
        for (uint32_t t = 0; t < 3; ++t)
            readers.emplace_back([&, t] {
                ReadOptions read;
                if (t > 0) read.stream = StreamId(t);
                const auto cursor = log->NewCursor(read);
                const uint64_t expected = t > 0 ? kEach : kThreads * kEach;
                for (uint64_t seen = 0; seen < expected;) {
                    const auto frame = cursor->Next();
                    ASSERT_TRUE(frame.ok()) << frame.status();
                    if (!*frame) {
                        std::this_thread::yield();
                        continue;
                    }
                    RecordIterator it = (*frame)->Records();
                    RecordView record;
                    while (it.Next(&record))
                        if (t == 0 || record.stream == StreamId(t)) ++seen;
                }
            });
        for (auto& thread : writers) thread.join();
        for (auto& thread : readers) thread.join();
        const uint64_t before = log->state().segments;
        EXPECT_GT(before, 2u);
        ASSERT_TRUE(log->RemoveBefore(Sequence(kThreads * kEach)).ok());
        EXPECT_LT(log->state().segments, before);
    }
    TestLog log(fs, options);
    ASSERT_TRUE(log.status().ok()) << log.status();
    EXPECT_EQ(log->state().last, Sequence(kThreads * kEach));
}

TEST(LogThreads, AnIdleLogGetsAMark) {
    io::MemoryFileSystem below;
    io::FaultyFileSystem fs(below);
    LogOptions options;
    options.segment_bytes = 8192;
    options.idle_mark_us = 1;
    auto log = *Log::Open(fs, kDir, options, SystemClock(), nullptr);
    ASSERT_TRUE(log->AppendAndWait(MakeBatch("a")).ok());
    const auto marked = [&] {
        const std::string bytes = *below.Peek(SegmentPath(1));
        size_t headers = 0;
        for (size_t at = bytes.find("FRM0"); at != std::string::npos;
             at = bytes.find("FRM0", at + 1))
            ++headers;
        return headers == 2;
    };
    for (int i = 0; i < 3'000'000 && !marked(); ++i) std::this_thread::yield();
    EXPECT_TRUE(marked());
    fs.FailEverything();
    log.reset();
    fs.Heal();
    TestLog again(fs);
    ASSERT_TRUE(again.status().ok());
    EXPECT_EQ(again->state().segments, 1u) << "a marked end is a clean end";
}

}  // namespace
}  // namespace blasty::log
