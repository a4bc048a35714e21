// Values and rows as SQLite has them, and their encoding in the log, in keys and in result rows.
//
// An encoded row is its values one after another (docs/formats/tables.md): a type byte, then for
// integers a zigzag varint, for reals 8 bytes little-endian, for texts and blobs a sized string.
// Equal values of equal type have equal bytes, so encoded rows may be compared and hashed as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace blasty::tables {

struct Null {
    friend bool operator==(Null, Null) { return true; }
};
// Bytes of a TEXT value: UTF-8 by convention, not checked.
struct Text {
    std::string bytes;
    friend bool operator==(const Text&, const Text&) = default;
};
struct Blob {
    std::string bytes;
    friend bool operator==(const Blob&, const Blob&) = default;
};

using Value = std::variant<Null, int64_t, double, Text, Blob>;
using Row = std::vector<Value>;

enum class ValueType : uint8_t { kNull = 0, kInteger = 1, kReal = 2, kText = 3, kBlob = 4 };

// A value inside an encoded row. `bytes` (texts and blobs) points into the row.
struct ValueView {
    ValueType type = ValueType::kNull;
    int64_t integer = 0;
    double real = 0;
    std::string_view bytes;
};

void PutValue(std::string& out, const ValueView& value);
void PutValue(std::string& out, const Value& value);
ValueView ViewOf(const Value& value);
Value ValueOf(const ValueView& view);

std::string EncodeRow(const Row& row);
// ROW_DAMAGED (DATA_LOSS) when `bytes` is no encoded row.
Result<Row> DecodeRow(std::string_view bytes);

// Walks an encoded row without copying. Usage: RowReader row(bytes); while (row.Next(&value)) …;
// then row.ok().
class RowReader {
  public:
    explicit RowReader(std::string_view bytes) : reader_(bytes) {}
    // False at the end and at the first malformed value.
    bool Next(ValueView* value);
    bool ok() const { return ok_ && reader_.ok(); }

  private:
    ByteReader reader_;
    bool ok_ = true;
};

// Version of a row for conditional writes: 64-bit hash (XXH64, seed 0) of its encoded row, never 0.
uint64_t RowVersion(std::string_view encoded_row);

}  // namespace blasty::tables
