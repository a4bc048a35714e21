// First evaluations run beside everything else: nobody waits for a slow one, and nothing that is
// committed meanwhile is lost or told twice.
#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "base/mutex.h"
#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

constexpr int64_t kDeadlineUs = 30'000'000;

// Keeps what is posted until it is run by hand.
class HeldExecutor : public exec::Executor {
  public:
    void Post(exec::Task task) override {
        MutexLock lock(mutex_);
        tasks_.push_back(std::move(task));
        changed_.SignalAll();
    }
    void PostAfter(int64_t, exec::Task task) override { Post(std::move(task)); }
    // Waits for one. Null: none came.
    exec::Task Take(int64_t timeout_us = kDeadlineUs) {
        const int64_t deadline = SystemClock().MonotonicMicros() + timeout_us;
        MutexLock lock(mutex_);
        while (tasks_.empty() && SystemClock().MonotonicMicros() < deadline)
            changed_.WaitFor(mutex_, timeout_us);
        if (tasks_.empty()) return nullptr;
        exec::Task task = std::move(tasks_.front());
        tasks_.pop_front();
        return task;
    }
    bool empty() {
        MutexLock lock(mutex_);
        return tasks_.empty();
    }

  private:
    Mutex mutex_;
    CondVar changed_;
    std::deque<exec::Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

// With a live thread of its own; the pool is the test.
class FirstResults : public ::testing::Test {
  protected:
    void SetUp() override {
        log::LogOptions log_options;
        log_options.manual_commit = true;
        log_options.salt_seed = 42;
        log_ = *log::Log::Open(fs_, "db/log", log_options, SystemClock(), nullptr);
        tables::TablesOptions tables_options;
        tables_options.directory = "db";
        tables_options.manual = true;
        tables_ = *tables::Tables::Open(fs_, tables_options, *log_, other_, SystemClock());
        LiveOptions options;
        options.result_rows_max = 1000;
        options.snapshot_threads = 1;  // one task for starts and one for evaluations at a time
        live_ = *Live::Open(*tables_, *log_, pool_, SystemClock(), options);
        Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER)");
        Must("INSERT INTO t VALUES (1, 10), (2, 20)");
    }
    void TearDown() override {
        watcher_.reset();
        // What is left in the pool is given back.
        StartPool();
        live_->Close();
        StopPool();
        live_.reset();
        tables_.reset();
        log_.reset();
    }
    void Must(const std::string& sql) {
        tables::WriteRequest request;
        request.statements.push_back({sql, {}, {}});
        const auto result = tables_->ExecuteAndWait(std::move(request));
        ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
    }
    void Run() {
        const exec::Task task = pool_.Take();
        ASSERT_TRUE(task) << "nothing was posted";
        task();
    }
    // Runs what is posted by a thread from now on.
    void StartPool() {
        thread_ = std::thread([this] {
            while (!stop_.load())
                if (const exec::Task task = pool_.Take(5'000)) task();
        });
    }
    void StopPool() {
        stop_.store(true);
        thread_.join();
        stop_.store(false);
    }
    template <typename Done>
    void Until(Done done) {
        const int64_t deadline = SystemClock().MonotonicMicros() + kDeadlineUs;
        while (watcher_->Take(), !done() && SystemClock().MonotonicMicros() < deadline)
            std::this_thread::yield();
        EXPECT_TRUE(done());
    }
    void Follow(uint64_t id, const std::string& sql) {
        ASSERT_TRUE(watcher_->Subscribe(id, sql).ok());
    }
    // A filter is there when its two tasks have run: planning, and its snapshot.
    void FollowFilter(uint64_t id, const std::string& sql) {
        Follow(id, sql);
        while ((*watcher_)[id].rows.empty()) {
            Run();
            watcher_->Take();
            if (HasFailure()) return;
        }
    }
    void Check(uint64_t id) {
        const Answer answer = AskTables(*tables_, (*watcher_)[id].query);
        EXPECT_EQ((*watcher_)[id].Rows(), answer.rows);
        EXPECT_TRUE((*watcher_)[id].resets.empty());
    }

    io::MemoryFileSystem fs_;
    exec::SimExecutor other_{1};
    HeldExecutor pool_;
    std::thread thread_;
    std::atomic<bool> stop_{false};
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<tables::Tables> tables_;
    std::unique_ptr<Live> live_;
    std::unique_ptr<Watcher> watcher_;
};

constexpr const char* kSum = "SELECT count(*), sum(v) FROM t";

TEST_F(FirstResults, OthersGetTheirEventsMeanwhile) {
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    FollowFilter(1, "SELECT * FROM t WHERE v > 0");
    Follow(2, kSum);
    Run();  // planned; the evaluation waits in the pool from now on
    const exec::Task evaluation = pool_.Take();
    ASSERT_TRUE(evaluation);
    for (int i = 3; i < 10; ++i) {
        Must(StrCat("INSERT INTO t VALUES (", i, ", ", i, ")"));
        Until([&] { return watcher[1].rows.size() == static_cast<size_t>(i); });
    }
    EXPECT_FALSE(watcher[2].ready);
    evaluation();
    Until([&] { return watcher[2].ready; });
    Check(2);
    EXPECT_EQ(watcher[2].batches, 1u) << "what the snapshot shows is not told again";
    Must("DELETE FROM t WHERE id = 1");
    Until([&] { return watcher[2].batches == 2; });
    Check(2);
}

TEST_F(FirstResults, EqualSubscriptionsShareIt) {
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    Follow(1, kSum);
    Run();
    const exec::Task evaluation = pool_.Take();
    ASSERT_TRUE(evaluation);
    Follow(2, kSum);
    Run();
    evaluation();
    Until([&] { return watcher[1].ready && watcher[2].ready; });
    Check(1);
    Check(2);
    EXPECT_EQ(live_->stats().reevaluations, 1u);
    EXPECT_EQ(live_->stats().feeds, 1u);
}

TEST_F(FirstResults, OneAtATimeAndTheOthersGoOn) {
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    for (uint64_t id = 1; id <= 5; ++id) Follow(id, StrCat("SELECT sum(v + ", id, ") FROM t"));
    Run();  // plans all
    const exec::Task evaluations = pool_.Take();
    ASSERT_TRUE(evaluations);
    // While it runs, new subscriptions have a task of their own.
    FollowFilter(6, "SELECT * FROM t");
    EXPECT_TRUE(pool_.empty());
    evaluations();
    StartPool();
    Until([&] {
        for (uint64_t id = 1; id <= 5; ++id)
            if (!watcher[id].ready) return false;
        return true;
    });
    StopPool();
    for (uint64_t id = 1; id <= 5; ++id) Check(id);
}

TEST_F(FirstResults, UnsubscribingMeanwhileIsSafe) {
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    Follow(1, kSum);
    Run();
    const exec::Task evaluation = pool_.Take();
    ASSERT_TRUE(evaluation);
    watcher.Unsubscribe(1);
    Must("INSERT INTO t VALUES (3, 3)");
    evaluation();
    Follow(1, kSum);
    StartPool();
    Until([&] { return watcher[1].ready; });
    StopPool();
    Check(1);
}

TEST_F(FirstResults, AFailingOneEndsItsSubscriptionAlone) {
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    FollowFilter(1, "SELECT * FROM t");
    Follow(2, "SELECT DISTINCT abs(v) FROM t");
    Follow(3,
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
           "SELECT i FROM n, t");
    Follow(4, kSum);
    Run();
    const exec::Task evaluations = pool_.Take();
    ASSERT_TRUE(evaluations);
    Must("INSERT INTO t VALUES (3, -9223372036854775807 - 1)");
    evaluations();
    StartPool();
    Until(
        [&] { return watcher[4].ready && !watcher[3].error.empty() && !watcher[2].error.empty(); });
    EXPECT_EQ(watcher[2].error, "SQL_ERROR") << "abs() of the smallest integer";
    EXPECT_EQ(watcher[3].error, "LIVE_LIMIT");
    Until([&] { return watcher[1].rows.size() == 3; });
    StopPool();
    Check(4);
}

TEST_F(FirstResults, ASchemaChangeMeanwhileIsAReset) {
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    Follow(1, "SELECT DISTINCT * FROM t");
    Run();
    const exec::Task evaluation = pool_.Take();
    ASSERT_TRUE(evaluation);
    Must("ALTER TABLE t ADD COLUMN w DEFAULT 7");
    evaluation();
    StartPool();
    Until([&] { return watcher[1].ready; });
    StopPool();
    EXPECT_EQ(watcher[1].error, "");
    EXPECT_EQ(watcher[1].columns.size(), 3u);
    EXPECT_EQ(watcher[1].Rows(), AskTables(*tables_, watcher[1].query).rows);
}

// Commits before, within and after the evaluation, which takes a while.
TEST_F(FirstResults, CommitsMeanwhileAreNeitherLostNorTwice) {
    const std::string queries[] = {
        "SELECT v % 3, count(*), sum(v) FROM t GROUP BY v % 3", kSum,
        "SELECT id, v FROM t ORDER BY id DESC LIMIT 5",
        "SELECT x.id, y.v FROM t x JOIN t y ON y.id = x.v",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT "
        "count(*), (SELECT sum(v) FROM t) FROM n"};
    watcher_ = std::make_unique<Watcher>(*live_);
    Watcher& watcher = *watcher_;
    StartPool();
    int next = 3;
    for (int round = 0; round < 6; ++round) {
        for (uint64_t id = 1; id <= std::size(queries); ++id) {
            if (round > 0) watcher.Unsubscribe(id);
            // Another text: a new feed.
            Follow(id, queries[id - 1] + std::string(static_cast<size_t>(round + 1), ' '));
        }
        const auto ready = [&] {
            for (auto& [id, followed] : watcher.all())
                if (!followed.ready) return false;
            return true;
        };
        const int64_t deadline = SystemClock().MonotonicMicros() + kDeadlineUs;
        while (!ready() && SystemClock().MonotonicMicros() < deadline) {
            Must(StrCat("INSERT OR REPLACE INTO t VALUES (", next % 50, ", ", next, ")"));
            ++next;
            watcher.Take();
        }
        Until([&] {
            for (auto& [id, followed] : watcher.all())
                if (!followed.ready || followed.Rows() != AskTables(*tables_, followed.query).rows)
                    return false;
            return true;
        });
        for (uint64_t id = 1; id <= std::size(queries); ++id) Check(id);
        if (HasFailure()) break;
    }
    StopPool();
}

}  // namespace
}  // namespace blasty::live
