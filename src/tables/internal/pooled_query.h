// A query on a connection of the pool.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tables/internal/read_pool.h"
#include "tables/query.h"
#include "tables/request.h"

namespace blasty::tables::internal {

// A read connection with its snapshot. One thread at a time.
struct Reader {
    Reader(std::unique_ptr<Handle> its_handle, bool is_further)
        : handle(std::move(its_handle)), snapshots(*handle), further(is_further) {}
    const std::unique_ptr<Handle> handle;
    Snapshots snapshots;
    const bool further;  // beyond those that are kept: closed when it is given back
};

class PooledQuery : public Query {
  public:
    PooledQuery(ReadPool& pool, std::unique_ptr<Reader> reader)
        : pool_(pool), reader_(std::move(reader)) {}
    ~PooledQuery() override { Finish(); }

    // Begins the snapshot and prepares; without a row yet.
    Status Start(const ReadRequest& request, int64_t deadline_us, uint64_t rows_max);

    const std::vector<std::string>& columns() const override { return columns_->names; }
    const std::vector<std::string>& column_types() const override { return columns_->types; }
    Sequence sequence() const override { return sequence_; }
    Result<bool> Next(size_t rows_max, size_t bytes_max, std::vector<std::string>* rows) override;
    void Cancel() override { cancelled_ = true; }

  private:
    Result<bool> Fetch(size_t rows_max, size_t bytes_max, std::vector<std::string>* rows);
    Status Prepare(const ReadRequest& request);
    // Gives the connection back; nothing comes any more.
    void Finish();

    ReadPool& pool_;
    std::unique_ptr<Reader> reader_;  // null: finished
    std::optional<Statement> statement_;
    Row parameters_;  // bound without a copy
    NamedValues named_;
    std::shared_ptr<const ResultColumns> columns_;
    Sequence sequence_;
    uint64_t rows_left_ = 0;
    uint64_t rows_limit_ = 0;
    uint64_t rows_read_ = 0;
    Status error_;  // what it ended with
    std::atomic<bool> cancelled_{false};
};

}  // namespace blasty::tables::internal
