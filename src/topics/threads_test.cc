// Real threads: publishers, members that come and go, and the background, all at once.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "base/mutex.h"
#include "base/strings.h"
#include "exec/worker_pool.h"
#include "io/memory_file_system.h"
#include "topics/topics.h"

namespace blasty::topics {
namespace {

constexpr int kPublishers = 3;
constexpr int kPerPublisher = 1500;
constexpr int64_t kPatienceUs = 30'000'000;

class Signal {
  public:
    void Wake() {
        MutexLock lock(mutex_);
        woken_ = true;
        changed_.SignalAll();
    }
    // Returns when woken, or after a while to look at the end condition.
    void Wait() {
        MutexLock lock(mutex_);
        if (!woken_) changed_.WaitFor(mutex_, 20'000);
        woken_ = false;
    }

  private:
    Mutex mutex_;
    CondVar changed_;
    bool woken_ ABSL_GUARDED_BY(mutex_) = false;
};

// A database with small segments; null after a failure.
std::unique_ptr<Topics> OpenSmall(io::FileSystem& fs, exec::Executor& pool) {
    TopicsOptions options;
    options.directory = "db";
    options.log.segment_bytes = 1 << 20;
    auto opened = Topics::Open(fs, options, pool, SystemClock());
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
}

TEST(ThreadsTest, EveryMessageIsHandledInOrderOfItsKey) {
    io::MemoryFileSystem fs;
    exec::WorkerPool pool({"topics", 2});
    std::unique_ptr<Topics> topics = OpenSmall(fs, pool);
    ASSERT_NE(topics, nullptr);

    std::atomic<int> stored = 0;
    std::vector<std::thread> threads;
    for (int p = 0; p < kPublishers; ++p) {
        threads.emplace_back([&, p] {
            for (int i = 0; i < kPerPublisher; ++i) {
                const std::string payload = StrCat(i), key = StrCat("k", p);
                NewMessage message;
                message.payload = payload;
                message.key = key;
                topics->Publish("t", {&message, 1}, [&](Result<std::span<const Published>> r) {
                    if (r.ok()) stored.fetch_add(1);
                });
            }
        });
    }
    Mutex mutex;
    std::map<std::string, int> next;  // per key, of those acked
    std::set<uint64_t> confirmed;
    std::atomic<bool> good = true, finished = false;
    const int64_t end = SystemClock().MonotonicMicros() + kPatienceUs;
    for (int m = 0; m < 3; ++m) {
        threads.emplace_back([&, m] {
            for (int round = 0; !finished; ++round) {
                const auto signal = std::make_shared<Signal>();
                JoinOptions join;
                join.inbox = "in";
                join.config.patterns = {"t"};
                auto member = topics->Join(join, [signal] { signal->Wake(); });
                if (!member.ok()) {
                    good = false;
                    return;
                }
                for (int i = 0; i < 20 * (m + 1) && !finished; ++i) {
                    std::vector<Delivery> out;
                    if (!(*member)->Fetch({50, 1 << 20}, &out).ok()) good = false;
                    std::vector<Sequence> acks;
                    {
                        MutexLock lock(mutex);
                        for (const Delivery& d : out) {
                            const std::string key(d.message.key);
                            const int number = std::stoi(std::string(d.message.payload));
                            // Again is fine, unless confirmed; a gap is not.
                            if (number > next[key]) good = false;
                            if (number == next[key]) ++next[key];
                            if (confirmed.count(d.message.sequence.value())) good = false;
                            acks.push_back(d.message.sequence);
                        }
                    }
                    if (i % 7 == 6) break;  // leaves with unacked ones
                    if (!acks.empty()) {
                        (*member)->Ack(acks, [&, acks](const Status& s) {
                            MutexLock lock(mutex);
                            if (!s.ok()) return;
                            for (const Sequence a : acks) confirmed.insert(a.value());
                            if (confirmed.size() == kPublishers * kPerPublisher) finished = true;
                        });
                    } else {
                        signal->Wait();
                    }
                    if (SystemClock().MonotonicMicros() > end) finished = true;
                }
            }
        });
    }
    threads.emplace_back([&] {
        while (!finished) {
            if (!topics->Checkpoint().ok() || !topics->Clean().ok()) good = false;
            std::this_thread::yield();
            Signal().Wait();
        }
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(good);
    EXPECT_EQ(stored, kPublishers * kPerPublisher);
    topics->Close();
    topics.reset();
    EXPECT_EQ(confirmed.size(), static_cast<size_t>(kPublishers * kPerPublisher));
    pool.Stop();
}

TEST(ThreadsTest, AReaderOfABoundedTopicIsToldOfEveryGap) {
    io::MemoryFileSystem fs;
    exec::WorkerPool pool({"topics", 2});
    std::unique_ptr<Topics> topics = OpenSmall(fs, pool);
    ASSERT_NE(topics, nullptr);
    TopicConfig config;
    config.retention.count = 30;
    ASSERT_TRUE(topics->CreateTopic("t", config).ok());

    constexpr int kMessages = 30'000;
    std::thread publisher([&] {
        Mutex mutex;
        CondVar changed;
        int under_way = 0;
        for (int i = 0; i < kMessages; ++i) {
            const std::string payload = StrCat(i);
            NewMessage message;
            message.payload = payload;
            MutexLock lock(mutex);
            ++under_way;
            topics->Publish("t", {&message, 1}, [&](Result<std::span<const Published>> r) {
                EXPECT_TRUE(r.ok()) << r.status();
                MutexLock done(mutex);
                --under_way;
                changed.SignalAll();
            });
            while (under_way > (i + 1 == kMessages ? 0 : 20)) changed.Wait(mutex);
        }
    });
    Signal signal;
    auto reader = topics->OpenReader({{"t"}, {Start::Kind::kSequence, Sequence(1), 0}},
                                     [&signal] { signal.Wake(); });
    ASSERT_TRUE(reader.ok()) << reader.status();
    int next = 0, gaps = 0, told = 0;
    const int64_t end = SystemClock().MonotonicMicros() + kPatienceUs;
    std::vector<Message> got;
    while (next < kMessages && SystemClock().MonotonicMicros() < end) {
        got.clear();
        const Status status = (*reader)->Fetch({7, 1 << 20}, &got);
        if (ReasonOf(status) == "SEQUENCE_GONE") {
            EXPECT_TRUE(got.empty());
            ++told;
            (*reader)->Skip();
            next = -1;
            continue;
        }
        ASSERT_TRUE(status.ok()) << status;
        for (const Message& message : got) {
            const int number = std::stoi(std::string(message.payload));
            if (next >= 0 && number != next) ++gaps;
            next = number + 1;
        }
        if (got.empty()) signal.Wait();
    }
    publisher.join();
    EXPECT_EQ(next, kMessages);
    EXPECT_EQ(gaps, 0) << "told of " << told;
    reader->reset();
    topics->Close();
    topics.reset();
    pool.Stop();
}

}  // namespace
}  // namespace blasty::topics
