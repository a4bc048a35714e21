// Runs statements for `blasty sql`, as one command or line by line.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "cli/result_printer.h"
#include "client/client.h"
#include "client/sql.h"

namespace blasty::cli {

struct SqlRunOptions {
    RowFormat format = RowFormat::kTable;
    bool quiet = false;  // no summaries
    std::string id;
    uint64_t at_least = 0;
    int64_t timeout_us = 0;
};

// One thread runs statements, any thread cancels.
class SqlRunner {
  public:
    SqlRunner(client::Client& client, SqlRunOptions options);
    ~SqlRunner();

    SqlRunOptions& options() { return options_; }
    // Prints the rows to stdout and the summary to stderr. Reads after a write of this runner see
    // it. CANCELLED after Cancel.
    Status Run(const v1::Statement& statement);
    // All or none, in one commit.
    Status RunTransaction(const std::vector<v1::Statement>& statements);
    // Stops the statement that runs now.
    void Cancel();
    // The tables and views of the server, for completion and .tables.
    Result<v1::GetSchemaResponse> Schema();

  private:
    // A cancelled client::Sql stays so: each statement has its own.
    std::shared_ptr<client::Sql> Begin();
    void End();

    client::Client& client_;
    SqlRunOptions options_;
    uint64_t written_ = 0;  // newest own write
    Mutex mutex_;
    std::shared_ptr<client::Sql> running_ ABSL_GUARDED_BY(mutex_);
};

// "3 rows · sequence 17", "2 rows changed · sequence 18 · last id 5".
std::string SummaryText(const v1::QuerySummary& summary, bool has_rows);

}  // namespace blasty::cli
