// A database in memory with search indexes and live searches over it, and a client that keeps what
// its events say, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "exec/sim_executor.h"
#include "exec/worker_pool.h"
#include "io/memory_file_system.h"
#include "log/log.h"
#include "search/event_details.h"
#include "search/live_searches.h"
#include "search/searches.h"
#include "search/sql_module.h"
#include "tables/tables.h"

namespace blasty::search::internal {

inline constexpr int64_t kTestWaitUs = 30'000'000;

class TestDatabase {
  public:
    explicit TestDatabase(const LiveSearchesOptions& options = {}) : options_(options) { Open(); }
    ~TestDatabase() { Shut(); }

    void Open() {
        log::LogOptions log_options;
        log_options.segment_bytes = 1 << 20;
        log_options.manual_commit = true;
        log_options.salt_seed = 42;
        auto log = log::Log::Open(fs_, "db/log", log_options, SystemClock(), nullptr);
        ASSERT_TRUE(log.ok()) << log.status();
        log_ = *std::move(log);
        tables::TablesOptions tables_options;
        tables_options.directory = "db";
        tables_options.manual = true;
        tables_options.search = module_ = std::make_shared<SqlModule>();
        auto opened = tables::Tables::Open(fs_, tables_options, *log_, executor_, SystemClock());
        ASSERT_TRUE(opened.ok()) << opened.status();
        tables_ = *std::move(opened);
        SearchesOptions searches_options;
        searches_options.directory = "db/search";
        auto searches = Searches::Open(fs_, searches_options, *log_, *tables_, SystemClock());
        ASSERT_TRUE(searches.ok()) << searches.status();
        searches_ = *std::move(searches);
        module_->Use(searches_.get());
        pool_ = std::make_unique<exec::WorkerPool>(
            exec::WorkerPoolOptions{.name = "test", .threads = 3});
        live_ = LiveSearches::Open(*searches_, *tables_, *log_, *pool_, SystemClock(), options_);
    }
    void Shut() {
        if (live_ != nullptr) live_->Close();
        live_.reset();
        pool_.reset();
        if (module_ != nullptr) module_->Use(nullptr);
        searches_.reset();
        tables_.reset();
        log_.reset();
    }

    // The sequence of its commit.
    Sequence Must(const std::string& sql) { return MustAll({sql}); }
    Sequence MustAll(const std::vector<std::string>& statements) {
        tables::WriteRequest request;
        for (const std::string& sql : statements) request.statements.push_back({sql, {}, {}});
        const auto done = tables_->ExecuteAndWait(std::move(request));
        EXPECT_TRUE(done.ok()) << statements.front() << ": " << done.status();
        return done.ok() ? done->sequence : Sequence();
    }

    LiveSearches& live() { return *live_; }
    Searches& searches() { return *searches_; }
    tables::Tables& tables() { return *tables_; }

  private:
    const LiveSearchesOptions options_;
    io::MemoryFileSystem fs_;
    exec::SimExecutor executor_{1};
    std::shared_ptr<SqlModule> module_;
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<tables::Tables> tables_;
    std::unique_ptr<Searches> searches_;
    std::unique_ptr<exec::WorkerPool> pool_;
    std::unique_ptr<LiveSearches> live_;
};

// What a client of one live search knows.
struct Followed {
    bool best = true;
    std::vector<std::pair<std::string, std::string>> rows;  // key, row; of best hits in their order
    uint64_t total = 0;
    std::vector<index::FacetResult> facets;
    bool ready = false;
    Sequence at;        // ready, or the last event
    std::string token;  // of the last event that has one
    std::vector<std::string> resets;
    std::string error;
    uint64_t events = 0, merged = 0;
    uint64_t stop_after = UINT64_MAX;    // the client takes no more events
    Sequence row_at;                     // of the last event that is no progress
    std::vector<live::EventKind> kinds;  // of the events since they were cleared
    std::vector<live::Event> last;
    std::shared_ptr<const live::ResultColumns> columns;

