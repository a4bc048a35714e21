// What idle inboxes cost: topics_bench DIRECTORY inboxes [COUNT]
//
// Creates COUNT inboxes on one topic, closes, and opens again. Memory is the growth of the
// process's resident set; disk is log and checkpoint.
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "exec/worker_pool.h"
#include "io/file_system.h"
#include "topics/topics.h"

namespace blasty::bench {
namespace {

constexpr char kTopic[] = "bench.topic";
constexpr int kThreads = 64;

double ResidentBytes() {
    malloc_trim(0);
    std::ifstream file("/proc/self/statm");
    uint64_t total = 0, resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double DiskBytes(const std::string& directory, const std::string& ending) {
    double bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (entry.path().string().ends_with(ending))
            bytes += static_cast<double>(entry.file_size());
    }
    return bytes;
}

std::unique_ptr<topics::Topics> Open(const std::string& directory, exec::Executor& pool) {
    topics::TopicsOptions options;
    options.directory = directory;
    auto opened = topics::Topics::Open(io::PosixFileSystem(), options, pool, SystemClock());
    BLASTY_CHECK(opened.ok()) << opened.status().ToString();
    return *std::move(opened);
}

void Create(topics::Topics& topics, int count) {
    std::atomic<int> next{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
                topics::InboxConfig config;
                config.patterns = {kTopic};
                const auto made = topics.CreateInbox(StrCat("inbox-", i), config,
                                                     {topics::Start::Kind::kOldest, {}, 0});
                BLASTY_CHECK(made.ok()) << made.status().ToString();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

void Inboxes(const std::string& directory, int count) {
    exec::WorkerPool pool({.name = "bench", .threads = 2});
    {
        auto topics = Open(directory, pool);
        BLASTY_CHECK(topics->CreateTopic(kTopic, {}).ok());
        const double before = ResidentBytes(), start = NowSeconds();
        Create(*topics, count);
        Report("inboxes_created", count / (NowSeconds() - start), "1/s");
        Report("memory_per_inbox", (ResidentBytes() - before) / count, "bytes");
        const double checkpoint_start = NowSeconds();
        BLASTY_CHECK(topics->Checkpoint().ok());
        Report("inboxes_checkpoint", (NowSeconds() - checkpoint_start) * 1e3, "ms");
        topics->Close();
    }
    Report("checkpoint_per_inbox", DiskBytes(directory, "topics.checkpoint") / count, "bytes");
    Report("log_per_inbox", DiskBytes(directory, ".seg") / count, "bytes");
    const double start = NowSeconds();
    auto topics = Open(directory, pool);
    Report("inboxes_open", (NowSeconds() - start) * 1e3, "ms");
    BLASTY_CHECK(topics->stats().inboxes == static_cast<uint64_t>(count));
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    if (argc < 3 || std::string(argv[2]) != "inboxes") {
        std::cerr << "usage: topics_bench DIRECTORY inboxes [COUNT]\n";
        return 2;
    }
    blasty::bench::Inboxes(argv[1], argc > 3 ? std::atoi(argv[3]) : 1'000'000);
    return 0;
}
