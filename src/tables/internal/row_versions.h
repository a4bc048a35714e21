// blasty_version(TABLE, key…): the SQL function that tells a row's version.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/internal/prepared.h"
#include "tables/internal/row_statements.h"

namespace blasty::tables::internal {

class Handle;

// Of one connection, used by its thread. The function answers with the digits of RowVersion (text:
// the number has 64 bits, an INTEGER has a sign), "0" when there is no such row. It may not stand
// in the schema.
class RowVersions {
  public:
    // `handle` must outlive it.
    explicit RowVersions(Handle& handle) : handle_(handle) {}
    RowVersions(const RowVersions&) = delete;
    RowVersions& operator=(const RowVersions&) = delete;

    // Makes the function known to the connection.
    Status Register();

  private:
    static void Call(sqlite3_context* context, int count, sqlite3_value** arguments);
    Result<uint64_t> VersionOf(int count, sqlite3_value** arguments);
    // Forgets what is known of tables when the schema is another one.
    Status Refresh();
    Result<RowStatements*> Find(const std::string& name);

    struct Known {
        std::shared_ptr<const Table> table;
        std::unique_ptr<RowStatements> rows;
    };

    Handle& handle_;
    Prepared schema_version_;
    int64_t known_version_ = -1;
    absl::flat_hash_map<std::string, Known> tables_;  // by name, ASCII in lower case
};

}  // namespace blasty::tables::internal
