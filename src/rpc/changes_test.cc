// Sql.Changes and Sql.Backup through generated stubs.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/backup.h"
#include "rpc/internal/commit_waiters.h"
#include "rpc/sql_test_server.h"

namespace blasty::rpc {
namespace {

using Strings = std::vector<std::string>;

std::string ShowChange(const v1::TableChange& change) {
    switch (change.kind()) {
        case v1::TableChange::INSERT:
            return "+" + Show(change.new_row());
        case v1::TableChange::UPDATE:
            return Show(change.old_row()) + "->" + Show(change.new_row());
        case v1::TableChange::DELETE:
            return "-" + Show(change.old_row());
        default:
            return change.sql();
    }
}

class ChangesTest : public testing::Test {
  protected:
    ChangesTest() { server_.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)"); }

    struct History {
        Strings changes;
        std::vector<uint64_t> commits, sequences;
        uint64_t position = 0;
        std::string reason;
        size_t columns = 0;
    };
    History Read(const v1::ChangesRequest& request) {
        History history;
        TestContext context;
        const auto call = server_.sql().Changes(&context, request);
        v1::ChangesResponse response;
        while (call->Read(&response)) {
            for (const auto& change : response.changes()) {
                history.changes.push_back(ShowChange(change));
                history.commits.push_back(change.commit());
                history.sequences.push_back(change.sequence());
            }
            history.columns += static_cast<size_t>(response.columns_size());
            history.position = response.sequence();
        }
        call->Finish();
        history.reason = context.Reason();
        return history;
    }
    History Since(uint64_t since) {
        v1::ChangesRequest request;
        request.set_table("t");
        request.set_since(since);
        return Read(request);
    }

    // The names of the columns, each time the answers tell them.
    Strings ColumnsSince(uint64_t since) {
        v1::ChangesRequest request;
        request.set_table("t");
        request.set_since(since);
        TestContext context;
        const auto call = server_.sql().Changes(&context, request);
        v1::ChangesResponse response;
        Strings told;
        const auto note = [&told](const auto& columns) {
            if (columns.empty()) return;
            std::string& names = told.emplace_back();
            for (const v1::Column& column : columns)
                StrAppend(names, names.empty() ? "" : ",", column.name());
        };
        while (call->Read(&response)) {
            note(response.columns());
            for (const auto& change : response.changes()) note(change.columns());
        }
        EXPECT_TRUE(call->Finish().ok());
        return told;
    }

