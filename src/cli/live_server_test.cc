// SQL and live queries of the client library against a real server in this process, which is
// stopped and started under them.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <thread>

#include "base/strings.h"
#include "cli/test_server.h"
#include "client/live.h"
#include "client/sql.h"
#include "server/restore.h"

namespace blasty::cli {
namespace {

using client::IntegerValue;
using client::MakeStatement;

class LiveServerTest : public ServerFixture {};

// What a subscriber makes of the events: the result, and whether they fit it.
struct Follower {
    std::map<int64_t, int64_t> rows;
    uint64_t last_sequence = 0;
    size_t resets = 0;
    std::string wrong;

    void Take(const client::LiveBatch& batch) {
        for (const v1::Event& event : batch.events) {
            if (event.sequence() < last_sequence) wrong = "back in time";
            last_sequence = std::max(last_sequence, event.sequence());
            if (event.kind() == v1::Event::ERROR) wrong = event.reason() + event.message();
            if (event.kind() == v1::Event::RESET) {
                ++resets;
                rows.clear();
                continue;
            }
            if (event.key().values_size() == 0) continue;
            const int64_t id = event.key().values(0).integer();
            const bool there = rows.contains(id);
            const bool enters = event.kind() == v1::Event::ROW || event.kind() == v1::Event::ENTER;
            if (enters == there) wrong = StrCat("event does not fit row ", id);
            if (event.kind() == v1::Event::LEAVE) {
                rows.erase(id);
            } else {
                rows[id] = event.row().values(1).integer();
            }
        }
    }
};

TEST_F(LiveServerTest, RestartsLoseAndRepeatNothing) {
    Start();
    client::Sql sql(*client_);
    ASSERT_TRUE(
        sql.Execute(MakeStatement("CREATE TABLE n(id INTEGER PRIMARY KEY, v INTEGER)")).ok());
    client::LiveClient live(*client_);
    v1::Subscribe request;
    request.mutable_query()->set_sql("SELECT id, v FROM n WHERE v % 3 <> 0");
    live.Subscribe(request);
    std::map<int64_t, int64_t> expected;
    std::jthread writer([&](const std::stop_token& stop) {
        for (int64_t i = 0; !stop.stop_requested(); ++i) {
            const int64_t id = i % 50;
            v1::QueryRequest write;
            *write.mutable_statement() =
                i % 7 == 6 ? MakeStatement("DELETE FROM n WHERE id = ?1", IntegerValue(id))
                           : MakeStatement(
                                 "INSERT INTO n VALUES(?1, ?2) ON CONFLICT(id) DO "
                                 "UPDATE SET v = excluded.v",
                                 IntegerValue(id), IntegerValue(i));
            write.set_id(StrCat("write ", i));
            const auto done = sql.Execute(write);
            if (!done.ok()) {
                ADD_FAILURE() << done.status();
                return;
            }
            if (i % 7 == 6) {
                expected.erase(id);
            } else if (i % 3 != 0) {
                expected[id] = i;
            } else {
                expected.erase(id);
            }
        }
    });
    Follower follower;
    client::LiveBatch batch;
    uint64_t until = 0;
    for (int restart = 0; restart < 4; ++restart) {
        for (int i = 0; i < 60; ++i) {
            const auto next = live.Next(&batch, kLongUs);
            ASSERT_TRUE(next.ok()) << next.status();
            ASSERT_EQ(*next, client::NextResult::kBatch);
            follower.Take(batch);
        }
        if (restart < 3) Restart();
    }
    writer.request_stop();
    writer.join();
    // A last row that matches, so that it is known when everything was delivered.
    const auto final_write = sql.Execute(MakeStatement("INSERT INTO n VALUES(1000, 1)"));
    ASSERT_TRUE(final_write.ok()) << final_write.status();
    until = final_write->summary().sequence();
    expected[1000] = 1;
    while (follower.last_sequence < until) {
        const auto next = live.Next(&batch, kLongUs);
        ASSERT_TRUE(next.ok()) << next.status();
        ASSERT_EQ(*next, client::NextResult::kBatch);
        follower.Take(batch);
    }
    EXPECT_EQ(follower.wrong, "");
    EXPECT_EQ(follower.resets, 0u);
    EXPECT_EQ(follower.rows, expected);
}

TEST_F(LiveServerTest, BackupAndRestore) {
    Start();
    client::Sql sql(*client_);
    ASSERT_TRUE(
        sql.Execute(MakeStatement("CREATE TABLE n(id INTEGER PRIMARY KEY, v INTEGER)")).ok());
    ASSERT_TRUE(sql.Execute(MakeStatement("INSERT INTO n VALUES(1, 10), (2, 20)")).ok());
    const std::string path = folder_ + "/archive";
    std::ofstream file(path, std::ios::binary);
    const auto sequence = sql.Backup([&](std::string_view bytes, uint64_t) {
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return OkStatus();
    });
    file.close();
    ASSERT_TRUE(sequence.ok()) << sequence.status();
    ASSERT_TRUE(server::VerifyArchive(path).ok());
    const auto restored = server::RestoreDatabase(path, folder_ + "/copy", nullptr);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->sequence, *sequence);
    EXPECT_EQ(ReasonOf(server::RestoreDatabase(path, folder_ + "/copy", nullptr).status()),
              "DIRECTORY_NOT_EMPTY");
    Stop();
    options_.data = folder_ + "/copy";
    Start();
    const auto rows = sql.Execute(MakeStatement("SELECT sum(v) FROM n"));
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(rows->rows(0).values(0).integer(), 30);
}

}  // namespace
}  // namespace blasty::cli
