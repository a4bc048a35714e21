// Random commits and random live searches: what clients know after each commit is what a search
// finds then. Clients go away and come back with their tokens, in the middle of commits too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "search/internal/test_live_searches.h"

namespace blasty::search {
namespace {

using internal::Followed;
using internal::TestClient;
using internal::TestDatabase;

class Walk {
  public:
    explicit Walk(uint32_t seed) : random_(seed) {
        options_.progress_us = 500;
        db_ = std::make_unique<TestDatabase>(options_);
        db_->Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
        db_->Must("CREATE VIRTUAL TABLE s USING search(t, body TEXT, tag FACET, n NUMERIC)");
        client_ = std::make_unique<TestClient>(*db_);
    }

    void Run(int steps) {
        Commit();
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            if (requests_.size() < 12 && Below(2) == 0) Subscribe();
            if (Below(6) == 0) Away();
            if (Below(60) == 0) Restart();
            if (Below(25) == 0) db_->searches().Rebuild("s").IgnoreError();
            const Sequence at = Commit();
            for (const auto& [id, request] : requests_) {
                if (away_.contains(id)) continue;
                ASSERT_NO_FATAL_FAILURE(Check(id, at)) << "step " << step;
            }
            if (Below(4) == 0) Back();
        }
    }

  private:
    uint32_t Below(uint32_t n) { return random_() % n; }
    std::string Word() { return StrCat("w", Below(7)); }

    std::string Query() {
        switch (Below(9)) {
            case 0:
                return "";
            case 1:
                return StrCat("+", Word(), " -", Word());
            case 2:
                return StrCat("\"", Word(), " ", Word(), "\"");
            case 3:
                return StrCat("tag:g", Below(4));
            case 4:
                return StrCat("n:>", Below(60));
            case 5:
                return StrCat("+", Word(), " +", Word());
            case 6:
                return StrCat(Word(), "*");
            default:
                return StrCat(Word(), " ", Word());
        }
    }

    void Subscribe() {
        LiveRequest request;
        request.search.index = "s";
        request.search.query = Query();
        request.all_matches = Below(2) == 0;
        request.search.size = Below(6);
        if (!request.all_matches && Below(2) == 0) request.search.sort = {"-n", "_id"};
        if (Below(3) != 0) request.search.fields = {"id", "body", "n"};
        if (Below(3) == 0) {
            request.search.facets = {{.name = "tags", .field = "tag"}};
            if (Below(3) == 0) request.search.facets[0].chosen = {StrCat("g", Below(4))};
        }
        if (Below(4) == 0) request.search.marks = Marks::kHtml;
        request.old_values = Below(4) == 0;
        request.progress = true;
        if (Below(5) == 0) request.coalesce_us = 200 + Below(2000);
        const uint64_t id = next_id_++;
        requests_[id] = request;
        client_->Subscribe(id, request);
        if (Below(2) == 0) return;
        ASSERT_TRUE(client_->UntilReady(id)) << (*client_)[id].error;
    }

    std::string Change() {
        const auto id = Below(40);
        switch (Below(6)) {
            case 0:
                return StrCat("DELETE FROM t WHERE id % 7 = ", Below(7), " AND id > ", id);
            case 1:
                return StrCat("UPDATE t SET body = '", Word(), " ", Word(), "', n = ", Below(100),
                              " WHERE id >= ", id, " AND id < ", id + 4);
            case 2:
                return StrCat("UPDATE OR IGNORE t SET id = ", Below(40), " WHERE id = ", id);
            case 3:
                return StrCat("UPDATE t SET n = n + 1 WHERE id = ", id);
            default:
                return StrCat("INSERT OR REPLACE INTO t VALUES(", id, ", '", Word(), " ", Word(),
                              " ", Word(), "', 'g", Below(4), "', ", Below(100), ")");
        }
    }

    Sequence Commit() {
        std::vector<std::string> statements;
        for (uint32_t i = 0; i <= Below(4); ++i) statements.push_back(Change());
        const Sequence at = db_->MustAll(statements);
        return at;
    }

    // The client of one search has gone, perhaps in the middle of a commit.
    void Away() {
        if (requests_.empty()) return;
        auto it = requests_.begin();
        std::advance(it, Below(static_cast<uint32_t>(requests_.size())));
        const uint64_t id = it->first;
        if (away_.contains(id)) return;
        Followed& followed = (*client_)[id];
        if (!followed.ready) return;
        if (Below(2) == 0) {
            followed.stop_after = followed.events + 1 + Below(3);
            const Sequence at = Commit();
            client_->Until([&] { return followed.at >= at || followed.Stopped(); });
        }
        away_[id] = followed;
        away_[id].stop_after = UINT64_MAX;
        if (Below(20) == 0) away_.erase(id);
        const bool forever = !away_.contains(id);
        client_->Unsubscribe(id);
        if (forever) requests_.erase(id);
    }

