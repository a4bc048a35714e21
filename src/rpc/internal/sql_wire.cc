#include "rpc/internal/sql_wire.h"

#include "base/utf8.h"

namespace blasty::rpc {
namespace {

// Fields of v1.Value.
enum ValueField : uint32_t { kInteger = 1, kReal = 2, kText = 3, kBlob = 4, kRawText = 5 };

uint32_t FieldOf(const tables::ValueView& value) {
    switch (value.type) {
        case tables::ValueType::kInteger:
            return kInteger;
        case tables::ValueType::kReal:
            return kReal;
        case tables::ValueType::kText:
            return IsUtf8(value.bytes) ? kText : kRawText;
        case tables::ValueType::kBlob:
            return kBlob;
        case tables::ValueType::kNull:
            break;
    }
    return 0;
}

size_t BodySize(const tables::ValueView& value) {
    switch (value.type) {
        case tables::ValueType::kInteger:
            return 1 + VarintSize(static_cast<uint64_t>(value.integer));
        case tables::ValueType::kReal:
            return 1 + sizeof(double);
        case tables::ValueType::kText:
        case tables::ValueType::kBlob:
            return 1 + VarintSize(value.bytes.size()) + value.bytes.size();
        case tables::ValueType::kNull:
            break;
    }
    return 0;
}

// Row.values: a member of a oneof is sent even when it is zero or empty.
void AppendValue(std::string& out, const tables::ValueView& value) {
    PutMessageHead(out, 1, BodySize(value));
    const uint32_t field = FieldOf(value);
    if (value.type == tables::ValueType::kInteger) {
        out.push_back(static_cast<char>(field << 3));
        PutVarint(out, static_cast<uint64_t>(value.integer));
    } else if (value.type == tables::ValueType::kReal) {
        out.push_back(static_cast<char>(field << 3 | 1));
        PutFixed<double>(out, value.real);
    } else if (field != 0) {
        out.push_back(static_cast<char>(field << 3 | 2));
        PutSized(out, value.bytes);
    }
}

size_t SizeInRow(const tables::ValueView& value) {
    const size_t body = BodySize(value);
    return 1 + VarintSize(body) + body;
}

}  // namespace

size_t VarintSize(uint64_t value) {
    size_t n = 1;
    for (; value >= 0x80; value >>= 7) ++n;
    return n;
}

void PutVarintField(std::string& out, uint32_t field, uint64_t value) {
    if (value == 0) return;
    out.push_back(static_cast<char>(field << 3));
    PutVarint(out, value);
}

void PutSizedField(std::string& out, uint32_t field, std::string_view bytes) {
    if (bytes.empty()) return;
    out.push_back(static_cast<char>(field << 3 | 2));
    PutSized(out, bytes);
}

void PutMessageHead(std::string& out, uint32_t field, size_t size) {
    out.push_back(static_cast<char>(field << 3 | 2));
    PutVarint(out, size);
}

Status AppendRow(std::string& out, uint32_t field, std::string_view encoded_row) {
    size_t size = 0;
    tables::RowReader sizes(encoded_row);
    for (tables::ValueView value; sizes.Next(&value);) size += SizeInRow(value);
    if (!sizes.ok()) {
        return MakeError(StatusCode::kDataLoss, "ROW_DAMAGED", "a row cannot be decoded");
    }
    PutMessageHead(out, field, size);
    tables::RowReader values(encoded_row);
    for (tables::ValueView value; values.Next(&value);) AppendValue(out, value);
    return OkStatus();
}

void AppendRow(std::string& out, uint32_t field, const tables::Row& row) {
    size_t size = 0;
    for (const tables::Value& value : row) size += SizeInRow(tables::ViewOf(value));
    PutMessageHead(out, field, size);
    for (const tables::Value& value : row) AppendValue(out, tables::ViewOf(value));
}

void AppendColumns(std::string& out, uint32_t field, const std::vector<std::string>& names,
                   const std::vector<std::string>& types) {
    std::string column;
    for (size_t i = 0; i < names.size(); ++i) {
        column.clear();
        PutSizedField(column, 1, names[i]);
        if (i < types.size()) PutSizedField(column, 2, types[i]);
        PutMessageHead(out, field, column.size());
        out += column;
    }
}

void AppendSummary(std::string& out, uint32_t field, const SummaryFields& summary) {
    constexpr size_t kFields = 6;
    const uint64_t values[kFields] = {summary.sequence.value(),
                                      static_cast<uint64_t>(summary.changes),
                                      static_cast<uint64_t>(summary.last_insert_id),
                                      summary.duplicate ? 1u : 0u,
                                      summary.rows,
                                      summary.read_only ? 1u : 0u};
    // One piece: a transaction's answer has a thousand of them.
    char raw[kFields * 11];
    size_t size = 0;
    for (size_t i = 0; i < kFields; ++i) {
        uint64_t value = values[i];
        if (value == 0) continue;
        raw[size++] = static_cast<char>((i + 1) << 3);
        for (; value >= 0x80; value >>= 7) raw[size++] = static_cast<char>(value | 0x80);
        raw[size++] = static_cast<char>(value);
    }
    PutMessageHead(out, field, size);
    out.append(raw, size);
}

}  // namespace blasty::rpc
