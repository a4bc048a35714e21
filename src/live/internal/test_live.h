// What the tests of live queries share: a database in memory, and a client that keeps the results
// of its subscriptions and holds every event against the contract.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "exec/sim_executor.h"
#include "io/memory_file_system.h"
#include "live/live.h"
#include "log/log.h"
#include "tables/tables.h"

namespace blasty::live {

inline std::string Shown(const tables::Value& value) {
    if (const auto* integer = std::get_if<int64_t>(&value)) return StrCat(*integer);
    if (const auto* real = std::get_if<double>(&value)) return std::to_string(*real);
    if (const auto* text = std::get_if<tables::Text>(&value)) return text->bytes;
    if (const auto* blob = std::get_if<tables::Blob>(&value)) return "x" + Printable(blob->bytes);
    return "NULL";
}

inline std::string ShownRow(std::string_view encoded) {
    const auto row = tables::DecodeRow(encoded);
    if (!row.ok()) return "DAMAGED";
    std::string out;
    for (size_t i = 0; i < row->size(); ++i) StrAppend(out, i == 0 ? "" : ",", Shown((*row)[i]));
    return out;
}

inline tables::Value T(std::string_view text) { return tables::Text{std::string(text)}; }

// Joined with '|'.
inline std::string Join(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) StrAppend(out, out.empty() ? "" : "|", line);
    return out;
}

// The rows of a SELECT, encoded and sorted, and the sequence they stand at.
struct Answer {
    std::vector<std::string> rows;
    Sequence sequence;
    Status status;
};
inline Answer AskTables(tables::Tables& tables, const tables::Statement& statement) {
    Answer answer;
    tables::ReadRequest request;
    request.statement = statement;
    auto query = tables.Read(request);
    answer.status = query.status();
    if (!query.ok()) return answer;
    answer.sequence = (*query)->sequence();
    for (bool more = true; more;) {
        const auto next = (*query)->Next(1000, 1 << 20, &answer.rows);
        answer.status = next.status();
        more = next.ok() && *next;
    }
    std::sort(answer.rows.begin(), answer.rows.end());
    return answer;
}

// A database without threads: everything happens in Must, Run and Step.
class TestLive {
  public:
    explicit TestLive(const LiveOptions& options = {}) : options_(options) {
        options_.manual = true;
        Open();
    }
    ~TestLive() { Shut(); }
    TestLive(const TestLive&) = delete;
    TestLive& operator=(const TestLive&) = delete;

    void Open() {
        log::LogOptions log_options;
        log_options.segment_bytes = 1 << 20;
        log_options.manual_commit = true;
        log_options.salt_seed = 42;
        auto log = log::Log::Open(fs_, "db/log", log_options, clock_, nullptr);
        ASSERT_TRUE(log.ok()) << log.status();
        log_ = *std::move(log);
        tables::TablesOptions tables_options;
        tables_options.directory = "db";
        tables_options.manual = true;
        auto tables = tables::Tables::Open(fs_, tables_options, *log_, executor_, clock_);
        ASSERT_TRUE(tables.ok()) << tables.status();
        tables_ = *std::move(tables);
        auto live = Live::Open(*tables_, *log_, executor_, clock_, options_);
        ASSERT_TRUE(live.ok()) << live.status();
        live_ = *std::move(live);
    }
    void Shut() {
        live_.reset();
        tables_.reset();
        log_.reset();
    }

    tables::Tables& tables() { return *tables_; }
    log::Log& log() { return *log_; }
    Live& live() { return *live_; }
    ManualClock& clock() { return clock_; }

    Status Try(std::string_view sql, tables::Row parameters = {}) {
        tables::WriteRequest request;
        request.statements.push_back({std::string(sql), std::move(parameters), {}});
        return tables_->ExecuteAndWait(std::move(request)).status();
    }
    // Commits, and follows.
    void Must(std::string_view sql, tables::Row parameters = {}) {
        const Status status = Try(sql, std::move(parameters));
        ASSERT_TRUE(status.ok()) << sql << ": " << status;
    }

