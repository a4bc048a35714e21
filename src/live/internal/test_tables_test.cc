#include "live/internal/test_tables.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/strings.h"
#include "live/internal/probe.h"
#include "live/internal/shadow_schema.h"

namespace blasty::live::internal {
namespace {

// Rules of https://sqlite.org/datatype3.html, section 3.1.
tables::Affinity AffinityOf(std::string type) {
    std::transform(type.begin(), type.end(), type.begin(), ::toupper);
    const auto has = [&](const char* word) { return type.find(word) != std::string::npos; };
    if (has("INT")) return tables::Affinity::kInteger;
    if (has("CHAR") || has("CLOB") || has("TEXT")) return tables::Affinity::kText;
    if (has("BLOB") || type.empty()) return tables::Affinity::kBlob;
    if (has("REAL") || has("FLOA") || has("DOUB")) return tables::Affinity::kReal;
    return tables::Affinity::kNumeric;
}

std::string TextAt(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return text == nullptr ? "" : text;
}

}  // namespace

TestTables::TestTables(const std::vector<std::string>& statements) {
    sqlite3_open(":memory:", &db_);
    for (const std::string& statement : statements) Run(statement);
    auto schema = std::make_shared<tables::Schema>();
    sqlite3_stmt* list = nullptr;
    sqlite3_prepare_v2(db_, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", -1,
                       &list, nullptr);
    while (sqlite3_step(list) == SQLITE_ROW) {
        if (TextAt(list, 0) != "table") {
            schema->others.push_back(
                {TextAt(list, 0), TextAt(list, 1), TextAt(list, 2), TextAt(list, 3)});
            continue;
        }
        tables::Table table = Describe(TextAt(list, 1), TextAt(list, 3));
        table.id = tables::TableId(static_cast<uint32_t>(schema->tables.size() + 1));
        schema->tables.push_back(std::make_shared<tables::Table>(std::move(table)));
    }
    sqlite3_finalize(list);
    schema_ = std::move(schema);
}

TestTables::~TestTables() { sqlite3_close(db_); }

tables::Table TestTables::Describe(const std::string& name, const std::string& sql) {
    tables::Table table;
    table.name = name;
    table.sql = sql;
    std::map<int, int> key;
    sqlite3_stmt* columns = nullptr;
    sqlite3_prepare_v2(db_, StrCat("PRAGMA table_xinfo(", QuoteName(name), ")").c_str(), -1,
                       &columns, nullptr);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        tables::Column column;
        column.name = TextAt(columns, 1);
        column.declared_type = TextAt(columns, 2);
        column.affinity = AffinityOf(column.declared_type);
        column.key_position = sqlite3_column_int(columns, 5);
        const char* collation = nullptr;
        sqlite3_table_column_metadata(db_, "main", name.c_str(), column.name.c_str(), nullptr,
                                      &collation, nullptr, nullptr, nullptr);
        column.collation = collation;
        if (column.key_position != 0) {
            key[column.key_position] = static_cast<int>(table.columns.size());
        }
        table.columns.push_back(std::move(column));
    }
    sqlite3_finalize(columns);
    for (const auto& [position, column] : key) table.key_columns.push_back(column);
    table.without_rowid = sql.find("WITHOUT ROWID") != std::string::npos;
    table.key_is_rowid =
        key.size() == 1 && !table.without_rowid &&
        table.columns[static_cast<size_t>(table.key_columns[0])].declared_type == "INTEGER";
    return table;
}

void TestTables::Run(const std::string& sql) {
    BLASTY_CHECK(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(db_);
}

bool TestTables::Select(const std::string& sql, const tables::Row& parameters,
                        std::vector<std::string>* rows) {
    sqlite3_stmt* statement = nullptr;
    const std::string encoded = tables::EncodeRow(parameters);
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return false;
    BindEncoded(statement, encoded);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        PutResultRow(rows->emplace_back(), statement);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

void TestTables::Hold(const tables::Table& table, std::string_view row) {
    Run(StrCat("DELETE FROM ", QuoteName(table.name)));
    if (row.empty()) return;
    std::string sql = StrCat("INSERT INTO ", QuoteName(table.name), " VALUES (?");
    for (size_t i = 1; i < table.columns.size(); ++i) sql += ", ?";
    sqlite3_stmt* insert = nullptr;
    BLASTY_CHECK(sqlite3_prepare_v2(db_, (sql + ")").c_str(), -1, &insert, nullptr) == SQLITE_OK);
    BindEncoded(insert, row);
    BLASTY_CHECK(sqlite3_step(insert) == SQLITE_DONE) << sqlite3_errmsg(db_);
    sqlite3_finalize(insert);
}

std::string TestTables::Stored(const tables::Table& table, const tables::Row& values) {
    Hold(table, tables::EncodeRow(values));
    std::vector<std::string> rows;
    BLASTY_CHECK(Select(StrCat("SELECT * FROM ", QuoteName(table.name)), {}, &rows));
    Run(StrCat("DELETE FROM ", QuoteName(table.name)));
    return rows.at(0);
}

std::string TestTables::KeyOf(const tables::Table& table, std::string_view row) {
    const auto values = tables::DecodeRow(row);
    std::string key;
    for (const int column : table.key_columns) {
        tables::PutValue(key, values->at(static_cast<size_t>(column)));
    }
    return key;
}

tables::RowChange TestChange::View(tables::TableId table) const {
    tables::RowChange out;
    out.table = table;
    out.kind = old_row.empty()   ? tables::ChangeKind::kInsert
               : new_row.empty() ? tables::ChangeKind::kDelete
                                 : tables::ChangeKind::kUpdate;
    out.key = key;
    if (out.kind == tables::ChangeKind::kUpdate) out.old_key = key;
    out.old_row = old_row;
    out.new_row = new_row;
    return out;
}

}  // namespace blasty::live::internal
