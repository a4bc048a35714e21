#include "tables/internal/computed_columns.h"

#include <string>
#include <utility>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/heap.h"
#include "tables/internal/prepared.h"
#include "tables/internal/schema_loader.h"
#include "tables/internal/statement.h"

namespace blasty::tables::internal {
namespace {

constexpr int64_t kVirtualGenerated = 2;  // table_xinfo's value of `hidden`

}  // namespace

Result<std::vector<bool>> VirtualColumns(sqlite3* db, const Table& table) {
    std::vector<bool> found;
    bool any = false;
    for (const Column& column : table.columns) any = any || column.generated;
    if (!any) return found;
    Prepared info;
    BLASTY_RETURN_IF_ERROR(
        info.Prepare(db, "SELECT hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid"));
    info.Bind(1, table.name);
    any = false;
    int code;
    while ((code = info.Step()) == SQLITE_ROW) {
        found.push_back(info.Integer(0) == kVirtualGenerated);
        any = any || found.back();
    }
    if (code != SQLITE_DONE) return SqliteError(db, code);
    if (!any) found.clear();
    return found;
}

Result<std::unique_ptr<ComputedColumns>> ComputedColumns::Make(const Table& table,
                                                               std::vector<bool> is_virtual) {
    std::unique_ptr<ComputedColumns> made(new ComputedColumns(table, std::move(is_virtual)));
    // Not of the statement that happens to run: it stays.
    const HeapScope uncounted(nullptr);
    BLASTY_RETURN_IF_ERROR(made->Prepare());
    return made;
}

ComputedColumns::~ComputedColumns() {
    sqlite3_finalize(insert_);
    sqlite3_finalize(select_);
    sqlite3_finalize(remove_);
    sqlite3_close_v2(db_);
}

Status ComputedColumns::Prepare() {
    const int opened =
        sqlite3_open_v2(":memory:", &db_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (opened != SQLITE_OK) return SqliteError(db_, opened);
    AvoidUnsound(db_);
    // The row has passed them, or will.
    std::string setup = "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; ";
    StrAppend(setup, table_.sql);
    const int created = sqlite3_exec(db_, setup.c_str(), nullptr, nullptr, nullptr);
    if (created != SQLITE_OK) return SqliteError(db_, created);
    const std::string name = QuotedName(table_.name);
    std::string given, marks, computed;
    for (size_t i = 0; i < table_.columns.size(); ++i) {
        const std::string column = QuotedName(table_.columns[i].name);
        if (is_virtual_[i]) StrAppend(computed, computed.empty() ? "" : ", ", column);
        if (table_.columns[i].generated) continue;
        StrAppend(given, given.empty() ? "" : ", ", column);
        StrAppend(marks, marks.empty() ? "?" : ", ?");
    }
    const auto prepare = [this](const std::string& sql, sqlite3_stmt** statement) -> Status {
        const int code = sqlite3_prepare_v2(db_, sql.c_str(), -1, statement, nullptr);
        return code == SQLITE_OK ? OkStatus() : SqliteError(db_, code);
    };
    BLASTY_RETURN_IF_ERROR(
        prepare(StrCat("INSERT INTO ", name, "(", given, ") VALUES (", marks, ")"), &insert_));
    BLASTY_RETURN_IF_ERROR(prepare(StrCat("SELECT ", computed, " FROM ", name), &select_));
    return prepare(StrCat("DELETE FROM ", name), &remove_);
}

Status ComputedColumns::Run(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    Status status = code == SQLITE_DONE ? OkStatus() : SqliteError(db_, code);
    sqlite3_reset(statement);
    return status;
}

Status ComputedColumns::Fill(std::vector<ValueView>* row) {
    sqlite3_reset(select_);
    BLASTY_RETURN_IF_ERROR(Run(remove_));
    int next = 1;
    for (size_t i = 0; i < table_.columns.size(); ++i) {
        if (table_.columns[i].generated) continue;
        if (const int code = BindView(insert_, next++, (*row)[i]); code != SQLITE_OK)
            return SqliteError(db_, code);
    }
    BLASTY_RETURN_IF_ERROR(Run(insert_));
    // The bytes bound are of the caller, who may not keep them.
    sqlite3_clear_bindings(insert_);
    if (const int code = sqlite3_step(select_); code != SQLITE_ROW) return SqliteError(db_, code);
    int column = 0;
    for (size_t i = 0; i < table_.columns.size(); ++i) {
        if (is_virtual_[i]) (*row)[i] = ViewOfSqlite(sqlite3_column_value(select_, column++));
    }
    return OkStatus();
}

}  // namespace blasty::tables::internal
