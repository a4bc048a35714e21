#include "live/internal/memory_database.h"

#include <string_view>

#include "base/strings.h"
#include "live/internal/shadow_schema.h"
#include "tables/connection.h"

namespace blasty::live::internal {
namespace {

constexpr std::string_view kRefusedPrefix = "LIVE_REFUSED: ";

}  // namespace

Status LiveRefused(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "LIVE_REFUSED", message);
}

Status SqlError(sqlite3* db, int code) {
    const std::string_view message = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    if ((code & 0xff) == SQLITE_NOMEM) {
        return MakeError(StatusCode::kResourceExhausted, "SQL_ERROR",
                         "SQLite has no memory left for the query");
    }
    if (message.substr(0, kRefusedPrefix.size()) == kRefusedPrefix) {
        return LiveRefused(message.substr(kRefusedPrefix.size()));
    }
    return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", Printable(message, 500));
}

Status Execute(sqlite3* db, const std::string& sql) {
    const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? OkStatus() : Annotate(SqlError(db, code), Printable(sql));
}

Status OpenMemory(const tables::Schema& schema, sqlite3** db) {
    const int code = sqlite3_open_v2(
        ":memory:", db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) return SqlError(*db, code);
    sqlite3_extended_result_codes(*db, 1);
    tables::AvoidUnsound(*db);
    BLASTY_RETURN_IF_ERROR(InstallLiveFunctions(*db));
    for (const auto& table : schema.tables) BLASTY_RETURN_IF_ERROR(Execute(*db, table->sql));
    for (const tables::SchemaObject& object : schema.others) {
        if (object.type == "view") BLASTY_RETURN_IF_ERROR(Execute(*db, object.sql));
    }
    return OkStatus();
}

Status ChangeMemory(sqlite3* db, const SchemaChange& change) {
    for (const tables::SchemaObject& view : change.views_gone)
        BLASTY_RETURN_IF_ERROR(Execute(db, StrCat("DROP VIEW main.", QuoteName(view.name))));
    for (const auto& table : change.gone)
        BLASTY_RETURN_IF_ERROR(Execute(db, StrCat("DROP TABLE main.", QuoteName(table->name))));
    for (const auto& table : change.come) BLASTY_RETURN_IF_ERROR(Execute(db, table->sql));
    for (const tables::SchemaObject& view : change.views_come)
        BLASTY_RETURN_IF_ERROR(Execute(db, view.sql));
    return OkStatus();
}

Status MakeTempViews(sqlite3* db, const std::vector<tables::SchemaObject>& objects) {
    // SQLite keeps every view as "CREATE VIEW name …".
    constexpr std::string_view kCreate = "CREATE ";
    for (const tables::SchemaObject& object : objects) {
        if (object.type != "view" || object.sql.substr(0, kCreate.size()) != kCreate) continue;
        BLASTY_RETURN_IF_ERROR(
            Execute(db, StrCat("CREATE TEMP ", object.sql.substr(kCreate.size()))));
    }
    return OkStatus();
}

Status DropTempViews(sqlite3* db, const std::vector<tables::SchemaObject>& objects) {
    for (const tables::SchemaObject& object : objects) {
        if (object.type != "view") continue;
        BLASTY_RETURN_IF_ERROR(
            Execute(db, StrCat("DROP VIEW IF EXISTS temp.", QuoteName(object.name))));
    }
    return OkStatus();
}

}  // namespace blasty::live::internal
