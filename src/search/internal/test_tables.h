// Tables in memory and an index over one of them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "exec/sim_executor.h"
#include "index/search.h"
#include "io/memory_file_system.h"
#include "log/log.h"
#include "search/internal/live_index.h"
#include "tables/tables.h"

namespace blasty::search::internal {

class TestTables {
  public:
    TestTables() { Open(); }
    ~TestTables() { Shut(); }

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
        auto opened = tables::Tables::Open(fs_, tables_options, *log_, executor_, SystemClock());
        ASSERT_TRUE(opened.ok()) << opened.status();
        tables_ = *std::move(opened);
        options_.directory = "db/search";
        options_.checkpoint_every_us = 0;
        shared_.reset(new Shared{.fs = fs_,
                                 .options = options_,
                                 .log = *log_,
                                 .tables = *tables_,
                                 .clock = SystemClock()});
        shared_->announced = tables_->applied().value();
        tables_->AddCommitListener([this](Sequence applied) {
            shared_->announced = applied.value();
            if (index_ != nullptr) index_->Wake();
        });
    }
    // As a crash: nothing of the index is written any more.
    void Shut() {
        index_.reset();
        tables_.reset();
        log_.reset();
    }

    void Must(const std::string& sql) {
        tables::WriteRequest request;
        request.statements.push_back({sql, {}, {}});
        const auto done = tables_->ExecuteAndWait(std::move(request));
        ASSERT_TRUE(done.ok()) << sql << ": " << done.status();
    }
    void StartIndex(const std::vector<std::string>& arguments) {
        auto definition = ParseDefinition(arguments);
        ASSERT_TRUE(definition.ok()) << definition.status();
        index_ = std::make_unique<LiveIndex>(*shared_, "it", *std::move(definition), "sql", "it");
        index_->Start();
    }
    // The keys that a search finds, once the index knows everything.
    std::set<int64_t> Find(const index::QueryPtr& query) {
        std::set<int64_t> keys;
        const auto view = index_->WaitFor(tables_->applied(), 30'000'000);
        EXPECT_TRUE(view.ok()) << view.status();
        if (!view.ok()) return keys;
        const auto result = index::Search(*view->snapshot, {.query = query, .size = 100'000});
        EXPECT_TRUE(result.ok()) << result.status();
        if (!result.ok()) return keys;
        for (const index::Hit& hit : result->hits) {
            const auto key = tables::DecodeRow(hit.key);
            EXPECT_TRUE(key.ok() && key->size() == 1);
            if (!key.ok()) continue;
            EXPECT_TRUE(keys.insert(std::get<int64_t>((*key)[0])).second);
        }
        EXPECT_EQ(result->total, keys.size());
        return keys;
    }
    std::set<int64_t> Find(const std::string& field, const std::string& term) {
        return Find(index::MakeQuery(index::TermQuery{.field = field, .term = term}));
    }
    std::set<int64_t> Select(const std::string& sql) {
        std::set<int64_t> keys;
        tables::ReadRequest request;
        request.statement.sql = sql;
        const auto query = tables_->Read(request);
        EXPECT_TRUE(query.ok()) << sql << ": " << query.status();
        std::vector<std::string> rows;
        for (bool more = query.ok(); more;) {
            const auto next = (*query)->Next(1000, 1 << 20, &rows);
            EXPECT_TRUE(next.ok()) << next.status();
            more = next.ok() && *next;
        }
        for (const std::string& row : rows) {
            const auto values = tables::DecodeRow(row);
            if (values.ok()) keys.insert(std::get<int64_t>((*values)[0]));
        }
        return keys;
    }

    LiveIndex& index() { return *index_; }
    io::MemoryFileSystem& fs() { return fs_; }
    tables::Tables& tables() { return *tables_; }
    void DropIndexObject() { index_.reset(); }

  private:
    io::MemoryFileSystem fs_;
    exec::SimExecutor executor_{1};
    SearchesOptions options_;
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<tables::Tables> tables_;
    std::unique_ptr<Shared> shared_;
    std::unique_ptr<LiveIndex> index_;
};

}  // namespace blasty::search::internal
