// Live searches of the client library against a real server in this process, which is stopped and
// started under them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "cli/test_server.h"
#include "client/live.h"
#include "client/search.h"
#include "client/sql.h"

namespace blasty::cli {
namespace {

using client::IntegerValue;
using client::MakeStatement;

class LiveSearchServerTest : public ServerFixture {};

// What a subscriber makes of the events: the list, its rows, the counts; and whether they fit.
struct Follower {
    std::vector<int64_t> list;
    std::map<int64_t, int64_t> rows;
    uint64_t total = 0, last_sequence = 0;
    size_t resets = 0;
    std::string wrong;

    void Take(const client::LiveBatch& batch) {
        for (const v1::Event& event : batch.events) Take(event);
    }
    void Take(const v1::Event& event) {
        if (event.sequence() < last_sequence) wrong = "back in time";
        last_sequence = std::max(last_sequence, event.sequence());
        if (event.kind() == v1::Event::ERROR) wrong = event.reason() + event.message();
        if (event.kind() == v1::Event::COUNTS) total = event.total();
        if (event.kind() == v1::Event::RESET) {
            ++resets;
            list.clear();
            rows.clear();
            last_sequence = 0;
        }
        if (event.key().values_size() == 0) return;
        const int64_t id = event.key().values(0).integer();
        const auto at = std::find(list.begin(), list.end(), id);
        const bool enters = event.kind() == v1::Event::ROW || event.kind() == v1::Event::ENTER;
        if (enters != (at == list.end())) wrong = StrCat("event does not fit row ", id);
        if (at != list.end()) list.erase(at);
        rows.erase(id);
        if (event.kind() == v1::Event::LEAVE) return;
        const size_t place = event.has_position() ? event.position() : list.size();
        if (place > list.size()) wrong = StrCat("no such place: ", place);
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(std::min(place, list.size())), id);
        rows[id] = event.row().values(0).integer();
    }
};

v1::Subscribe Following(bool all_matches) {
    v1::Subscribe request;
    v1::SearchRequest& search = *request.mutable_search();
    search.set_index("words");
    search.set_text("red");
    search.set_timeout_us(60'000'000);
    search.add_fields("v");
    request.set_all_matches(all_matches);
    if (all_matches) return request;
    search.set_size(5);
    for (const char* key : {"-v", "_id"}) search.add_sort(key);
    return request;
}

// One write after another, each of them once, whatever happens to the server.
void WriteMany(client::Sql& sql, Random random, const std::stop_token& stop) {
    for (int64_t i = 0; !stop.stop_requested(); ++i) {
        const auto id = static_cast<int64_t>(random.Below(40));
        v1::QueryRequest write;
        *write.mutable_statement() =
            random.Below(5) == 0
                ? MakeStatement("DELETE FROM n WHERE id = ?1", IntegerValue(id))
                : MakeStatement(
                      StrCat("INSERT INTO n VALUES(?1, ?2, '",
                             random.Below(3) == 0 ? "blue" : "a red thing",
                             "') ON CONFLICT(id) DO UPDATE SET v = excluded.v, t = excluded.t"),
                      IntegerValue(id), IntegerValue(i));
        write.set_id(StrCat("write ", i));
        const auto done = sql.Execute(write);
        if (!done.ok()) {
            ADD_FAILURE() << done.status();
            return;
        }
    }
}

TEST_F(LiveSearchServerTest, RestartsLoseAndRepeatNothing) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Start();
    client::Sql sql(*client_);
    for (const char* statement :
         {"CREATE TABLE n(id INTEGER PRIMARY KEY, v INTEGER, t TEXT)",
          "CREATE VIRTUAL TABLE words USING search(n, t TEXT, v NUMERIC)"}) {
        const auto made = sql.Execute(MakeStatement(statement));
        ASSERT_TRUE(made.ok()) << made.status();
    }
    client::LiveClient live(*client_);
    const uint64_t best = live.Subscribe(Following(false));
    const uint64_t all = live.Subscribe(Following(true));
    std::map<uint64_t, Follower> followers;
    client::LiveBatch batch;
    const auto take = [&]() -> bool {
        const auto next = live.Next(&batch, kLongUs);
        EXPECT_TRUE(next.ok()) << next.status();
        if (!next.ok() || *next != client::NextResult::kBatch) return false;
        followers[batch.subscription].Take(batch);
        return true;
    };
    std::jthread writer(
        [&sql, seed](const std::stop_token& stop) { WriteMany(sql, Random(seed), stop); });
    for (int restart = 0; restart < 4; ++restart) {
        for (int i = 0; i < 60; ++i) ASSERT_TRUE(take());
        if (restart < 3) Restart();
    }
    writer.request_stop();
    writer.join();
    // A last row that is the best, so that it is known when everything was delivered.
    const auto last = sql.Execute(MakeStatement("INSERT INTO n VALUES(1000, 1000000, 'red')"));
    ASSERT_TRUE(last.ok()) << last.status();
    const uint64_t until = last->summary().sequence();
    while (followers[best].last_sequence < until || followers[all].last_sequence < until)
        ASSERT_TRUE(take());

    v1::SearchRequest search = Following(false).search();
    search.set_fresh(until);
    const auto found = client::Search(*client_).Find(search);
    ASSERT_TRUE(found.ok()) << found.status();
    // The counts of a commit come behind its rows.
    while (followers[best].total != found->total() || followers[all].total != found->total())
        ASSERT_TRUE(take());
    std::vector<int64_t> wanted;
    for (const v1::SearchHit& hit : found->hits()) wanted.push_back(hit.key().values(0).integer());
    EXPECT_EQ(followers[best].list, wanted);
    std::map<int64_t, int64_t> rows;
    const auto selected = sql.Execute(MakeStatement("SELECT id, v FROM n WHERE t LIKE '%red%'"));
    ASSERT_TRUE(selected.ok()) << selected.status();
    for (const v1::Row& row : selected->rows())
        rows[row.values(0).integer()] = row.values(1).integer();
    EXPECT_EQ(followers[all].rows, rows);
    EXPECT_EQ(found->total(), rows.size());
    // The best hits may begin anew, all matches go on from the log.
    EXPECT_EQ(followers[all].resets, 0u);
    for (const auto& [id, follower] : followers) {
        EXPECT_EQ(follower.wrong, "") << id;
    }
}

}  // namespace
}  // namespace blasty::cli
