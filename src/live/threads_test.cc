// Real threads: writers at full speed while subscribers come, go, stall and resume. Whatever a
// subscriber has rebuilt at a sequence equals a SELECT over the history up to that sequence.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/mutex.h"
#include "base/random.h"
#include "exec/worker_pool.h"
#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

constexpr int64_t kDeadlineUs = 30'000'000;

const std::vector<std::string>& Queries() {
    static const std::vector<std::string> queries = {
        "SELECT * FROM t WHERE g = 1",
        "SELECT id, v FROM t WHERE v > 50",
        "SELECT g, count(*), sum(v) FROM t GROUP BY g",
        "SELECT t.id, n.title FROM t JOIN n ON n.id = t.g",
    };
    return queries;
}

// A database with its threads.
struct Threaded {
    Threaded() {
        log::LogOptions log_options;
        log_options.segment_bytes = 4 << 20;
        log_options.salt_seed = 7;
        auto opened = log::Log::Open(fs, "db/log", log_options, SystemClock(), nullptr);
        EXPECT_TRUE(opened.ok()) << opened.status();
        log = *std::move(opened);
        tables::TablesOptions options;
        options.directory = "db";
        auto made = tables::Tables::Open(fs, options, *log, pool, SystemClock());
        EXPECT_TRUE(made.ok()) << made.status();
        tables = *std::move(made);
        LiveOptions live_options;
        live_options.window_bytes_max = 64 << 10;
        live_options.progress_us = 20'000;
        auto followed = Live::Open(*tables, *log, pool, SystemClock(), live_options);
        EXPECT_TRUE(followed.ok()) << followed.status();
        live = *std::move(followed);
    }
    void Must(const std::string& sql) {
        tables::WriteRequest request;
        request.statements.push_back({sql, {}, {}});
        const auto result = tables->ExecuteAndWait(std::move(request));
        EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
    }

    io::MemoryFileSystem fs;
    exec::WorkerPool pool{{.name = "blocking", .threads = 3}};
    std::unique_ptr<log::Log> log;
    std::unique_ptr<tables::Tables> tables;
    std::unique_ptr<Live> live;
};

// A client with its own thread: waits to be woken, takes, and sometimes reconnects.
class Client {
  public:
    Client(Threaded& db, uint64_t seed)
        : db_(db), random_(seed), session_(db.live->NewSession([this] { Wake(); })) {}

    void Start() {
        thread_ = std::thread([this] { Run(); });
    }
    void Finish() { thread_.join(); }
    void Stop() { stop_.store(true), Wake(); }
    std::map<uint64_t, Followed>& all() { return followed_; }

