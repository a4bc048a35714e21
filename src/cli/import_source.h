// Rows of a file that is to be imported, with their lines.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

enum class ImportFormat { kCsv, kNdjson };

struct ImportSourceOptions {
    std::string path = {};  // "-": standard input
    ImportFormat format = ImportFormat::kCsv;
    char delimiter = ',';
    bool header = true;  // the first record names the columns
    // CSV: names instead of the header's, "-" leaves a column out. NDJSON: fields to take, others
    // are left out. Empty: all.
    std::vector<std::string> columns = {};
    // CSV without header and `columns`: names by position.
    std::vector<std::string> fallback = {};
};

struct ImportRow {
    uint64_t line = 0;                 // first line of it, from 1
    std::vector<size_t> columns = {};  // places in ImportSource::columns()
    std::vector<v1::Value> values = {};
    std::string problem = {};  // why it cannot be taken; else empty
    std::string text = {};     // as it was read; only with a problem
};

// Not thread-safe.
class ImportSource {
  public:
    virtual ~ImportSource() = default;
    // Opens the file and reads the header. FILE_NOT_FOUND, USAGE, BAD_LINE (the header).
    static Result<std::unique_ptr<ImportSource>> Open(const ImportSourceOptions& options,
                                                      const std::atomic<bool>& stop);
    // False at the end, when stopped, or when reading failed: see status().
    virtual bool Next(ImportRow* row) = 0;
    // What `row`, which Next gave last, was in the file.
    virtual std::string TextOf(const ImportRow& row) const = 0;
    // Names so far: all of a CSV file, of NDJSON those seen.
    virtual const std::vector<std::string>& columns() const = 0;
    virtual const Status& status() const = 0;
    virtual uint64_t bytes_read() const = 0;
    virtual uint64_t bytes_total() const = 0;  // 0: unknown
};

}  // namespace blasty::cli
