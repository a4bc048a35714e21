#include "cli/column_types.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "cli/value_text.h"

namespace blasty::cli {
namespace {

constexpr int64_t kExactInReal = int64_t{1} << 53;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [&](char x, char y) { return lower(x) == lower(y); });
}

bool IsPlainInteger(std::string_view text) {
    int64_t integer = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
    return error == std::errc() && end == text.data() + text.size() && StrCat(integer) == text;
}

bool IsPlainReal(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const size_t point = text.find('.');
    if (point == std::string_view::npos || point == 0 || point + 1 == text.size()) return false;
    if (text[0] == '0' && point > 1) return false;
    size_t significant = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (i == point) continue;
        if (!IsDigit(text[i])) return false;
        if (significant > 0 || text[i] != '0') ++significant;
    }
    return significant <= 17;
}

void ColumnType::SeeText(std::string_view text) {
    if (IsPlainInteger(text)) {
        v1::Value value;
        int64_t integer = 0;
        std::from_chars(text.data(), text.data() + text.size(), integer);
        value.set_integer(integer);
        See(value);
    } else if (IsPlainReal(text)) {
        reals_ = true;
    } else {
        texts_ = written_ = true;
    }
}

void ColumnType::See(const v1::Value& value) {
    switch (value.kind_case()) {
        case v1::Value::kInteger:
            integers_ = true;
            if (value.integer() > kExactInReal || value.integer() < -kExactInReal)
                large_integers_ = true;
            break;
        case v1::Value::kReal:
            reals_ = true;
            break;
        case v1::Value::kText:
        case v1::Value::kRawText:
            texts_ = true;
            break;
        case v1::Value::kBlob:
            blobs_ = true;
            break;
        case v1::Value::KIND_NOT_SET:
            break;
    }
}

std::string ColumnType::Type() const {
    const bool numbers = integers_ || reals_;
    if (written_) return "TEXT";
    if (numbers + texts_ + blobs_ > 1) return "";
    if (blobs_) return "BLOB";
    if (!numbers) return "TEXT";
    if (!reals_) return "INTEGER";
    return large_integers_ ? "NUMERIC" : "REAL";
}

std::string CreateTableSql(std::string_view table, std::vector<NewColumn> columns,
                           const std::vector<std::string>& key) {
    std::vector<std::string> keys = key;
    if (keys.empty()) {
        const auto id = std::find_if(columns.begin(), columns.end(), [](const NewColumn& column) {
            return SameName(column.name, "id");
        });
        keys.push_back(id == columns.end() ? "id" : id->name);
        if (id == columns.end()) columns.insert(columns.begin(), {"id", "INTEGER"});
    }
    std::string sql = StrCat("CREATE TABLE ", SqlName(table), " (");
    const auto is_key = [&keys](const NewColumn& column) {
        return std::any_of(keys.begin(), keys.end(),
                           [&column](const std::string& k) { return SameName(k, column.name); });
    };
    for (const NewColumn& column : columns) {
        StrAppend(sql, &column == columns.data() ? "" : ", ", SqlName(column.name),
                  column.type.empty() ? "" : " ", column.type);
        if (!is_key(column)) continue;
        if (keys.size() == 1) StrAppend(sql, " PRIMARY KEY");
        if (keys.size() > 1 || column.type != "INTEGER") StrAppend(sql, " NOT NULL");
    }
    if (keys.size() > 1) {
        sql += ", PRIMARY KEY (";
        for (const std::string& name : keys)
            StrAppend(sql, &name == keys.data() ? "" : ", ", SqlName(name));
        sql += ")";
    }
    return sql += ")";
}

}  // namespace blasty::cli
