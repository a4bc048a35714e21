// Kills the real server under writes, again and again, while live queries follow through one client
// that resumes by itself. Checks: every acknowledged transaction happened, whole and once; no other
// happened in part; every subscriber's result, kept by its events alone, equals a fresh SELECT, and
// no event ever broke the contract.
//
//   live_kill_loop --blasty PROGRAM [--seconds N] [--seed N]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "client/client.h"
#include "client/live.h"
#include "client/sql.h"
#include "tests/crash/kill_cycle.h"
#include "tests/crash/server_process.h"

namespace blasty::crash {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kWorkers = 3;
constexpr int64_t kRowsPerWorker = 40;

const std::vector<std::string>& Queries() {
    static const std::vector<std::string> queries = {
        "SELECT * FROM ledger",
        "SELECT id, state FROM ledger WHERE state = 'open' AND n > 3",
        "SELECT id FROM ledger WHERE state IN ('open', 'paid') OR n % 7 = 0",
        "SELECT state, count(*), sum(n) FROM ledger GROUP BY state",
        "SELECT count(*) FROM ledger",
        "SELECT * FROM ledger ORDER BY n DESC, id LIMIT 5",
        "SELECT a.id, b.label FROM ledger a JOIN labels b ON a.state = b.state WHERE a.worker = 1",
        "SELECT DISTINCT state FROM ledger WHERE worker > 0",
    };
    return queries;
}

class Violations {
  public:
    void Add(const std::string& what) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (seen_.insert(what).second && seen_.size() <= 20)
            std::printf("violation: %s\n", what.c_str());
    }
    bool none() {
        std::lock_guard<std::mutex> lock(mutex_);
        return seen_.empty();
    }

  private:
    std::mutex mutex_;
    std::set<std::string> seen_;
};

// Keeps the result of one query by its events.
class Follower {
  public:
    Follower(std::string query, Violations& violations)
        : query_(std::move(query)), violations_(violations) {}

    void Begin(client::LiveClient& live) {
        v1::Subscribe subscribe;
        subscribe.mutable_query()->set_sql(query_);
        live.Subscribe(subscribe, [this](client::LiveBatch& batch) {
            for (const v1::Event& event : batch.events) Take(event);
        });
    }
    const std::string& query() const { return query_; }
    std::multiset<std::string> Rows() {
        std::lock_guard<std::mutex> lock(mutex_);
        std::multiset<std::string> rows;
        for (const auto& [key, row] : rows_) rows.insert(row);
        return rows;
    }
    uint64_t events() {
        std::lock_guard<std::mutex> lock(mutex_);
        return events_;
    }

  private:
    void Wrong(const std::string& what, const v1::Event& event) {
        violations_.Add(StrCat(query_, ": ", what, " at ", event.sequence()));
    }
    void Take(const v1::Event& event) {
        std::lock_guard<std::mutex> lock(mutex_);
        ++events_;
        const std::string key = event.key().SerializeAsString();
        const std::string row = event.row().SerializeAsString();
        if (event.sequence() < at_ && event.kind() != v1::Event::RESET) Wrong("goes back", event);
        auto held = rows_.find(key);
        switch (event.kind()) {
            case v1::Event::ROW:
            case v1::Event::ENTER:
                if (held != rows_.end()) Wrong("a row comes that is there", event);
                rows_[key] = row;
                break;
            case v1::Event::CHANGE:
                if (held == rows_.end()) Wrong("a row changes that is not there", event);
                rows_[key] = row;
                break;
            case v1::Event::LEAVE:
                if (held == rows_.end()) Wrong("a row leaves that is not there", event);
                rows_.erase(key);
                break;
            case v1::Event::RESET:
                if (event.reason() != "SNAPSHOT_RESTARTED")
                    Wrong(StrCat("reset: ", event.reason()), event);
                rows_.clear();
                break;
            case v1::Event::ERROR:
                Wrong(StrCat("ended: ", event.message()), event);
                break;
            default:
                break;
        }
        at_ = std::max(at_, event.sequence());
    }

    const std::string query_;
    Violations& violations_;
    std::mutex mutex_;
    std::map<std::string, std::string> rows_;
    uint64_t at_ = 0, events_ = 0;
};

struct Shared {
    std::string address;
    std::atomic<bool> writing{true};
    std::atomic<uint64_t> acknowledged{0}, duplicates{0};
    Violations violations;
};

// What a worker knows of its rows: state and number by id.
using Model = std::map<int64_t, std::pair<std::string, int64_t>>;

void AddRandomStatement(Random& random, int worker, Model& model, v1::TransactionRequest& request) {
    static const char* const kStates[] = {"open", "paid", "sent"};
    const int64_t id = worker * 1000 + static_cast<int64_t>(random.Below(kRowsPerWorker));
    const std::string state = kStates[random.Below(3)];
    auto held = model.find(id);
    if (held == model.end()) {
        *request.add_statements() = client::MakeStatement(
            "INSERT INTO ledger VALUES (?1, ?2, ?3, 0)", client::IntegerValue(id),
            client::IntegerValue(worker), client::TextValue(state));
        model[id] = {state, 0};
    } else if (random.Chance(1, 4)) {
        *request.add_statements() =
            client::MakeStatement("DELETE FROM ledger WHERE id = ?1", client::IntegerValue(id));
        model.erase(held);
    } else {
        *request.add_statements() =
            client::MakeStatement("UPDATE ledger SET n = n + 1, state = ?2 WHERE id = ?1",
                                  client::IntegerValue(id), client::TextValue(state));
        held->second = {state, held->second.second + 1};
    }
}

