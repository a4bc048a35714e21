#include "rpc/internal/sql_decode.h"

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/utf8.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

// Tags: a field number and how its value is written.
constexpr uint8_t Number(uint8_t field) { return static_cast<uint8_t>(field << 3); }
constexpr uint8_t Eight(uint8_t field) { return static_cast<uint8_t>(field << 3 | 1); }
constexpr uint8_t Sized(uint8_t field) { return static_cast<uint8_t>(field << 3 | 2); }

// What proto3 demands of a `string`.
bool IsString(std::string_view text) {
    size_t ascii = 0;
    for (uint64_t eight; ascii + sizeof(eight) <= text.size(); ascii += sizeof(eight)) {
        std::memcpy(&eight, text.data() + ascii, sizeof(eight));
        if ((eight & 0x8080808080808080u) != 0) break;
    }
    return IsUtf8(text.substr(ascii));
}

// A value given twice is the later one.
bool ReadValue(std::string_view wire, tables::ValueView* value) {
    using tables::ValueType;
    for (ByteReader reader(wire); !reader.done();) {
        switch (reader.Fixed<uint8_t>()) {
            case Number(1):
                *value = {ValueType::kInteger, static_cast<int64_t>(reader.Varint()), 0, {}};
                break;
            case Eight(2):
                *value = {ValueType::kReal, 0, reader.Fixed<double>(), {}};
                break;
            case Sized(3):
                *value = {ValueType::kText, 0, 0, reader.Sized()};
                if (!IsString(value->bytes)) return false;
                break;
            case Sized(4):
                *value = {ValueType::kBlob, 0, 0, reader.Sized()};
                break;
            case Sized(5):
                *value = {ValueType::kText, 0, 0, reader.Sized()};
                break;
            default:
                return false;
        }
        if (!reader.ok()) return false;
    }
    return true;
}

bool ReadParameter(std::string_view wire, tables::StatementList* list) {
    std::string_view name;
    tables::ValueView value;
    for (ByteReader reader(wire); !reader.done();) {
        switch (reader.Fixed<uint8_t>()) {
            case Sized(1):
                name = reader.Sized();
                if (!IsString(name)) return false;
                break;
            case Sized(2):
                if (!ReadValue(reader.Sized(), &value)) return false;
                break;
            default:
                return false;
        }
        if (!reader.ok()) return false;
    }
    if (name.empty())
        list->Add(value);
    else
        list->Add(name, value);
    return true;
}

bool ReadStatement(std::string_view wire, tables::StatementList* list) {
    list->Begin();
    std::string_view sql;
    for (ByteReader reader(wire); !reader.done();) {
        switch (reader.Fixed<uint8_t>()) {
            case Sized(1):
                sql = reader.Sized();
                if (sql != list->sql_before() && !IsString(sql)) return false;
                break;
            case Sized(2):
                if (!ReadParameter(reader.Sized(), list)) return false;
                break;
            default:
                return false;
        }
        if (!reader.ok()) return false;
    }
    list->SetSql(sql);
    return !sql.empty();
}

}  // namespace

bool DecodeTransaction(std::string_view wire, std::shared_ptr<const void> memory,
                       tables::WriteRequest* request) {
    auto list = std::make_shared<tables::StatementList>(std::move(memory));
    for (ByteReader reader(wire); !reader.done();) {
        switch (reader.Fixed<uint8_t>()) {
            case Sized(1):
                if (list->size() == static_cast<size_t>(kTransactionStatementsMax)) return false;
                if (!ReadStatement(reader.Sized(), list.get())) return false;
                break;
            case Sized(3): {
                const std::string_view id = reader.Sized();
                if (!IsString(id) || id.size() > kRequestIdBytesMax) return false;
                request->id = id;
                break;
            }
            case Number(4):
                request->timeout_us = static_cast<int64_t>(reader.Varint());
                if (request->timeout_us < 0) return false;
                break;
            default:
                return false;
        }
        if (!reader.ok()) return false;
    }
    if (list->size() == 0) return false;
    request->list = std::move(list);
    return true;
}

}  // namespace blasty::rpc
