#include "live/internal/shadow_schema.h"

#include "base/strings.h"
#include "live/internal/delta_table.h"
#include "live/internal/memory_database.h"
#include "live/internal/row_tables.h"

namespace blasty::live::internal {
namespace {

constexpr std::string_view kOverlayPrefix = "__blasty_old_";

std::string OverlayOf(const tables::Table& table) {
    return StrCat("temp.", QuoteName(StrCat(kOverlayPrefix, table.name)));
}

std::string KeyedView(const tables::Table& table) {
    return StrCat("CREATE TEMP VIEW ", QuoteName(table.name), " AS SELECT ", ColumnList(table),
                  ", ", KeyCall(table), " AS ", QuoteName(KeyColumnOf(table)), " FROM main.",
                  QuoteName(table.name));
}

// The table keeps values as they are given: they have been through the affinity of their column
// already, and a second time changes nothing.
std::string OverlayTable(const tables::Table& table) {
    std::string out = StrCat("CREATE TEMP TABLE ", QuoteName(StrCat(kOverlayPrefix, table.name)),
                             "(__blasty_key BLOB PRIMARY KEY, __blasty_present INTEGER");
    for (const tables::Column& column : table.columns) {
        StrAppend(out, ", ", QuoteName(column.name), " ", TypeOf(column.affinity), " COLLATE ",
                  QuoteName(column.collation));
    }
    return out + ") WITHOUT ROWID";
}

std::string AsOfView(const tables::Table& table, bool keyed) {
    const std::string columns = ColumnList(table);
    const std::string key_name = keyed ? StrCat(" AS ", QuoteName(KeyColumnOf(table))) : "";
    return StrCat("CREATE TEMP VIEW ", QuoteName(table.name), " AS SELECT ", columns,
                  keyed ? StrCat(", ", KeyCall(table), key_name) : "", " FROM main.",
                  QuoteName(table.name), " WHERE ", KeyCall(table),
                  " NOT IN (SELECT __blasty_key FROM ", OverlayOf(table), ") UNION ALL SELECT ",
                  columns, keyed ? StrCat(", __blasty_key", key_name) : "", " FROM ",
                  OverlayOf(table), " WHERE __blasty_present");
}

}  // namespace

std::string QuoteName(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string KeyCall(const tables::Table& table) {
    std::string out = "blasty_key(";
    for (const int column : table.key_columns) {
        if (out.back() != '(') out += ", ";
        out += QuoteName(table.columns[static_cast<size_t>(column)].name);
    }
    return out + ")";
}

std::string ColumnList(const tables::Table& table) {
    std::string out;
    for (const tables::Column& column : table.columns) {
        if (!out.empty()) out += ", ";
        out += QuoteName(column.name);
    }
    return out;
}

std::string_view TypeOf(tables::Affinity affinity) {
    switch (affinity) {
        case tables::Affinity::kText:
            return "TEXT";
        case tables::Affinity::kNumeric:
            return "NUMERIC";
        case tables::Affinity::kInteger:
            return "INTEGER";
        case tables::Affinity::kReal:
            return "REAL";
        case tables::Affinity::kBlob:
            break;
    }
    return "BLOB";
}

Status ShadowSchema::Clear() {
    std::vector<std::string> drops;
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(
        db_, "SELECT type, name FROM temp.sqlite_schema WHERE type IN ('view', 'table')", -1,
        &statement, nullptr);
    if (code != SQLITE_OK) return SqlError(db_, code);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const auto* type = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(statement, 1));
        drops.push_back(StrCat("DROP ", std::string_view(type), " temp.", QuoteName(name)));
    }
    sqlite3_finalize(statement);
    for (const std::string& drop : drops) BLASTY_RETURN_IF_ERROR(Execute(db_, drop));
    tables_.clear();
    return OkStatus();
}

Status ShadowSchema::CreateTable(const std::shared_ptr<const tables::Table>& table) {
    if (!as_of()) {
        BLASTY_RETURN_IF_ERROR(Execute(db_, RowTables::Declaration(*table)));
        return mode_ == Mode::kKeyed ? Execute(db_, KeyedView(*table)) : OkStatus();
    }
    tables_.push_back(table);
    BLASTY_RETURN_IF_ERROR(Execute(db_, OverlayTable(*table)));
    return Execute(db_, AsOfView(*table, mode_ == Mode::kAsOfKeyed));
}

Status ShadowSchema::Install(const tables::Schema& schema) {
    BLASTY_RETURN_IF_ERROR(Clear());
    for (const auto& table : schema.tables) BLASTY_RETURN_IF_ERROR(CreateTable(table));
    return mode_ == Mode::kAsOf ? MakeTempViews(db_, schema.others) : OkStatus();
}

Status ShadowSchema::Drop(const SchemaChange& change) {
    if (mode_ == Mode::kAsOf) BLASTY_RETURN_IF_ERROR(DropTempViews(db_, change.views_gone));
    for (const auto& table : change.gone) {
        if (mode_ != Mode::kRows)
            BLASTY_RETURN_IF_ERROR(Execute(db_, StrCat("DROP VIEW temp.", QuoteName(table->name))));
        const std::string rows = StrCat("temp.", QuoteName(RowTables::NameOf(*table)));
        BLASTY_RETURN_IF_ERROR(
            Execute(db_, StrCat("DROP TABLE ", as_of() ? OverlayOf(*table) : rows)));
        std::erase(tables_, table);
    }
    return OkStatus();
}

Status ShadowSchema::Create(const SchemaChange& change) {
    for (const auto& table : change.come) BLASTY_RETURN_IF_ERROR(CreateTable(table));
    return mode_ == Mode::kAsOf ? MakeTempViews(db_, change.views_come) : OkStatus();
}

Status ShadowSchema::Overlay(const tables::Table& table, std::string_view key,
                             std::string_view row) {
    std::string sql = StrCat("INSERT OR REPLACE INTO ", OverlayOf(table), " VALUES (?, ?");
    for (size_t i = 0; i < table.columns.size(); ++i) sql += ", ?";
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db_, (sql + ")").c_str(), -1, &statement, nullptr);
    if (code != SQLITE_OK) return SqlError(db_, code);
    sqlite3_bind_blob64(statement, 1, key.data(), key.size(), SQLITE_STATIC);
    sqlite3_bind_int(statement, 2, row.empty() ? 0 : 1);
    tables::RowReader reader(row);
    tables::ValueView value;
    for (int i = 3; !row.empty() && reader.Next(&value); ++i) BindView(statement, i, value);
    code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? OkStatus() : SqlError(db_, code);
}

Status ShadowSchema::ClearOverlay() {
    for (const auto& table : tables_) {
        BLASTY_RETURN_IF_ERROR(Execute(db_, StrCat("DELETE FROM ", OverlayOf(*table))));
    }
    return OkStatus();
}

}  // namespace blasty::live::internal
