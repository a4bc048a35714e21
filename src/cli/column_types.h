// Which type a new column gets from the values that are to go into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

// Sees every value of one column. Chooses so that nothing is changed by storing it but how a
// decimal number is written: text that is no plain number (007, +1, 1e5) makes the column TEXT.
class ColumnType {
  public:
    // A field of a CSV file.
    void SeeText(std::string_view text);
    // A value with a type of its own (JSON).
    void See(const v1::Value& value);
    // "INTEGER", "REAL", "NUMERIC" (reals and integers too large for one), "TEXT", "BLOB", or ""
    // (no declared type: every value stays as it is).
    std::string Type() const;

  private:
    bool integers_ = false, large_integers_ = false, reals_ = false, texts_ = false, blobs_ = false;
    bool written_ = false;  // text of a CSV file that is no number
};

// "42", "-7": within 64 bits, as SQLite would print it. "1.5", "-0.25", "1.50": digits, a point,
// digits, no more than 17 that matter.
bool IsPlainInteger(std::string_view text);
bool IsPlainReal(std::string_view text);

struct NewColumn {
    std::string name, type;
};

// CREATE TABLE with its primary key: the columns of `key`, or else a column called id, or else a
// new column `id INTEGER PRIMARY KEY` in front.
std::string CreateTableSql(std::string_view table, std::vector<NewColumn> columns,
                           const std::vector<std::string>& key);

// Names are the same to SQLite.
bool SameName(std::string_view a, std::string_view b);

}  // namespace blasty::cli
