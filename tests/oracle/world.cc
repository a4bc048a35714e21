#include "tests/oracle/world.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::oracle {

using Kind = Operation::Kind;

namespace {
constexpr char kDirectory[] = "db";
constexpr int kRoundsMax = 20;
constexpr int64_t kHistoryUs = 60'000'000;
}  // namespace

World::World(uint64_t seed)
    : seed_(seed), executor_(std::make_unique<exec::SimExecutor>(seed * 7919 + 1)) {}

World::~World() {
    if (topics_) Stop(true, 0);
}

std::string World::Run(const std::vector<Operation>& history) {
    std::string wrong = Open();
    for (size_t i = 0; i < history.size() && wrong.empty(); ++i) {
        if (history[i].kind == Kind::kSchema) ++schema_steps_;
        wrong = Do(history[i]);
        if (wrong.empty() && history[i].settle) {
            Settle();
            wrong = CheckAll();
        }
        if (!wrong.empty())
            wrong = StrCat("after step ", i, " (", Describe(history[i]), "): ", wrong);
    }
    for (auto& [slot, subscriber] : subscribers_) stats_.events += subscriber->events();
    for (auto& [slot, subscriber] : subscribers_) stats_.resets += subscriber->resets();
    CountRounds();
    return wrong;
}

std::string World::Open() {
    topics::TopicsOptions topics_options;
    topics_options.directory = kDirectory;
    topics_options.log.manual_commit = true;
    topics_options.log.salt_seed = seed_;
    topics_options.log.segment_bytes = 128 << 10;
    topics_options.checkpoint_every_bytes = 64 << 10;
    topics_options.tables_keep_from = [this] {
        return tables_ ? tables_->keep_from() : Sequence(0);
    };
    auto topics = topics::Topics::Open(disk_, topics_options, *executor_, executor_->clock());
    if (!topics.ok()) return StrCat("opening topics: ", topics.status().ToString());
    topics_ = *std::move(topics);
    tables::TablesOptions tables_options;
    tables_options.directory = kDirectory;
    tables_options.history_age_us = kHistoryUs;
    tables_options.manual = true;
    auto tables =
        tables::Tables::Open(disk_, tables_options, topics_->log(), *executor_, executor_->clock());
    if (!tables.ok()) return StrCat("opening tables: ", tables.status().ToString());
    tables_ = *std::move(tables);
    live::LiveOptions live_options;
    live_options.manual = true;
    live_options.window_bytes_max = 64 << 10;
    live_options.buffer_bytes_max = 4 << 10;
    auto live =
        live::Live::Open(*tables_, topics_->log(), *executor_, executor_->clock(), live_options);
    if (!live.ok()) return StrCat("opening live queries: ", live.status().ToString());
    live_ = *std::move(live);
    return "";
}

void World::CountRounds() {
    if (!live_) return;
    stats_.evaluations += live_->stats().reevaluations;
    stats_.increments += live_->stats().increments;
}

void World::Stop(bool clean, uint64_t crash) {
    CountRounds();
    for (auto& [slot, subscriber] : subscribers_) subscriber->Detach();
    if (clean) {
        if (live_) live_->Close();
        if (tables_) tables_->Close();
        topics_->Close();
    } else {
        executor_->DropAll();
        disk_.Crash(static_cast<io::CrashMode>(crash % 4), crash);
    }
    live_.reset();
    tables_.reset();
    topics_.reset();
    executor_->DropAll();
}

void World::Settle() {
    for (int round = 0; round < 3; ++round) {
        tables_->RunQueued();
        live_->RunPending();
        executor_->RunReady();
    }
    live_->RunPending();
}

std::string World::Do(const Operation& operation) {
    auto found = subscribers_.find(operation.slot);
    Subscriber* subscriber = found == subscribers_.end() ? nullptr : found->second.get();
    switch (operation.kind) {
        case Kind::kWrite:
        case Kind::kSchema:
            return Write(operation);
        case Kind::kPublish: {
            for (uint32_t i = 0; i < operation.count; ++i) {
                topics::NewMessage message;
                message.payload = "between";
                topics_->Publish("between", std::span(&message, 1), [](auto) {});
                topics_->CommitQueued();
            }
            return "";
        }
        case Kind::kSubscribe: {
            auto made = std::make_unique<Subscriber>(operation);
            made->schema_steps = schema_steps_;
            const std::string wrong = made->Attach(*live_);
            subscribers_[operation.slot] = std::move(made);
            return wrong;
        }
        case Kind::kUnsubscribe:
            subscribers_.erase(operation.slot);
            return "";
        case Kind::kReconnect:
            return subscriber == nullptr ? "" : Reconnect(operation.slot, operation.count);
        case Kind::kPause:
        case Kind::kGoOn:
            if (subscriber != nullptr) subscriber->paused = operation.kind == Kind::kPause;
            return "";
        case Kind::kRestart:
        case Kind::kPowerCut:
            return Restart(operation);
        case Kind::kClean: {
            executor_->RunFor(int64_t{operation.count} * 1'000'000);
            const Status checkpoint = tables_->Checkpoint();
            if (!checkpoint.ok()) return StrCat("checkpoint: ", checkpoint.ToString());
            const Status cleaned = topics_->Clean();
            return cleaned.ok() ? "" : StrCat("cleaning: ", cleaned.ToString());
        }
    }
    return "";
}

