// A running SELECT on one snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "tables/value.h"

namespace blasty::tables {

// So many queries may be open at once for each of TablesOptions::readers, read on or not.
inline constexpr int kOpenPerReader = 8;

// Used by one thread at a time. Holds a pooled connection until it ends or is destroyed: do not
// keep one open while a slow client reads (gather, or abort after QUERY_IDLE).
class Query {
  public:
    virtual ~Query() = default;
    virtual const std::vector<std::string>& columns() const = 0;
    // Declared types of the result columns ("" for expressions).
    virtual const std::vector<std::string>& column_types() const = 0;
    // Everything up to here is in the snapshot, and nothing after it.
    virtual Sequence sequence() const = 0;
    // Appends encoded rows (value.h) until `rows_max` rows or about `bytes_max` bytes; false when
    // that was all. Errors: STATEMENT_TIMEOUT, CANCELLED, RESULT_TOO_LARGE (RESOURCE_EXHAUSTED),
    // SQL_ERROR.
    virtual Result<bool> Next(size_t rows_max, size_t bytes_max,
                              std::vector<std::string>* rows) = 0;
    // From any thread: Next returns CANCELLED soon.
    virtual void Cancel() = 0;
};

}  // namespace blasty::tables