    void Back() {
        for (auto& [id, followed] : away_) {
            LiveRequest request = requests_[id];
            request.resume = followed.token;
            request.search.fresh = Sequence();
            client_->Resume(id, request, followed);
        }
        away_.clear();
    }

    void Restart() {
        for (const auto& [id, request] : requests_) {
            if (away_.contains(id)) continue;
            away_[id] = (*client_)[id];
            if (!away_[id].ready) away_[id] = Fresh(id);
        }
        client_.reset();
        db_->Shut();
        db_->Open();
        client_ = std::make_unique<TestClient>(*db_);
        if (Below(2) == 0) Commit();
        Back();
    }
    Followed Fresh(uint64_t id) {
        Followed followed;
        followed.best = !requests_[id].all_matches;
        return followed;
    }

    void Check(uint64_t id, Sequence at) {
        const LiveRequest& request = requests_[id];
        Followed& followed = (*client_)[id];
        ASSERT_TRUE(client_->Until([&] {
            return !followed.error.empty() || (followed.ready && followed.at >= at);
        })) << id
            << " stands at " << followed.at << ", not at " << at << ", query "
            << request.search.query;
        ASSERT_EQ(followed.error, "") << request.search.query;
        // An index that was built again a moment ago is told of a moment later.
        std::string difference;
        EXPECT_TRUE(client_->Until([&] {
            difference = followed.ready ? Difference(request, followed, at) : "not ready";
            return difference.empty();
        })) << id
            << " at " << at << " " << request.search.query << ": " << difference;
    }

    // Between what the client knows and what a search finds.
    std::string Difference(const LiveRequest& request, const Followed& followed, Sequence at) {
        Request search = request.search;
        search.fresh = at;
        search.marks = Marks::kNone;
        if (request.all_matches) search.size = 1000;
        const auto expected = db_->searches().Search(search);
        if (!expected.ok()) return expected.status().ToString();
        if (expected->sequence != at) return "another sequence";
        if (followed.total != expected->total)
            return StrCat("total ", followed.total, ", not ", expected->total);
        std::vector<std::pair<std::string, std::string>> rows;
        for (const ResultHit& hit : expected->hits) {
            tables::Row row;
            for (const auto& [name, value] : hit.fields) row.push_back(value);
            rows.emplace_back(tables::EncodeRow(hit.key), tables::EncodeRow(row));
        }
        auto known = followed.rows;
        if (known.size() != rows.size()) return "another number of rows";
        if (request.all_matches) {
            std::sort(rows.begin(), rows.end());
            std::sort(known.begin(), known.end());
        }
        // Scores drift with other rows, unnoticed until a match changes.
        const bool drifts = !request.all_matches && request.search.sort.empty();
        if ((!drifts || followed.Told(at)) && known != rows) {
            return StrCat(testing::PrintToString(known), ", not ", testing::PrintToString(rows),
                          ", resets ", followed.resets.size());
        }
        if (followed.facets.size() != expected->facets.size()) return "another number of facets";
        for (size_t i = 0; i < followed.facets.size(); ++i) {
            const auto counts = [](const index::FacetResult& facet) {
                std::vector<std::pair<std::string, uint64_t>> counted;
                for (const auto& bucket : facet.buckets)
                    counted.emplace_back(bucket.name, bucket.count);
                return counted;
            };
            const auto have = counts(followed.facets[i]);
            const auto want = counts(expected->facets[i]);
            if (have != want) {
                return StrCat(request.all_matches ? "all " : "best ", testing::PrintToString(have),
                              ", not ", testing::PrintToString(want));
            }
        }
        return "";
    }

    std::mt19937 random_;
    LiveSearchesOptions options_;
    std::unique_ptr<TestDatabase> db_;
    std::unique_ptr<TestClient> client_;
    std::map<uint64_t, LiveRequest> requests_;
    std::map<uint64_t, Followed> away_;
    uint64_t next_id_ = 1;
};

TEST(LiveSearchesRandomTest, KnowsWhatASearchFinds) {
    const char* const given = std::getenv("BLASTY_SEED");
    const char* const rounds = std::getenv("BLASTY_ROUNDS");
    const auto first = static_cast<uint32_t>(given != nullptr ? std::atoi(given) : 1);
    const auto count = static_cast<uint32_t>(rounds != nullptr ? std::atoi(rounds) : 6);
    for (uint32_t seed = first; seed < first + count; ++seed) {
        SCOPED_TRACE(StrCat("seed ", seed));
        Walk walk(seed);
        walk.Run(60);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::search