    SqlServer server_;
};

TEST_F(ChangesTest, TellsOldAndNewImages) {
    server_.Do("INSERT INTO t VALUES(1, 'a'), (2, 'b')");
    server_.Do("UPDATE t SET v = 'c' WHERE id = 2");
    server_.Publish("topic", {"between"});
    const auto last = server_.Do("DELETE FROM t WHERE id = 1");
    const History all = Since(0);
    EXPECT_EQ(all.changes, (Strings{"CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)", "+1|a",
                                    "+2|b", "2|b->2|c", "-1|a"}));
    EXPECT_EQ(all.commits[1], all.commits[2]);
    EXPECT_LT(all.commits[2], all.commits[3]);
    EXPECT_GE(all.position, last.summary().sequence());
    // From the middle of a commit on.
    EXPECT_EQ(Since(all.sequences[1]).changes, (Strings{"+2|b", "2|b->2|c", "-1|a"}));
    EXPECT_EQ(Since(all.sequences[1]).columns, 2u);
    EXPECT_TRUE(Since(all.position).changes.empty());
}

TEST_F(ChangesTest, Limits) {
    server_.Do("INSERT INTO t VALUES(1, 'a'), (2, 'b'), (3, 'c')");
    v1::ChangesRequest request;
    request.set_table("t");
    request.set_limit(3);
    request.set_follow(true);  // ends at the limit all the same
    const History some = Read(request);
    ASSERT_EQ(some.changes.size(), 3u);
    EXPECT_EQ(Since(some.position).changes, Strings{"+3|c"});
}

TEST_F(ChangesTest, SchemaChangesStandBetween) {
    server_.Do("INSERT INTO t VALUES(1, 'a')");
    server_.Do("ALTER TABLE t ADD COLUMN w INTEGER DEFAULT 5");
    server_.Do("CREATE TABLE other(id INTEGER PRIMARY KEY)");
    server_.Do("UPDATE t SET v = 'b'");
    const History all = Since(0);
    ASSERT_EQ(all.changes.size(), 4u);
    EXPECT_EQ(all.changes[2], "ALTER TABLE t ADD COLUMN w INTEGER DEFAULT 5");
    EXPECT_EQ(all.changes[3], "1|a|5->1|b|5");
}

TEST_F(ChangesTest, OldRowsStandUnderTheirOwnColumns) {
    server_.Do("INSERT INTO t VALUES(1, 'a')");
    server_.Do("CREATE TABLE other(id INTEGER PRIMARY KEY)");
    server_.Do("ALTER TABLE t RENAME COLUMN v TO w");
    const auto middle = server_.Do("UPDATE t SET w = 'b'").summary().sequence();
    server_.Do("ALTER TABLE t ADD COLUMN x");
    server_.Do("UPDATE t SET x = 1");
    EXPECT_EQ(ColumnsSince(0), (Strings{"id,v", "id,w", "id,w,x"}));
    EXPECT_EQ(ColumnsSince(middle), (Strings{"id,w", "id,w,x"}));
    EXPECT_EQ(ColumnsSince(server_.Do("DELETE FROM t").summary().sequence()), Strings{"id,w,x"});
}

TEST_F(ChangesTest, Refusals) {
    v1::ChangesRequest request;
    request.set_table("nowhere");
    EXPECT_EQ(Read(request).reason, "TABLE_NOT_FOUND");
    EXPECT_EQ(Since(1'000'000).reason, "SEQUENCE_AHEAD");
}

TEST_F(ChangesTest, Follows) {
    v1::ChangesRequest request;
    request.set_table("t");
    request.set_follow(true);
    TestContext context;
    const auto call = server_.sql().Changes(&context, request);
    v1::ChangesResponse response;
    Strings changes;
    for (int i = 0; i < 20; ++i) {
        server_.Do("INSERT INTO t(v) VALUES('x')");
        while (changes.size() < static_cast<size_t>(i) + 2) {
            ASSERT_TRUE(call->Read(&response));
            for (const auto& change : response.changes()) changes.push_back(ShowChange(change));
        }
    }
    EXPECT_EQ(changes.back(), "+20|x");
    context.TryCancel();
    EXPECT_FALSE(call->Read(&response));
    call->Finish();
}

// None is left asleep by a commit that comes while it goes to sleep.
TEST_F(ChangesTest, ManyFollowManyWriters) {
    constexpr int kFollowers = 6, kWriters = 3, kWrites = 60;
    std::vector<std::thread> threads;
    std::atomic<int> complete{0};
    for (int i = 0; i < kFollowers; ++i) {
        threads.emplace_back([&] {
            v1::ChangesRequest request;
            request.set_table("t");
            request.set_follow(true);
            request.set_limit(1 + kWriters * kWrites);
            const History history = Read(request);
            complete += history.changes.size() == request.limit() && history.reason.empty();
        });
    }
    for (int i = 0; i < kWriters; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < kWrites; ++n) server_.Do("INSERT INTO t(v) VALUES('x')");
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(complete, kFollowers);
}

TEST_F(ChangesTest, FollowsWhenTheLogWasCutBehindIt) {
    v1::ChangesRequest request;
    request.set_table("t");
    request.set_follow(true);
    TestContext context;
    const auto call = server_.sql().Changes(&context, request);
    v1::ChangesResponse response;
    ASSERT_TRUE(call->Read(&response));
    // Several segments of other records, of which retention takes all but the last.
    for (int i = 0; i < 12; ++i) server_.Publish("topic", {std::string(1 << 20, 'x')});
    log::Log& log = server_.engine().topics().log();
    const auto oldest = log.RemoveBefore(log.state().last);
    ASSERT_TRUE(oldest.ok()) << oldest.status();
    ASSERT_GT(*oldest, Sequence(1));
    server_.Do("INSERT INTO t VALUES(1, 'a')");
    ASSERT_TRUE(call->Read(&response)) << call->Finish().error_message();
    ASSERT_EQ(response.changes_size(), 1);
    EXPECT_EQ(ShowChange(response.changes(0)), "+1|a");
    context.TryCancel();
    EXPECT_FALSE(call->Read(&response));
    call->Finish();
}

TEST(CommitWaitersTest, WakeOnceAndOnlyForWhatIsNew) {
    StatementPool pool("test", 1, 10);
    const auto waiters = std::make_shared<CommitWaiters>(pool, 0);
    std::atomic<int> woken{0};
    const auto wake = [&woken] { ++woken; };
    waiters->OnCommit(Sequence(5));
    EXPECT_FALSE(waiters->Add(Sequence(4), wake));
    EXPECT_TRUE(waiters->Add(Sequence(5), wake));
    EXPECT_TRUE(waiters->Add(Sequence(5), wake));
    EXPECT_EQ(woken, 0);
    waiters->OnCommit(Sequence(6));
    EXPECT_TRUE(Eventually([&] { return woken == 2; }));
    waiters->OnCommit(Sequence(7));
    EXPECT_TRUE(waiters->Add(Sequence(7), wake));
    waiters->Stop();
    waiters->OnCommit(Sequence(8));
    pool.Stop();
    EXPECT_EQ(woken, 2);
}

TEST_F(ChangesTest, LargeCommitsComeInParts) {
    server_.Do(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000) "
        "INSERT INTO t SELECT x, printf('%.1000c', 'x') FROM c");
    const History all = Since(0);
    ASSERT_EQ(all.changes.size(), 3'001u);
    EXPECT_TRUE(std::is_sorted(all.sequences.begin(), all.sequences.end()));
    EXPECT_EQ(all.commits[1], all.commits[3'000]);
}

TEST_F(ChangesTest, BackupStreamsAnArchive) {
    server_.Do("INSERT INTO t VALUES(1, 'a')");
    TestContext context;
    const auto call = server_.sql().Backup(&context, {});
    std::string archive;
    uint64_t total = 0, sequence = 0;
    v1::BackupResponse response;
    while (call->Read(&response)) {
        archive += response.data();
        if (response.total_bytes() != 0) total = response.total_bytes();
        if (response.sequence() != 0) sequence = response.sequence();
    }
    ASSERT_TRUE(call->Finish().ok());
    EXPECT_GT(total, 0u);
    const auto info = engine::VerifyBackup(
        [&archive, at = size_t{0}](char* out, size_t size) mutable -> Result<size_t> {
            const size_t n = archive.copy(out, size, std::min(at, archive.size()));
            at += n;
            return n;
        });
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->sequence.value(), sequence);
}

TEST_F(ChangesTest, AnAbandonedBackupMakesRoomForTheNext) {
    server_.Do(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 12000) "
        "INSERT INTO t SELECT x, printf('%.1000c', 'x') FROM c");
    v1::BackupResponse response;
    {
        TestContext context;
        const auto call = server_.sql().Backup(&context, {});
        ASSERT_TRUE(call->Read(&response));
        context.TryCancel();
        while (call->Read(&response)) {
        }
        call->Finish();
    }
    EXPECT_TRUE(Eventually([&] {
        TestContext context;
        const auto call = server_.sql().Backup(&context, {});
        while (call->Read(&response)) {
        }
        return call->Finish().ok();
    }));
}

TEST(BackupTest, AStalledBackupIsEnded) {
    RpcServerOptions rpc;
    rpc.client_idle_us = 300'000;
    SqlServer server({}, nullptr, rpc);
    server.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    server.Do(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 24) "
        "INSERT INTO t SELECT x, printf('%.1000000c', 'x') FROM c");
    const auto stub = v1::Sql::NewStub(server.NewChannel());
    TestContext stalled;
    const auto call = stub->Backup(&stalled, {});
    v1::BackupResponse response;
    ASSERT_TRUE(call->Read(&response));
    // One backup runs at a time: the next begins when the stalled one has ended.
    EXPECT_TRUE(Eventually([&] {
        TestContext context;
        const auto next = server.sql().Backup(&context, {});
        v1::BackupResponse part;
        const bool begun = next->Read(&part);
        context.TryCancel();
        next->Finish();
        return begun;
    }));
    while (call->Read(&response)) {
    }
    EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    EXPECT_EQ(stalled.Reason(), "BACKUP_STALLED");
}

}  // namespace
}  // namespace blasty::rpc
