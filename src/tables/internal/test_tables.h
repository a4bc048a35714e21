// What the tests of tables share: tables over a log in memory, without threads of their own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "exec/sim_executor.h"
#include "io/memory_file_system.h"
#include "log/log.h"
#include "tables/tables.h"

namespace blasty::tables {

inline log::LogOptions ManualLog() {
    log::LogOptions options;
    options.segment_bytes = 1 << 20;
    options.manual_commit = true;
    options.salt_seed = 42;
    return options;
}

inline TablesOptions ManualTables() {
    TablesOptions options;
    options.directory = "db";
    options.manual = true;
    return options;
}

inline std::string Shown(const Value& value) {
    if (const auto* integer = std::get_if<int64_t>(&value)) return StrCat(*integer);
    if (const auto* real = std::get_if<double>(&value)) return std::to_string(*real);
    if (const auto* text = std::get_if<Text>(&value)) return "'" + text->bytes + "'";
    if (const auto* blob = std::get_if<Blob>(&value)) return "x" + Printable(blob->bytes);
    return "NULL";
}

inline std::string Shown(const std::vector<Row>& rows) {
    std::string out;
    for (const Row& row : rows) {
        if (!out.empty()) out += '|';
        for (size_t i = 0; i < row.size(); ++i) StrAppend(out, i == 0 ? "" : ",", Shown(row[i]));
    }
    return out;
}

inline Value T(std::string_view text) { return Text{std::string(text)}; }

inline WriteRequest Request(std::string_view sql, Row parameters = {}) {
    WriteRequest request;
    Statement& statement = request.statements.emplace_back();
    statement.sql = sql;
    statement.parameters = std::move(parameters);
    return request;
}

// A database: its log and its tables.
class TestDatabase {
  public:
    explicit TestDatabase(io::FileSystem& fs, const TablesOptions& options = ManualTables(),
                          const log::LogOptions& log_options = ManualLog())
        : fs_(fs), options_(options), log_options_(log_options) {
        Open();
    }
    ~TestDatabase() { Shut(); }
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    void Open() {
        status_ = OkStatus();
        auto log = log::Log::Open(fs_, options_.directory + "/log", log_options_, clock_, nullptr);
        status_ = log.status();
        if (!log.ok()) return;
        log_ = *std::move(log);
        auto tables = Tables::Open(fs_, options_, *log_, executor_, clock_);
        status_ = tables.status();
        if (tables.ok()) tables_ = *std::move(tables);
    }
    void Shut() {
        tables_.reset();
        log_.reset();
    }
    void Restart() {
        Shut();
        Open();
    }
    const Status& status() const { return status_; }
    Tables& tables() { return *tables_; }
    log::Log& log() { return *log_; }
    ManualClock& clock() { return clock_; }
    exec::SimExecutor& executor() { return executor_; }

    Result<WriteResult> Run(WriteRequest request) {
        return tables_->ExecuteAndWait(std::move(request));
    }
    Result<WriteResult> Run(std::string_view sql, Row parameters = {}) {
        return Run(Request(sql, std::move(parameters)));
    }
    // "" when it went well, else the reason word.
    std::string Try(std::string_view sql, Row parameters = {}) {
        return ReasonOf(Run(sql, std::move(parameters)).status());
    }
    void Must(std::string_view sql, Row parameters = {}) {
        const auto result = Run(sql, std::move(parameters));
        EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
    }
    // The rows of a query, or its error.
    std::string Ask(std::string_view sql, Sequence at_least = Sequence(0)) {
        ReadRequest request;
        request.statement.sql = sql;
        request.at_least = at_least;
        auto query = tables_->Read(request);
        if (!query.ok()) return ReasonOf(query.status());
        std::vector<Row> rows;
        for (bool more = true; more;) {
            std::vector<std::string> encoded;
            const auto next = (*query)->Next(1000, 1 << 20, &encoded);
            if (!next.ok()) return ReasonOf(next.status());
            more = *next;
            for (const std::string& row : encoded) {
                auto decoded = DecodeRow(row);
                EXPECT_TRUE(decoded.ok()) << decoded.status();
                if (decoded.ok()) rows.push_back(*std::move(decoded));
            }
        }
        return Shown(rows);
    }

  private:
    io::FileSystem& fs_;
    const TablesOptions options_;
    const log::LogOptions log_options_;
    ManualClock clock_;
    exec::SimExecutor executor_{1};
    Status status_;
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<Tables> tables_;
};

// Queues several requests, so that they form one group, and collects their answers.
class Group {
  public:
    explicit Group(Tables& tables) : tables_(tables) {}
    void Add(WriteRequest request) {
        const size_t at = answers_.size();
        answers_.emplace_back();
        tables_.Execute(std::move(request), [this, at](Result<WriteResult> answer) {
            EXPECT_FALSE(answers_[at].has_value());
            answers_[at] = std::move(answer);
        });
    }
    void Add(std::string_view sql, Row parameters = {}) {
        Add(Request(sql, std::move(parameters)));
    }
    void Run() { tables_.RunQueued(); }
    size_t size() const { return answers_.size(); }
    Result<WriteResult>& operator[](size_t at) {
        EXPECT_TRUE(answers_[at].has_value());
        return *answers_[at];
    }
    std::string Reason(size_t at) { return ReasonOf((*this)[at].status()); }

  private:
    Tables& tables_;
    std::vector<std::optional<Result<WriteResult>>> answers_;
};

}  // namespace blasty::tables