  private:
    void Wake() {
        MutexLock lock(mutex_);
        woken_ = true;
        changed_.Signal();
    }
    void Subscribe(uint64_t id, bool resume) {
        SubscribeOptions options;
        options.query.sql = Queries()[id - 1];
        options.progress = true;
        if (resume) options.resume = followed_[id].token;
        if (options.resume.empty()) followed_[id] = Followed();
        followed_[id].query = options.query;
        const Status status = session_->Subscribe(id, options);
        EXPECT_TRUE(status.ok()) << status;
    }
    void Take() {
        std::vector<Session::Fetched> fetched;
        session_->Fetch(32 << 10, &fetched);
        for (const auto& one : fetched) followed_[one.subscription].Apply(*one.batch, one.skip);
    }
    // Caught up with everything that was written.
    bool Complete() {
        const Sequence applied = db_.tables->applied();
        for (auto& [id, followed] : followed_)
            if (!followed.ready || followed.sequence < applied) return false;
        return true;
    }
    void Run() {
        for (uint64_t id = 1; id <= Queries().size(); ++id) Subscribe(id, false);
        const int64_t deadline = SystemClock().MonotonicMicros() + kDeadlineUs;
        while (SystemClock().MonotonicMicros() < deadline) {
            {
                MutexLock lock(mutex_);
                if (!woken_) changed_.WaitFor(mutex_, 10'000);
                woken_ = false;
            }
            const bool stopping = stop_.load();
            // Now and then it does not read for a while, so that the window moves on.
            if (!stopping && random_.Below(4) == 0) continue;
            Take();
            if (stopping && Complete()) return;
            if (stopping || random_.Below(8) != 0) continue;
            const uint64_t id = 1 + random_.Below(Queries().size());
            session_->Unsubscribe(id);
            Subscribe(id, random_.Below(3) != 0);
        }
        for (auto& [id, followed] : followed_)
            ADD_FAILURE() << "subscription " << id << " did not catch up: at " << followed.sequence
                          << " of " << db_.tables->applied()
                          << (followed.ready ? ", ready" : ", not ready") << followed.error;
    }

    Threaded& db_;
    Random random_;
    Mutex mutex_;
    CondVar changed_;
    bool woken_ ABSL_GUARDED_BY(mutex_) = false;
    std::atomic<bool> stop_{false};
    std::map<uint64_t, Followed> followed_;
    std::unique_ptr<Session> session_;
    std::thread thread_;
};

TEST(LiveThreads, SubscribersComeGoAndResumeWhileWritersRun) {
    constexpr uint64_t kSeed = 20250719;
    SCOPED_TRACE(StrCat("seed ", kSeed));
    Threaded db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, g INTEGER, v INTEGER)");
    db.Must("CREATE TABLE n(id INTEGER PRIMARY KEY, title TEXT)");
    db.Must("INSERT INTO n VALUES (0, 'zero'), (1, 'one'), (2, 'two')");
    std::vector<std::unique_ptr<Client>> clients;
    for (uint64_t i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<Client>(db, kSeed + i));
        clients.back()->Start();
    }
    std::vector<std::thread> writers;
    for (uint64_t w = 0; w < 2; ++w) {
        writers.emplace_back([&db, w] {
            Random random(kSeed * 3 + w);
            for (int i = 0; i < 400; ++i) {
                const uint64_t id = random.Below(200);
                switch (random.Below(4)) {
                    case 0:
                        db.Must(StrCat("DELETE FROM t WHERE id = ", id));
                        break;
                    case 1:
                        db.Must(StrCat("UPDATE t SET g = (g + 1) % 3, v = v + 7 WHERE id % 10 = ",
                                       id % 10));
                        break;
                    default:
                        db.Must(StrCat("INSERT OR REPLACE INTO t VALUES (", id, ", ", id % 3, ", ",
                                       random.Below(100), ")"));
                }
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    for (auto& client : clients) client->Stop();
    for (auto& client : clients) client->Finish();
    EXPECT_TRUE(db.live->health().ok()) << db.live->health();
    for (auto& client : clients) {
        for (auto& [id, followed] : client->all()) {
            EXPECT_EQ(followed.error, "") << followed.error_message;
            EXPECT_TRUE(followed.resets.empty()) << Join(followed.resets);
            EXPECT_EQ(followed.Rows(), AskTables(*db.tables, followed.query).rows)
                << followed.query.sql;
        }
    }
    clients.clear();
    db.live->Close();
}

TEST(LiveThreads, ClosesWhileSubscriptionsStart) {
    for (int round = 0; round < 5; ++round) {
        Threaded db;
        db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, g INTEGER, v INTEGER)");
        db.Must("CREATE TABLE n(id INTEGER PRIMARY KEY, title TEXT)");
        {
            auto session = db.live->NewSession([] {});
            for (uint64_t id = 1; id <= 40; ++id) {
                SubscribeOptions options;
                options.query.sql = Queries()[id % Queries().size()];
                EXPECT_TRUE(session->Subscribe(id, options).ok());
            }
        }
        db.live->Close();
    }
}

}  // namespace
}  // namespace blasty::live
