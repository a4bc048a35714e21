// Rows of a statement on standard output: an aligned table, JSON, CSV.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "blasty/v1/sql.pb.h"
#include "cli/output.h"

namespace blasty::cli {

enum class RowFormat { kTable, kJson, kCsv };

// An aligned table: titles, a rule, rows; numbers to the right. `width` > 0 keeps each line within
// that many columns: wide cells are cut and end in ….
std::string RowsAsTable(const std::vector<std::string>& titles, const std::vector<v1::Row>& rows,
                        size_t width);

// Widths that fit into `room` columns: the widest are made narrower first, none below 8 or its own.
std::vector<size_t> FitWidths(std::vector<size_t> wanted, size_t room);

// Columns of the terminal behind `fd`; 0 when it is none.
size_t TerminalWidth(int fd);

// Prints as rows come; a table is measured by its first thousand rows, later ones keep the widths.
// Not thread-safe.
class ResultPrinter {
  public:
    // `width` as above.
    ResultPrinter(Output& out, RowFormat format, size_t width, char delimiter = ',')
        : out_(out), format_(format), width_(width), delimiter_(delimiter) {}

    void Columns(const std::vector<v1::Column>& columns);
    void Add(v1::Row row);
    // What was held back.
    void End();
    uint64_t rows() const { return rows_; }
    bool has_columns() const { return !names_.empty(); }

  private:
    void PrintHeld();

    Output& out_;
    const RowFormat format_;
    const size_t width_;
    const char delimiter_;
    std::vector<std::string> names_;
    std::vector<v1::Row> held_;
    size_t held_bytes_ = 0;
    std::vector<size_t> widths_;  // once known
    std::string line_;
    uint64_t rows_ = 0;
};

}  // namespace blasty::cli
