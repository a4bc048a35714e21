// Values as index keys. Two values that SQLite may find equal have equal keys; the reverse need not
// hold, since every candidate is evaluated.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <span>

#include "live/internal/delta_table.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::live::internal {

// How values of a column are compared with the constants of a term.
enum class KeyMode : uint8_t {
    kExact,    // no conversion: text with text, blob with blob
    kNumeric,  // the column has numeric affinity: texts that look like numbers are numbers
    kLoose,    // numbers may be compared as texts or texts as numbers
};
// Nullopt: cannot be a key (unknown collation).
std::optional<KeyMode> ModeOf(tables::Affinity affinity, Collation collation,
                              std::span<const tables::Value> constants);

// One thread at a time: texts are converted to numbers by SQLite.
class ValueKeys {
  public:
    // `db` must outlive it.
    explicit ValueKeys(sqlite3* db) : db_(db) {}
    ~ValueKeys() { sqlite3_finalize(convert_); }
    ValueKeys(const ValueKeys&) = delete;
    ValueKeys& operator=(const ValueKeys&) = delete;

    uint64_t HashOf(const tables::ValueView& value, KeyMode mode, Collation collation);

  private:
    uint64_t HashText(std::string_view text, Collation collation) const;
    // What SQLite takes `text` for when it wants a number. False: it stays a text.
    bool ToNumber(std::string_view text, tables::ValueView* number);

    sqlite3* db_;
    sqlite3_stmt* convert_ = nullptr;
};

// Where a value stands among others of its kind: orders as SQLite does, or equal.
uint64_t PointOf(double number);
uint64_t PointOf(std::string_view text, Collation collation);

}  // namespace blasty::live::internal