    size_t Find(const std::string& key) const {
        size_t place = 0;
        while (place < rows.size() && rows[place].first != key) ++place;
        return place;
    }
    bool Stopped() const { return events >= stop_after; }
    // Something was told at that sequence.
    bool Told(Sequence at_sequence) const { return row_at == at_sequence; }
    void Take(const live::EventBatch& batch, size_t index) {
        using live::EventKind;
        if (Stopped()) return;
        const live::Event& event = batch.events[index];
        ++events;
        merged += event.merged;
        kinds.push_back(event.kind);
        last.push_back(event);
        if (batch.columns != nullptr) columns = batch.columns;
        if (event.kind != EventKind::kError) {
            EXPECT_GE(batch.sequence, event.kind == EventKind::kReset ? Sequence() : at);
            at = batch.sequence;
            if (event.kind != EventKind::kProgress) row_at = at;
            const std::string after = live::TokenAfter(batch, index);
            if (!after.empty()) token = after;
        }
        const size_t place = Find(event.key);
        const std::optional<uint32_t> position =
            event.details != nullptr ? event.details->position : std::nullopt;
        switch (event.kind) {
            case EventKind::kRow:
            case EventKind::kEnter:
                EXPECT_EQ(place, rows.size()) << "entered twice";
                Insert(event, position);
                break;
            case EventKind::kChange:
                if (place == rows.size()) {
                    ADD_FAILURE() << "changed without being there";
                    return;
                }
                if (best) rows.erase(rows.begin() + static_cast<ptrdiff_t>(place));
                if (best)
                    Insert(event, position);
                else
                    rows[place].second = event.row;
                break;
            case EventKind::kLeave:
                if (place == rows.size()) {
                    ADD_FAILURE() << "left without being there";
                    return;
                }
                rows.erase(rows.begin() + static_cast<ptrdiff_t>(place));
                break;
            case EventKind::kCounts:
                total = event.details->total;
                facets = event.details->facets;
                break;
            case EventKind::kReady:
                ready = true;
                break;
            case EventKind::kReset:
                resets.push_back(event.reason);
                rows.clear();
                facets.clear();
                total = 0;
                ready = false;
                break;
            case EventKind::kError:
                error = event.reason;
                break;
            case EventKind::kProgress:
                break;
        }
    }
    void Insert(const live::Event& event, std::optional<uint32_t> position) {
        EXPECT_EQ(position.has_value(), best);
        const size_t at_place = position ? *position : rows.size();
        if (at_place > rows.size()) {
            ADD_FAILURE() << "position " << at_place << " of " << rows.size();
            return;
        }
        rows.insert(rows.begin() + static_cast<ptrdiff_t>(at_place), {event.key, event.row});
    }
};

class TestClient {
  public:
    explicit TestClient(TestDatabase& db)
        : db_(db), session_(db.live().NewSession([this] { Wake(); })) {}

    // The first answer holds all that was written, unless the request says what it holds.
    void Subscribe(uint64_t id, LiveRequest request) {
        followed_[id] = Followed();
        followed_[id].best = !request.all_matches;
        if (request.search.fresh == Sequence()) request.search.fresh = db_.tables().applied();
        const Status status = session_->Subscribe(id, request);
        ASSERT_TRUE(status.ok()) << status;
    }
    // Goes on from what it knew.
    void Resume(uint64_t id, const LiveRequest& request, const Followed& known) {
        followed_[id] = known;
        const Status status = session_->Subscribe(id, request);
        ASSERT_TRUE(status.ok()) << status;
    }
    void Unsubscribe(uint64_t id) {
        session_->Unsubscribe(id);
        followed_.erase(id);
    }
    Followed& operator[](uint64_t id) { return followed_[id]; }
    LiveSession& session() { return *session_; }

    // Takes what is there, until `done` or nothing more is to be expected.
    template <typename Done>
    bool Until(const Done& done) {
        const int64_t deadline = SystemClock().MonotonicMicros() + kTestWaitUs;
        for (;;) {
            if (done()) return true;
            if (TakeSome()) continue;
            if (SystemClock().MonotonicMicros() > deadline) return done();
            MutexLock lock(mutex_);
            if (!woken_) changed_.WaitFor(mutex_, 100'000);
            woken_ = false;
        }
    }
    bool UntilReady(uint64_t id) {
        return Until([&] { return followed_[id].ready || !followed_[id].error.empty(); }) &&
               followed_[id].ready;
    }
    // Events one by one, to stop in the middle of a batch.
    bool TakeSome(size_t bytes_max = 1 << 20) {
        std::vector<live::Session::Fetched> fetched;
        session_->Fetch(bytes_max, &fetched);
        for (const auto& [id, batch, skip] : fetched) {
            const auto found = followed_.find(id);
            if (found == followed_.end()) continue;
            for (size_t i = skip; i < batch->events.size(); ++i) found->second.Take(*batch, i);
        }
        return !fetched.empty();
    }

  private:
    void Wake() {
        MutexLock lock(mutex_);
        woken_ = true;
        changed_.SignalAll();
    }

    TestDatabase& db_;
    Mutex mutex_;
    CondVar changed_;
    bool woken_ ABSL_GUARDED_BY(mutex_) = false;
    std::map<uint64_t, Followed> followed_;
    std::unique_ptr<LiveSession> session_;  // last: it calls Wake
};

}  // namespace blasty::search::internal
