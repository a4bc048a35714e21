#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "base/mutex.h"
#include "exec/serial_executor.h"
#include "exec/sim_executor.h"
#include "exec/worker_pool.h"

namespace blasty::exec {
namespace {

// Waits for a count from any thread; generous, since the machine may be busy.
class Countdown {
  public:
    explicit Countdown(int count) : left_(count) {}
    void Hit() {
        MutexLock lock(mutex_);
        if (--left_ == 0) done_.SignalAll();
    }
    bool Wait() {
        MutexLock lock(mutex_);
        while (left_ > 0) {
            if (!done_.WaitFor(mutex_, 30'000'000)) return left_ <= 0;
        }
        return true;
    }

  private:
    Mutex mutex_;
    CondVar done_;
    int left_ ABSL_GUARDED_BY(mutex_);
};

TEST(WorkerPool, RunsEverythingPosted) {
    std::atomic<int> ran{0};
    WorkerPool pool({.name = "test", .threads = 3});
    Countdown all(1000);
    for (int i = 0; i < 1000; ++i) {
        pool.Post([&] {
            ran.fetch_add(1);
            all.Hit();
        });
    }
    EXPECT_TRUE(all.Wait());
    EXPECT_EQ(ran.load(), 1000);
}

TEST(WorkerPool, StopRunsWhatWasPostedAndDropsWhatIsDelayed) {
    std::atomic<int> ran{0};
    std::atomic<bool> late{false};
    auto token = std::make_shared<int>(1);
    {
        WorkerPool pool({.name = "test", .threads = 1});
        for (int i = 0; i < 100; ++i) pool.Post([&] { ran.fetch_add(1); });
        pool.PostAfter(3'600'000'000, [&late, token] { late = true; });
        pool.Stop();
        pool.Stop();
        pool.Post([&] { ran.fetch_add(1); });
    }
    EXPECT_EQ(ran.load(), 100);
    EXPECT_FALSE(late.load());
    EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, DelayedTasksRunInOrderOfTheirTime) {
    Mutex mutex;
    std::vector<int> order;
    Countdown all(3);
    WorkerPool pool({.name = "test", .threads = 1});
    const auto add = [&](int n) {
        MutexLock lock(mutex);
        order.push_back(n);
        all.Hit();
    };
    pool.PostAfter(60'000, [&] { add(3); });
    pool.PostAfter(1'000, [&] { add(1); });
    pool.PostAfter(30'000, [&] { add(2); });
    EXPECT_TRUE(all.Wait());
    MutexLock lock(mutex);
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(SerialExecutor, KeepsOrderAndNeverRunsTwoAtOnce) {
    WorkerPool pool({.name = "test", .threads = 4});
    Countdown all(2000);
    std::vector<int> order;
    std::atomic<int> inside{0};
    bool overlapped = false;
    {
        SerialExecutor serial(pool);
        for (int i = 0; i < 2000; ++i) {
            serial.Post([&, i] {
                overlapped |= inside.fetch_add(1) != 0;
                order.push_back(i);
                inside.fetch_sub(1);
                all.Hit();
            });
        }
    }
    ASSERT_TRUE(all.Wait());
    EXPECT_FALSE(overlapped);
    ASSERT_EQ(order.size(), 2000u);
    for (int i = 0; i < 2000; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

std::vector<int> RunSeed(uint64_t seed) {
    SimExecutor sim(seed);
    std::vector<int> order;
    for (int i = 0; i < 20; ++i) sim.Post([&order, i] { order.push_back(i); });
    sim.RunReady();
    return order;
}

TEST(SimExecutor, SameSeedSameOrder) {
    EXPECT_EQ(RunSeed(5), RunSeed(5));
    EXPECT_NE(RunSeed(5), RunSeed(6));
}

TEST(SimExecutor, TimeJumpsToTheNextDelayedTask) {
    SimExecutor sim(1);
    const int64_t start = sim.clock().NowMicros();
    std::vector<int64_t> at;
    sim.PostAfter(500, [&] { at.push_back(sim.clock().NowMicros() - start); });
    sim.PostAfter(200, [&] {
        at.push_back(sim.clock().NowMicros() - start);
        sim.PostAfter(100, [&] { at.push_back(sim.clock().NowMicros() - start); });
    });
    sim.RunFor(400);
    EXPECT_EQ(at, (std::vector<int64_t>{200, 300}));
    EXPECT_EQ(sim.clock().NowMicros() - start, 400);
    while (sim.Step()) {
    }
    EXPECT_EQ(at, (std::vector<int64_t>{200, 300, 500}));
}

TEST(SimExecutor, DropAllForgets) {
    SimExecutor sim(1);
    bool ran = false;
    sim.Post([&] { ran = true; });
    sim.PostAfter(1, [&] { ran = true; });
    sim.DropAll();
    EXPECT_FALSE(sim.Step());
    EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace blasty::exec