  private:
    LiveOptions options_;
    io::MemoryFileSystem fs_;
    ManualClock clock_;
    exec::SimExecutor executor_{1};
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<tables::Tables> tables_;
    std::unique_ptr<Live> live_;
};

// What a client knows of one subscription. Every event is held against the contract.
struct Followed {
    tables::Statement query;
    std::map<std::string, std::string> rows;  // by key
    std::vector<std::string> trace;           // since TakeTrace: "enter 1,ged"
    bool ready = false;
    bool in_snapshot = false;
    Sequence sequence;
    std::string token;
    std::string error, error_message;
    std::vector<std::string> resets;
    size_t batches = 0;
    uint32_t merged = 0;
    std::vector<std::string> columns;

    void Apply(const EventBatch& batch, size_t skip) {
        ++batches;
        ASSERT_FALSE(batch.events.empty());
        if (batch.columns) columns = batch.columns->names;
        if (!batch.snapshot) {
            EXPECT_TRUE(ready) << "events before ready";
            EXPECT_LT(batch.base, batch.sequence.value() == 0 ? Sequence(1) : Next(batch.sequence));
            const bool nothing_new = batch.events[0].kind == EventKind::kProgress;
            EXPECT_GE(batch.sequence, nothing_new ? sequence : Next(sequence))
                << "not in order: " << query.sql;
            // Nothing may be between: what this batch begins with is what we have.
            EXPECT_LE(skip == 0 ? batch.base : Sequence(), batch.sequence);
        }
        for (size_t i = skip; i < batch.events.size(); ++i) {
            ApplyEvent(batch.events[i]);
            if (const std::string after = TokenAfter(batch, i); !after.empty()) token = after;
        }
        if (error.empty() && (!batch.snapshot || ready)) sequence = batch.sequence;
    }
    void ApplyEvent(const Event& event) {
        const std::string key = ShownRow(event.key);
        switch (event.kind) {
            case EventKind::kRow:
                EXPECT_FALSE(ready) << "a snapshot row after ready";
                EXPECT_TRUE(rows.emplace(event.key, event.row).second) << "twice: " << key;
                trace.push_back("row " + ShownRow(event.row));
                break;
            case EventKind::kReady:
                EXPECT_FALSE(ready);
                ready = true;
                trace.emplace_back("ready");
                break;
            case EventKind::kEnter:
                EXPECT_TRUE(rows.emplace(event.key, event.row).second)
                    << "enters twice: " << key << " in " << query.sql;
                trace.push_back("enter " + ShownRow(event.row));
                break;
            case EventKind::kChange:
                EXPECT_EQ(rows.count(event.key), 1u)
                    << "changes, but is not there: " << key << " in " << query.sql;
                rows[event.key] = event.row;
                trace.push_back((event.old_row.empty()
                                     ? "change "
                                     : "change " + ShownRow(event.old_row) + " to ") +
                                ShownRow(event.row));
                break;
            case EventKind::kLeave:
                EXPECT_EQ(rows.erase(event.key), 1u)
                    << "leaves, but is not there: " << key << " in " << query.sql;
                trace.push_back(
                    "leave " + (event.old_row.empty() ? "[" + key + "]" : ShownRow(event.old_row)));
                break;
            case EventKind::kProgress:
                trace.emplace_back("progress");
                break;
            case EventKind::kReset:
                resets.push_back(event.reason);
                rows.clear();
                ready = false;
                sequence = Sequence();
                trace.push_back("reset " + event.reason);
                break;
            case EventKind::kError:
                error = event.reason;
                error_message = event.message;
                trace.push_back("error " + event.reason);
                break;
            case EventKind::kCounts:
                ADD_FAILURE() << "counts are of searches";
                break;
        }
        merged += event.merged;
    }
    std::vector<std::string> Rows() const {
        std::vector<std::string> out;
        for (const auto& [key, row] : rows) out.push_back(row);
        std::sort(out.begin(), out.end());
        return out;
    }
    std::string TakeTrace() { return Join(std::exchange(trace, {})); }
};