std::string World::Write(const Operation& operation) {
    // The statements of a schema step are requests of their own.
    std::vector<tables::WriteRequest> requests;
    for (const std::string& sql : operation.statements) {
        if (requests.empty() || operation.kind == Kind::kSchema) requests.emplace_back();
        requests.back().statements.push_back({sql, {}, {}});
    }
    for (tables::WriteRequest& request : requests) {
        const auto done = tables_->ExecuteAndWait(std::move(request));
        if (done.ok()) {
            ++stats_.commits;
            continue;
        }
        // What a constraint or a name of the past refuses changes nothing.
        const std::string reason = ReasonOf(done.status());
        if (reason != "CONSTRAINT_FAILED" && reason != "SQL_ERROR" &&
            reason != "PRIMARY_KEY_NULL") {
            return StrCat("write: ", done.status().ToString());
        }
        ++stats_.refused;
    }
    return "";
}

std::string World::Reconnect(int slot, uint32_t events) {
    Subscriber& subscriber = *subscribers_[slot];
    Settle();
    const std::string wrong = subscriber.Take(events);
    if (!wrong.empty()) return StrCat("#", slot, " before reconnecting: ", wrong);
    subscriber.Detach();
    ++stats_.reconnects;
    return subscriber.failed() ? "" : subscriber.Attach(*live_);
}

std::string World::Restart(const Operation& operation) {
    const auto before = Contents();
    if (!before.ok()) return StrCat("reading before the stop: ", before.status().ToString());
    Stop(operation.kind == Kind::kRestart, operation.count);
    ++stats_.restarts;
    const std::string wrong = Open();
    if (!wrong.empty()) return wrong;
    const auto after = Contents();
    if (!after.ok()) return StrCat("reading after the start: ", after.status().ToString());
    if (*before != *after) return "the tables are not what they were before the stop";
    for (auto& [slot, subscriber] : subscribers_) {
        if (subscriber->failed()) continue;
        const std::string refused = subscriber->Attach(*live_);
        if (!refused.empty()) return StrCat("#", slot, " after the start: ", refused);
    }
    return "";
}

std::string World::CheckAll() {
    for (auto& [slot, subscriber] : subscribers_) {
        if (subscriber->paused) continue;
        const std::string wrong = Check(*subscriber, StrCat("#", slot));
        if (!wrong.empty()) {
            return StrCat("#", slot, " (", Describe(subscriber->operation()), "): ", wrong);
        }
    }
    return "";
}

std::string World::Check(Subscriber& subscriber, const std::string& who) {
    // A slow one that goes on may have to read the log again first: in the background.
    for (int round = 0; round < kRoundsMax; ++round) {
        const std::string wrong = subscriber.Take();
        if (!wrong.empty()) return wrong;
        // What is coalesced comes with the interval.
        if (round < 3) executor_->RunFor(subscriber.operation().coalesce_us);
        Settle();
    }
    const std::string wrong = subscriber.Take();
    if (!wrong.empty()) return wrong;
    const auto fresh =
        Select(subscriber.operation().statements.front(), subscriber.operation().parameters);
    if (subscriber.failed()) {
        if (std::exchange(subscriber.end_checked, true)) return "";
        // A table may have been dropped and made again since.
        if (fresh.ok() && subscriber.error() == "SQL_ERROR" &&
            subscriber.schema_steps == schema_steps_) {
            return StrCat("ended with ", subscriber.error(), " although the SELECT works");
        }
        ++stats_.ended;
        return "";
    }
    if (!fresh.ok())
        return StrCat("goes on although its SELECT fails: ", fresh.status().ToString());
    if (!subscriber.ready()) return "not ready though everything was followed";
    subscriber.schema_steps = schema_steps_;
    ++stats_.comparisons;
    stats_.rows_compared += fresh->size();
    const std::vector<std::string> held = subscriber.Rows();
    if (held == *fresh) return "";
    std::string differences;
    for (const std::string& row : held) {
        if (!std::binary_search(fresh->begin(), fresh->end(), row)) {
            StrAppend(differences, "\n      only held:  ", Printable(row));
        }
    }
    for (const std::string& row : *fresh) {
        if (!std::binary_search(held.begin(), held.end(), row)) {
            StrAppend(differences, "\n      only fresh: ", Printable(row));
        }
    }
    return StrCat(who, " holds ", held.size(), " rows at ", subscriber.at().value(),
                  ", a fresh SELECT at ", tables_->applied().value(), " gives ", fresh->size(),
                  differences);
}

Result<std::vector<std::string>> World::Select(const std::string& sql,
                                               const tables::Row& parameters) {
    tables::ReadRequest request;
    request.statement.sql = sql;
    request.statement.parameters = parameters;
    BLASTY_ASSIGN_OR_RETURN(const std::unique_ptr<tables::Query> query, tables_->Read(request));
    std::vector<std::string> rows;
    while (true) {
        BLASTY_ASSIGN_OR_RETURN(const bool more, query->Next(1000, 1 << 20, &rows));
        if (!more) break;
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

Result<std::map<std::string, std::vector<std::string>>> World::Contents() {
    std::map<std::string, std::vector<std::string>> contents;
    const tables::SchemaPtr schema = tables_->schema();
    for (const auto& table : schema->tables) {
        BLASTY_ASSIGN_OR_RETURN(contents[table->name],
                                Select(StrCat("SELECT * FROM ", table->name), {}));
    }
    return contents;
}

}  // namespace blasty::oracle
