#include "tables/value.h"

#include <xxhash.h>

#include <cmath>
#include <type_traits>
#include <utility>

#include "base/strings.h"

namespace blasty::tables {
namespace {

uint64_t ZigZag(int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

// A type byte and a varint, at once.
void PutHead(std::string& out, ValueType type, uint64_t number) {
    char raw[11] = {static_cast<char>(type)};
    size_t size = 1;
    for (; number >= 0x80; number >>= 7) raw[size++] = static_cast<char>(number | 0x80);
    raw[size++] = static_cast<char>(number);
    out.append(raw, size);
}

}  // namespace

void PutValue(std::string& out, const ValueView& value) {
    switch (value.type) {
        case ValueType::kNull:
            out.push_back(static_cast<char>(ValueType::kNull));
            return;
        case ValueType::kInteger:
            PutHead(out, ValueType::kInteger, ZigZag(value.integer));
            return;
        case ValueType::kReal:
            // SQLite has no NaN: it becomes NULL there, so it does here.
            if (std::isnan(value.real)) {
                out.push_back(static_cast<char>(ValueType::kNull));
                return;
            }
            out.push_back(static_cast<char>(ValueType::kReal));
            PutFixed(out, value.real);
            return;
        case ValueType::kText:
        case ValueType::kBlob:
            PutHead(out, value.type, value.bytes.size());
            out.append(value.bytes);
            return;
    }
}

void PutValue(std::string& out, const Value& value) { PutValue(out, ViewOf(value)); }

ValueView ViewOf(const Value& value) {
    ValueView view;
    std::visit(
        [&view](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, int64_t>) {
                view.type = ValueType::kInteger;
                view.integer = held;
            } else if constexpr (std::is_same_v<T, double>) {
                view.type = ValueType::kReal;
                view.real = held;
            } else if constexpr (std::is_same_v<T, Text>) {
                view.type = ValueType::kText;
                view.bytes = held.bytes;
            } else if constexpr (std::is_same_v<T, Blob>) {
                view.type = ValueType::kBlob;
                view.bytes = held.bytes;
            }
        },
        value);
    return view;
}

Value ValueOf(const ValueView& view) {
    switch (view.type) {
        case ValueType::kNull:
            break;
        case ValueType::kInteger:
            return view.integer;
        case ValueType::kReal:
            return view.real;
        case ValueType::kText:
            return Text{std::string(view.bytes)};
        case ValueType::kBlob:
            return Blob{std::string(view.bytes)};
    }
    return Null{};
}

std::string EncodeRow(const Row& row) {
    std::string out;
    for (const Value& value : row) PutValue(out, value);
    return out;
}

Result<Row> DecodeRow(std::string_view bytes) {
    Row row;
    RowReader reader(bytes);
    ValueView value;
    while (reader.Next(&value)) row.push_back(ValueOf(value));
    if (!reader.ok())
        return MakeError(StatusCode::kDataLoss, "ROW_DAMAGED",
                         StrCat("value ", row.size() + 1, " of an encoded row of ", bytes.size(),
                                " bytes does not read; the bytes are no row, or were damaged"));
    return row;
}

bool RowReader::Next(ValueView* value) {
    if (!ok() || reader_.rest().empty()) return false;
    *value = ValueView();
    const auto type = reader_.Fixed<uint8_t>();
    value->type = static_cast<ValueType>(type);
    switch (value->type) {
        case ValueType::kNull:
            return true;
        case ValueType::kInteger: {
            const size_t before = reader_.rest().size();
            const uint64_t raw = reader_.Varint();
            value->integer = UnZigZag(raw);
            // One number, one encoding: rows are compared as bytes.
            const size_t used = before - reader_.rest().size();
            if (used > 1 && raw >> (7 * (used - 1)) == 0) ok_ = false;
            return ok();
        }
        case ValueType::kReal:
            value->real = reader_.Fixed<double>();
            if (std::isnan(value->real)) ok_ = false;
            return ok();
        case ValueType::kText:
        case ValueType::kBlob: {
            const size_t before = reader_.rest().size();
            const uint64_t size = reader_.Varint();
            const size_t used = before - reader_.rest().size();
            if (used > 1 && size >> (7 * (used - 1)) == 0) ok_ = false;
            value->bytes = reader_.Raw(size);
            return ok();
        }
    }
    ok_ = false;
    return false;
}

uint64_t RowVersion(std::string_view encoded_row) {
    const uint64_t hash = XXH64(encoded_row.data(), encoded_row.size(), 0);
    return hash == 0 ? 1 : hash;
}

}  // namespace blasty::tables
