// Writers, readers, checkpoints and copies at the same time, with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "exec/worker_pool.h"
#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

class Threaded : public testing::Test {
  protected:
    void SetUp() override {
        log::LogOptions log_options;
        log_options.segment_bytes = 1 << 20;
        auto log = log::Log::Open(fs_, "db/log", log_options, SystemClock(), nullptr);
        ASSERT_TRUE(log.ok()) << log.status();
        log_ = *std::move(log);
        OpenTables(256 << 10);
    }
    void OpenTables(uint64_t wal_bytes_max) {
        TablesOptions options;
        options.directory = "db";
        options.readers = 3;
        options.wal_bytes_max = wal_bytes_max;
        tables_.reset();
        auto tables = Tables::Open(fs_, options, *log_, pool_, SystemClock());
        ASSERT_TRUE(tables.ok()) << tables.status();
        tables_ = *std::move(tables);
    }
    std::vector<Row> Ask(const std::string& sql, Sequence at_least) {
        ReadRequest request;
        request.statement.sql = sql;
        request.at_least = at_least;
        std::vector<Row> rows;
        auto query = tables_->Read(request);
        EXPECT_TRUE(query.ok()) << query.status();
        if (!query.ok()) return rows;
        EXPECT_GE((*query)->sequence(), at_least);
        std::vector<std::string> encoded;
        const auto next = (*query)->Next(1000, 1 << 20, &encoded);
        EXPECT_TRUE(next.ok()) << next.status();
        for (const std::string& row : encoded) rows.push_back(*DecodeRow(row));
        return rows;
    }

    io::MemoryFileSystem fs_;
    exec::WorkerPool pool_{exec::WorkerPoolOptions{.name = "test", .threads = 2}};
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<Tables> tables_;
};

TEST_F(Threaded, SnapshotsAreWholeAndWritersReadTheirWrites) {
    constexpr int kWriters = 4, kRounds = 60;
    OpenTables(64 << 20);  // more than all of it, however long readers hold the WAL
    std::atomic<Sequence::ValueType> heard{0};
    tables_->AddCommitListener([&](Sequence applied) {
        EXPECT_GT(applied.value(), heard.load());
        heard.store(applied.value());
    });
    ASSERT_TRUE(
        tables_->ExecuteAndWait(Request("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, pad)"))
            .ok());
    ASSERT_TRUE(tables_
                    ->ExecuteAndWait(Request("WITH RECURSIVE i(v) AS (VALUES(1) UNION ALL SELECT"
                                             " v + 1 FROM i LIMIT 20) INSERT INTO t SELECT v, 10,"
                                             " zeroblob(500) FROM i"))
                    .ok());
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
        threads.emplace_back([&, writer] {
            for (int64_t round = 0; round < kRounds; ++round) {
                const int64_t from = 1 + (round + writer * 5) % 20, to = 1 + (round * 7) % 20;
                WriteRequest move = Request("UPDATE t SET n = n - 1 WHERE id = ?1", {from});
                move.statements.push_back({"UPDATE t SET n = n + 1 WHERE id = ?1", {to}, {}});
                move.statements.push_back({"INSERT INTO t VALUES (?1, 0, zeroblob(300))",
                                           {int64_t{1000} + writer * kRounds + round},
                                           {}});
                const Result<WriteResult> moved = tables_->ExecuteAndWait(move);
                ASSERT_TRUE(moved.ok()) << moved.status();
                const auto own = Ask(
                    StrCat("SELECT count(*) FROM t WHERE id = ", 1000 + writer * kRounds + round),
                    moved->sequence);
                ASSERT_EQ(own, std::vector<Row>{Row{int64_t{1}}});
            }
        });
    }
    for (int reader = 0; reader < 2; ++reader) {
        threads.emplace_back([&] {
            while (!stop.load()) {
                ASSERT_EQ(Ask("SELECT sum(n) FROM t", Sequence(0)),
                          std::vector<Row>{Row{int64_t{200}}});
            }
        });
    }
    threads.emplace_back([&] {
        for (int copy = 0; !stop.load(); ++copy) {
            ASSERT_TRUE(tables_->Checkpoint().ok());
            if (copy > 4) continue;
            const auto copied = tables_->CopyTo(StrCat("db/copy", copy));
            ASSERT_TRUE(copied.ok()) << copied.status();
            (void)tables_->stats();
            (void)tables_->keep_from();
        }
    });
    for (int i = 0; i < kWriters; ++i) threads[static_cast<size_t>(i)].join();
    stop.store(true);
    for (size_t i = kWriters; i < threads.size(); ++i) threads[i].join();
    EXPECT_EQ(heard.load(), tables_->applied().value());
    EXPECT_EQ(tables_->stats().requests, 2u + kWriters * kRounds);
    OpenTables(256 << 10);
    EXPECT_EQ(Ask("SELECT count(*), sum(n) FROM t", Sequence(0)),
              (std::vector<Row>{Row{int64_t{20 + kWriters * kRounds}, int64_t{200}}}));
}

// The end of the log is seen at once when no commit of tables is on its way.
TEST_F(Threaded, AMessageOfATopicCanBeWaitedFor) {
    log::Batch batch;
    log::RecordFields message;
    message.stream = StreamId(7);
    message.payload = "m";
    batch.Add(message);
    const auto stored = log_->AppendAndWait(std::move(batch));
    ASSERT_TRUE(stored.ok());
    EXPECT_TRUE(tables_->WaitApplied(*stored, 30'000'000).ok());
    EXPECT_EQ(ReasonOf(tables_->WaitApplied(Next(*stored), 30'000'000)), "SEQUENCE_AHEAD");
}

// A reader that does not end keeps the WAL; writers are told when it is too long, and go on later.
TEST_F(Threaded, AReaderThatHoldsTheWalIsBounded) {
    OpenTables(64 << 10);
    ASSERT_TRUE(tables_->ExecuteAndWait(Request("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")).ok());
    ASSERT_TRUE(tables_->ExecuteAndWait(Request("INSERT INTO t VALUES (1, 1), (2, 2)")).ok());
    ReadRequest request;
    request.statement.sql = "SELECT id FROM t";
    auto query = tables_->Read(request);
    ASSERT_TRUE(query.ok());
    std::string reason;
    for (int i = 0; i < 1000 && reason.empty(); ++i)
        reason = ReasonOf(
            tables_->ExecuteAndWait(Request("INSERT INTO t(v) VALUES (zeroblob(5000))")).status());
    EXPECT_EQ(reason, "OVERLOADED");
    EXPECT_LT(tables_->stats().wal_bytes, uint64_t{256} << 10);
    std::vector<std::string> rows;
    ASSERT_TRUE((*query)->Next(10, 1000, &rows).ok());
    EXPECT_EQ(rows.size(), 2u);
    query->reset();
    const int64_t deadline = SystemClock().MonotonicMicros() + 30'000'000;
    while (!reason.empty() && SystemClock().MonotonicMicros() < deadline) {
        ASSERT_TRUE(tables_->Checkpoint().ok());
        reason = ReasonOf(tables_->ExecuteAndWait(Request("INSERT INTO t(v) VALUES (1)")).status());
    }
    EXPECT_EQ(reason, "");
}

}  // namespace
}  // namespace blasty::tables
