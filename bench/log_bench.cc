// The physical limit and the raw log: log_bench DIRECTORY WHAT [NUMBER]
//
//   sync          append 200 bytes + fdatasync into a preallocated file, one after another
//   pipelined     one caller, batches of 256 records of 100 bytes, up to 64 batches in flight
//   waiting N     N threads, each appends one record and waits for it
//   fill N        a log of N GiB over 100,000 streams, 1 KiB records
//   open          opens the log that `fill` left, and reads one stream of it
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "io/file_system.h"
#include "log/log.h"

namespace blasty::bench {
namespace {

constexpr double kRunSeconds = 3;
constexpr uint32_t kStreams = 100'000;

std::unique_ptr<log::Log> OpenLog(const std::string& directory) {
    auto opened = log::Log::Open(io::PosixFileSystem(), directory, log::LogOptions(), SystemClock(),
                                 [](const log::FramePtr&) {});
    BLASTY_CHECK(opened.ok()) << opened.status().ToString();
    return *std::move(opened);
}

log::Batch MakeBatch(uint32_t stream, int count, size_t bytes) {
    const std::string payload(bytes, 'x');
    log::Batch batch;
    for (int i = 0; i < count; ++i) {
        log::RecordFields fields;
        fields.stream = StreamId(stream);
        fields.time_us = 1;
        fields.payload = payload;
        batch.Add(fields);
    }
    return batch;
}

void Sync(const std::string& directory) {
    io::FileSystem& fs = io::PosixFileSystem();
    BLASTY_CHECK(fs.MakeDirectories(directory).ok());
    const std::string path = directory + "/sync.probe";
    if (auto file = fs.Open(path, io::OpenMode::kRead); file.ok()) {
        BLASTY_CHECK(fs.Remove(path).ok());
    }
    auto file = fs.Open(path, io::OpenMode::kCreateNew);
    BLASTY_CHECK(file.ok() && (*file)->Allocate(64 << 20).ok() && (*file)->Sync().ok());
    const std::string data(200, 'x');
    std::vector<double> times;
    uint64_t offset = 0;
    for (const double end = NowSeconds() + kRunSeconds; NowSeconds() < end; offset += data.size()) {
        const double start = NowSeconds();
        BLASTY_CHECK((*file)->WriteAt(offset, data).ok() && (*file)->Sync().ok());
        times.push_back((NowSeconds() - start) * 1e6);
    }
    Report("append_fdatasync_p50", Percentile(times, 50), "us");
    Report("append_fdatasync_rate", 1e6 / Percentile(times, 50), "1/s");
    BLASTY_CHECK(fs.Remove(path).ok());
}

// Bounds what is in flight.
class Window {
  public:
    explicit Window(int size) : free_(size), size_(size) {}
    void Take() {
        MutexLock lock(mutex_);
        while (free_ == 0) changed_.Wait(mutex_);
        --free_;
    }
    void Give() {
        MutexLock lock(mutex_);
        ++free_;
        changed_.SignalAll();
    }
    void WaitAll() {
        MutexLock lock(mutex_);
        while (free_ < size_) changed_.Wait(mutex_);
    }

  private:
    Mutex mutex_;
    CondVar changed_;
    int free_ ABSL_GUARDED_BY(mutex_);
    const int size_;
};

void Pipelined(const std::string& directory, size_t bytes) {
    auto log = OpenLog(directory);
    Window window(64);
    uint64_t records = 0;
    const double start = NowSeconds();
    while (NowSeconds() < start + kRunSeconds) {
        window.Take();
        log->Append(MakeBatch(20, 256, bytes), [&](Result<Sequence> first) {
            BLASTY_CHECK(first.ok()) << first.status().ToString();
            window.Give();
        });
        records += 256;
    }
    window.WaitAll();
    Report(StrCat("raw_log_pipelined_", bytes),
           static_cast<double>(records) / (NowSeconds() - start), "1/s");
}

void Waiting(const std::string& directory, int threads) {
    auto log = OpenLog(directory);
    std::atomic<uint64_t> records{0};
    std::vector<std::vector<double>> times(static_cast<size_t>(threads));
    std::vector<std::thread> running;
    const double start = NowSeconds();
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            auto& mine = times[static_cast<size_t>(i)];
            for (double now = NowSeconds(); now < start + kRunSeconds;) {
                BLASTY_CHECK(log->AppendAndWait(MakeBatch(20, 1, 100)).ok());
                const double after = NowSeconds();
                mine.push_back((after - now) * 1e6);
                now = after;
                records.fetch_add(1, std::memory_order_relaxed);
            }
        });
    }
    for (std::thread& thread : running) thread.join();
    const double seconds = NowSeconds() - start;
    std::vector<double> all;
    for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
    Report(StrCat("raw_log_waiting_", threads), static_cast<double>(records) / seconds, "1/s");
    Report(StrCat("raw_log_waiting_", threads, "_p50"), Percentile(all, 50), "us");
}

void Fill(const std::string& directory, uint64_t gigabytes) {
    auto log = OpenLog(directory);
    Window window(16);
    const uint64_t batches = gigabytes * 1024;  // of 1 MiB
    uint32_t stream = 0;
    for (uint64_t i = 0; i < batches; ++i) {
        window.Take();
        log::Batch batch;
        const std::string payload(1000, 'x');
        for (int k = 0; k < 1024; ++k) {
            log::RecordFields fields;
            fields.stream = StreamId(16 + stream);
            stream = (stream + 1) % kStreams;
            fields.time_us = 1;
            fields.payload = payload;
            batch.Add(fields);
        }
        log->Append(std::move(batch), [&](Result<Sequence> first) {
            BLASTY_CHECK(first.ok()) << first.status().ToString();
            window.Give();
        });
    }
    window.WaitAll();
}

void Open(const std::string& directory) {
    const double start = NowSeconds();
    auto log = OpenLog(directory);
    Report("open_log", (NowSeconds() - start) * 1e3, "ms");
    Report("open_log_bytes", static_cast<double>(log->state().stored_bytes), "bytes");
    const double read_start = NowSeconds();
    const StreamId stream(16 + 4711);
    auto cursor = log->NewCursor({.from = Sequence(1), .stream = stream});
    uint64_t found = 0, frames = 0;
    while (true) {
        auto frame = cursor->Next();
        BLASTY_CHECK(frame.ok()) << frame.status().ToString();
        if (*frame == nullptr) break;
        ++frames;
        log::RecordIterator records = (*frame)->Records();
        for (log::RecordView record; records.Next(&record);) found += record.stream == stream;
    }
    Report("one_topic_of_100000", (NowSeconds() - read_start) * 1e3, "ms");
    Report("one_topic_of_100000_records", static_cast<double>(found), "records");
    Report("one_topic_of_100000_frames", static_cast<double>(frames), "frames");
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    using namespace blasty::bench;  // NOLINT(google-build-using-namespace): a program, not a header
    if (argc < 3) {
        std::cerr << "usage: log_bench DIRECTORY sync|pipelined|waiting|fill|open [NUMBER]\n";
        return 2;
    }
    const std::string directory = argv[1], what = argv[2];
    const int number = argc > 3 ? std::atoi(argv[3]) : 0;
    if (what == "sync") Sync(directory);
    if (what == "pipelined") Pipelined(directory, number > 0 ? static_cast<size_t>(number) : 100);
    if (what == "waiting") Waiting(directory, number > 0 ? number : 64);
    if (what == "fill") Fill(directory, static_cast<uint64_t>(number > 0 ? number : 10));
    if (what == "open") Open(directory);
    return 0;
}