void Work(Shared& shared, int worker, uint64_t seed, Model* model) {
    Random random(seed);
    client::Client client({.server = shared.address, .call_timeout_us = 60'000'000});
    client::Sql sql(client);
    for (uint64_t number = 1; shared.writing; ++number) {
        v1::TransactionRequest request;
        request.set_id(StrCat("worker-", worker, "-", number));
        Model after = *model;
        for (uint64_t i = 0, n = 1 + random.Below(5); i < n; ++i) {
            AddRandomStatement(random, worker, after, request);
        }
        const auto done = sql.Transaction(request);
        if (!done.ok()) {
            shared.violations.Add(StrCat("worker ", worker, ": ", done.status().ToString()));
            return;
        }
        if (done->duplicate()) shared.duplicates.fetch_add(1);
        shared.acknowledged.fetch_add(1);
        *model = std::move(after);
    }
}

std::multiset<std::string> Select(client::Sql& sql, const std::string& query) {
    v1::QueryRequest request;
    request.mutable_statement()->set_sql(query);
    std::multiset<std::string> rows;
    const auto summary = sql.Query(request, [&rows](v1::QueryResponse& response) {
        for (const v1::Row& row : response.rows()) rows.insert(row.SerializeAsString());
        return true;
    });
    if (!summary.ok()) std::printf("%s: %s\n", query.c_str(), summary.status().ToString().c_str());
    return rows;
}

void CheckModels(client::Sql& sql, const std::vector<Model>& models, Violations& violations) {
    v1::QueryRequest request;
    request.mutable_statement()->set_sql("SELECT id, worker, state, n FROM ledger");
    std::vector<Model> found(models.size());
    const auto summary = sql.Query(request, [&found](v1::QueryResponse& response) {
        for (const v1::Row& row : response.rows()) {
            found[static_cast<size_t>(row.values(1).integer())][row.values(0).integer()] = {
                row.values(2).text(), row.values(3).integer()};
        }
        return true;
    });
    if (!summary.ok()) violations.Add(summary.status().ToString());
    for (size_t worker = 0; worker < models.size(); ++worker) {
        if (found[worker] != models[worker]) {
            violations.Add(StrCat("the rows of worker ", worker, " are not what was acknowledged"));
        }
    }
}

// Waits until a follower's result is the fresh one, a minute at most.
void CheckFollower(client::Sql& sql, Follower& follower, Violations& violations) {
    const std::multiset<std::string> fresh = Select(sql, follower.query());
    const auto until = SteadyClock::now() + seconds(60);
    while (follower.Rows() != fresh && SteadyClock::now() < until) {
        std::this_thread::sleep_for(milliseconds(20));
    }
    if (follower.Rows() != fresh) {
        violations.Add(StrCat(follower.query(), ": holds ", follower.Rows().size(),
                              " rows, a SELECT gives ", fresh.size()));
    }
}

bool MakeTables(client::Sql& sql) {
    v1::TransactionRequest request;
    request.add_statements()->set_sql(
        "CREATE TABLE ledger (id INTEGER PRIMARY KEY, worker INTEGER, state TEXT, n INTEGER)");
    request.add_statements()->set_sql("CREATE TABLE labels (state TEXT PRIMARY KEY, label TEXT)");
    auto made = sql.Transaction(request);
    v1::TransactionRequest fill;
    fill.add_statements()->set_sql("INSERT INTO labels VALUES ('open', 'Open'), ('paid', 'Paid')");
    auto filled = sql.Transaction(fill);
    if (!made.ok()) std::printf("making tables: %s\n", made.status().ToString().c_str());
    if (!filled.ok()) std::printf("filling tables: %s\n", filled.status().ToString().c_str());
    return made.ok() && filled.ok();
}

int Run(const Arguments& arguments) {
    Random random(arguments.seed);
    ServerProcess server(arguments.binary, arguments.directory);
    if (!server.Start()) return 1;
    Shared shared;
    shared.address = server.address();
    client::Client client({.server = shared.address});
    client::Sql sql(client);
    if (!MakeTables(sql)) return 1;
    client::LiveClient live(client);
    std::vector<std::unique_ptr<Follower>> followers;
    for (const std::string& query : Queries()) {
        followers.push_back(std::make_unique<Follower>(query, shared.violations));
        followers.back()->Begin(live);
    }
    std::vector<Model> models(kWorkers);
    std::vector<std::thread> workers;
    for (int i = 0; i < kWorkers; ++i) {
        workers.emplace_back(Work, std::ref(shared), i, arguments.seed + static_cast<uint64_t>(i),
                             &models[static_cast<size_t>(i)]);
    }
    const int kills = KillAgainAndAgain(server, random, arguments.seconds);
    shared.writing = false;
    for (std::thread& thread : workers) thread.join();
    CheckModels(sql, models, shared.violations);
    uint64_t events = 0;
    for (auto& follower : followers) {
        CheckFollower(sql, *follower, shared.violations);
        events += follower->events();
    }
    if (!live.status().ok()) shared.violations.Add(live.status().ToString());
    const int code = server.Terminate();
    std::printf(
        "%d kills, %llu transactions acknowledged (%llu found done when asked again), %llu events, "
        "clean stop exit code %d\n",
        kills, static_cast<unsigned long long>(shared.acknowledged.load()),
        static_cast<unsigned long long>(shared.duplicates.load()),
        static_cast<unsigned long long>(events), code);
    const bool good =
        shared.violations.none() && code == 0 && kills > 0 && events > 0 && shared.acknowledged > 0;
    return Finish(arguments, good);
}

}  // namespace
}  // namespace blasty::crash

int main(int argc, char** argv) {
    return blasty::crash::Run(blasty::crash::ReadArguments(argc, argv, "live-kill-loop"));
}
