#include "tables/internal/row_versions.h"

#include <utility>
#include <vector>

#include "base/strings.h"
#include "tables/internal/guard.h"
#include "tables/internal/handle.h"
#include "tables/internal/schema_loader.h"
#include "tables/internal/statement.h"
#include "tables/value.h"

namespace blasty::tables::internal {
namespace {

constexpr char kUse[] = "blasty_version: give the table and its key: blasty_version('t', id)";

Status Wrong(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", message);
}

void PutError(sqlite3_context* context, const Status& status) {
    const std::string reason = ReasonOf(status);
    if (reason == "STATEMENT_TIMEOUT" || reason == "CANCELLED")
        return sqlite3_result_error_code(context, SQLITE_INTERRUPT);  // the guard knows which
    const std::string message(MessageOf(status));
    sqlite3_result_error(context, message.data(), static_cast<int>(message.size()));
}

}  // namespace

Status RowVersions::Register() {
    // Of the present state of a table: not in views, triggers, indexes and generated columns.
    const int code = sqlite3_create_function_v2(handle_.db(), "blasty_version", -1,
                                                SQLITE_UTF8 | SQLITE_DIRECTONLY, this, &Call,
                                                nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? OkStatus() : handle_.Error(code);
}

void RowVersions::Call(sqlite3_context* context, int count, sqlite3_value** arguments) {
    auto& self = *static_cast<RowVersions*>(sqlite3_user_data(context));
    const Result<uint64_t> version = self.VersionOf(count, arguments);
    if (!version.ok()) return PutError(context, version.status());
    const std::string digits = StrCat(*version);
    sqlite3_result_text(context, digits.data(), static_cast<int>(digits.size()), SQLITE_TRANSIENT);
}

Result<uint64_t> RowVersions::VersionOf(int count, sqlite3_value** arguments) {
    if (count == 0 || sqlite3_value_type(arguments[0]) != SQLITE_TEXT) return Wrong(kUse);
    std::string name(ViewOfSqlite(arguments[0]).bytes);
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    BLASTY_RETURN_IF_ERROR(Refresh());
    BLASTY_ASSIGN_OR_RETURN(RowStatements* const rows, Find(name));
    const size_t wanted = tables_[name].table->key_columns.size(),
                 given = static_cast<size_t>(count) - 1;
    if (given != wanted)
        return Wrong(StrCat("blasty_version: the primary key of '", Printable(name), "' has ",
                            wanted, wanted == 1 ? " column, " : " columns, ", given,
                            " values were given"));
    std::string key;
    for (int i = 1; i < count; ++i) PutSqliteValue(key, arguments[i]);
    BLASTY_ASSIGN_OR_RETURN(const auto row, rows->Find(key));
    return row ? RowVersion(*row) : 0;
}

Status RowVersions::Refresh() {
    handle_.guard().Resume(Access::kInternal);
    if (known_version_ < 0)
        BLASTY_RETURN_IF_ERROR(schema_version_.Prepare(handle_.db(), "PRAGMA main.schema_version"));
    const int code = schema_version_.Step();
    const int64_t version = code == SQLITE_ROW ? schema_version_.Integer(0) : -1;
    schema_version_.Reset();
    if (code != SQLITE_ROW) return handle_.Error(code);
    if (version != known_version_) tables_.clear();
    known_version_ = version;
    return OkStatus();
}

Result<RowStatements*> RowVersions::Find(const std::string& name) {
    Known& known = tables_[name];
    if (known.rows != nullptr) return known.rows.get();
    BLASTY_ASSIGN_OR_RETURN(std::vector<Table> tables, LoadTables(handle_.db()));
    for (Table& table : tables) {
        if (sqlite3_stricmp(table.name.c_str(), name.c_str()) != 0) continue;
        known.table = std::make_shared<const Table>(std::move(table));
        known.rows = std::make_unique<RowStatements>(handle_, known.table);
        return known.rows.get();
    }
    tables_.erase(name);
    return Wrong(StrCat("blasty_version: no such table: ", Printable(name)));
}

}  // namespace blasty::tables::internal