// Settings of a subscription, one by one: Options().Progress().
struct Options : SubscribeOptions {
    Options&& OldValues() { return old_values = true, std::move(*this); }
    Options&& Progress() { return progress = true, std::move(*this); }
    Options&& AtLeast(uint64_t sequence) { return at_least = Sequence(sequence), std::move(*this); }
    Options&& RowsMax(uint64_t rows) { return rows_max = rows, std::move(*this); }
    Options&& Buffer(size_t bytes) { return buffer_bytes_max = bytes, std::move(*this); }
    Options&& Every(int64_t us) { return coalesce_us = us, std::move(*this); }
    Options&& From(std::string token) { return resume = std::move(token), std::move(*this); }
};

// A client with one session.
class Watcher {
  public:
    explicit Watcher(Live& live)
        : session_(live.NewSession([wakes = wakes_] { wakes->fetch_add(1); })) {}

    Status Subscribe(uint64_t id, const std::string& sql, tables::Row parameters = {},
                     SubscribeOptions options = {}) {
        options.query.sql = sql;
        options.query.parameters = std::move(parameters);
        // Resuming, the client still has its rows.
        Followed& followed = followed_[id];
        if (options.resume.empty()) followed = Followed();
        followed.query = options.query;
        followed.error.clear();
        return session_->Subscribe(id, options);
    }
    // Ends a subscription and goes on with its token.
    void Reconnect(uint64_t id, SubscribeOptions options = {}) {
        session_->Unsubscribe(id);
        options.resume = followed_[id].token;
        const tables::Statement query = followed_[id].query;
        if (options.resume.empty()) followed_[id] = Followed();
        const Status status = Subscribe(id, query.sql, query.parameters, options);
        EXPECT_TRUE(status.ok()) << status;
    }
    void Unsubscribe(uint64_t id) {
        session_->Unsubscribe(id);
        followed_.erase(id);
    }
    // Takes everything there is.
    void Take(size_t bytes_max = 1 << 20) {
        std::vector<Session::Fetched> fetched;
        do {
            fetched.clear();
            session_->Fetch(bytes_max, &fetched);
            for (const Session::Fetched& one : fetched) {
                ASSERT_TRUE(followed_.contains(one.subscription)) << "ended, but fetched";
                followed_[one.subscription].Apply(*one.batch, one.skip);
            }
        } while (!fetched.empty());
    }
    Session& session() { return *session_; }
    Followed& operator[](uint64_t id) { return followed_[id]; }
    std::map<uint64_t, Followed>& all() { return followed_; }
    uint64_t wakes() const { return wakes_->load(); }

  private:
    std::shared_ptr<std::atomic<uint64_t>> wakes_ = std::make_shared<std::atomic<uint64_t>>(0);
    std::map<uint64_t, Followed> followed_;
    std::unique_ptr<Session> session_;
};

// Runs everything, takes everything, and compares every result with a fresh SELECT.
inline void Settle(TestLive& db, Watcher& watcher) {
    db.live().RunPending();
    watcher.Take();
    db.live().RunPending();
    watcher.Take();
    for (auto& [id, followed] : watcher.all()) {
        if (!followed.error.empty()) continue;
        EXPECT_TRUE(followed.ready) << followed.query.sql;
        const Answer answer = AskTables(db.tables(), followed.query);
        ASSERT_TRUE(answer.status.ok()) << followed.query.sql << ": " << answer.status;
        EXPECT_EQ(followed.Rows(), answer.rows) << followed.query.sql;
    }
}

}  // namespace blasty::live
