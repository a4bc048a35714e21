#include "live/internal/row_tables.h"

#include "base/strings.h"
#include "live/internal/delta_table.h"
#include "live/internal/memory_database.h"
#include "live/internal/shadow_schema.h"
#include "tables/value.h"

namespace blasty::live::internal {
namespace {

std::string TempName(const tables::Table& table) {
    return StrCat("temp.", QuoteName(RowTables::NameOf(table)));
}

std::string InsertImage(const tables::Table& table) {
    std::string out = StrCat("INSERT OR REPLACE INTO ", TempName(table), " VALUES (");
    for (size_t i = 0; i < table.columns.size(); ++i) out += "?, ";
    return out + "?)";
}

std::string InsertPresent(const tables::Table& table) {
    std::string out =
        StrCat("INSERT OR REPLACE INTO ", TempName(table), " SELECT ", ColumnList(table), ", ",
               KeyCall(table), " FROM main.", QuoteName(table.name), " WHERE ");
    const char* between = "";
    for (const int column : table.key_columns) {
        StrAppend(out, between, QuoteName(table.columns[static_cast<size_t>(column)].name), " = ?");
        between = " AND ";
    }
    return out;
}

}  // namespace

std::string RowTables::NameOf(const tables::Table& table) {
    return StrCat("__blasty_rows_", table.name);
}

// The table keeps values as they are given: they have been through the affinity of their column.
std::string RowTables::Declaration(const tables::Table& table) {
    std::string out = StrCat("CREATE TEMP TABLE ", QuoteName(NameOf(table)), "(");
    for (const tables::Column& column : table.columns) {
        StrAppend(out, QuoteName(column.name), " ", TypeOf(column.affinity), " COLLATE ",
                  QuoteName(column.collation), ", ");
    }
    return StrCat(out, QuoteName(KeyColumnOf(table)), " BLOB PRIMARY KEY)");
}

Status RowTables::Run(const std::string& sql, sqlite3_stmt** statement, std::string_view row,
                      std::string_view key) {
    if (*statement == nullptr) {
        const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, statement, nullptr);
        if (code != SQLITE_OK) return SqlError(db_, code);
    }
    int place = 0;
    tables::RowReader reader(row);
    tables::ValueView value;
    while (reader.Next(&value)) BindView(*statement, ++place, value);
    const int expected = sqlite3_bind_parameter_count(*statement) - (key.empty() ? 0 : 1);
    Status status;
    if (!reader.ok() || place != expected) {
        status = MakeError(StatusCode::kInternal, "INTERNAL", "a row has another shape");
    } else {
        if (!key.empty())
            sqlite3_bind_blob64(*statement, place + 1, key.data(), key.size(), SQLITE_STATIC);
        const int code = sqlite3_step(*statement);
        if (code != SQLITE_DONE) status = SqlError(db_, code);
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    return status;
}

Status RowTables::Clear(const tables::Table& table) {
    return Run(StrCat("DELETE FROM ", TempName(table)), &statements_[table.id].clear, {}, {});
}

Status RowTables::PutImage(const tables::Table& table, std::string_view key, std::string_view row) {
    return Run(InsertImage(table), &statements_[table.id].image, row, key);
}

Status RowTables::PutPresent(const tables::Table& table, std::string_view key) {
    return Run(InsertPresent(table), &statements_[table.id].present, key, {});
}

void RowTables::Finalize(const Statements& statements) {
    sqlite3_finalize(statements.clear);
    sqlite3_finalize(statements.image);
    sqlite3_finalize(statements.present);
}

void RowTables::Forget() {
    for (const auto& [table, statements] : statements_) Finalize(statements);
    statements_.clear();
}

void RowTables::Forget(tables::TableId table) {
    const auto known = statements_.find(table);
    if (known == statements_.end()) return;
    Finalize(known->second);
    statements_.erase(known);
}

}  // namespace blasty::live::internal
