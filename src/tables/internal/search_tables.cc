#include "tables/internal/search_tables.h"

#include <utility>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/guard.h"
#include "tables/internal/prepared.h"
#include "tables/internal/schema_loader.h"
#include "tables/internal/search_cursor.h"
#include "tables/internal/search_functions.h"

namespace blasty::tables::internal {
namespace {

// What xBestIndex tells xFilter; the values come in this order.
constexpr int kHasQuery = 1;
constexpr int kHasLimit = 2;
constexpr int kHasOffset = 4;

constexpr double kSearchCost = 100;
constexpr int64_t kSearchRows = 100;
constexpr double kRefusedCost = 1e99;

Status Refused(std::string_view message) {
    return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED", message);
}

Status Wrong(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", message);
}

Status Unavailable() {
    return Refused(
        "search is not available here: this server has no search engine; query the table itself");
}

SearchVtab& Of(sqlite3_vtab* vtab) { return *static_cast<SearchVtab*>(vtab); }
SearchCursor& Of(sqlite3_vtab_cursor* cursor) { return *static_cast<SearchCursor*>(cursor); }

// Names of ours and of the base table must not meet in one declaration.
Status CheckColumns(std::string_view name, const SearchTable& over) {
    for (const std::string& column : over.columns) {
        if (sqlite3_stricmp(column.c_str(), "rank") != 0 &&
            sqlite3_stricmp(column.c_str(), std::string(name).c_str()) != 0)
            continue;
        return MakeError(
            StatusCode::kInvalidArgument, "BAD_INDEX_DEFINITION",
            StrCat("column '", Printable(column), "' cannot be in search index '", Printable(name),
                   "', which has a hidden column of that name; rename the column"));
    }
    return OkStatus();
}

}  // namespace

// What SQLite calls.
struct SearchCallbacks {
    static int Make(void* self, bool create, int count, const char* const* words,
                    sqlite3_vtab** made, char** message) {
        auto& owner = *static_cast<SearchTables*>(self);
        const std::string name = words[2];
        const std::vector<std::string> arguments(words + 3, words + count);
        Result<SearchTable> over = Unavailable();
        if (owner.options_.module) over = owner.options_.module->Describe(name, arguments);
        if (over.ok()) {
            if (const Status named = CheckColumns(name, *over); !named.ok()) over = named;
        }
        // One that is there stays, so that the database opens and it can be dropped.
        if (!over.ok() && create && owner.guard_.access() == Access::kUser)
            return owner.Fail(over.status(), message);
        auto table = std::make_unique<SearchVtab>(owner, name, std::move(over));
        const int code = sqlite3_declare_vtab(owner.db_, table->Declaration().c_str());
        if (code != SQLITE_OK) return owner.Fail(SqliteError(owner.db_, code), message);
        // For views, which trust only what is.
        sqlite3_vtab_config(owner.db_, SQLITE_VTAB_INNOCUOUS);
        *made = table.release();
        return SQLITE_OK;
    }
    static int Create(sqlite3*, void* self, int count, const char* const* words,
                      sqlite3_vtab** made, char** message) {
        return Make(self, true, count, words, made, message);
    }
    static int Connect(sqlite3*, void* self, int count, const char* const* words,
                       sqlite3_vtab** made, char** message) {
        return Make(self, false, count, words, made, message);
    }
    static int Disconnect(sqlite3_vtab* vtab) {
        delete &Of(vtab);
        return SQLITE_OK;
    }
    // Not the same function: SQLite would take that for "drops nothing".
    static int Destroy(sqlite3_vtab* vtab) { return Disconnect(vtab); }

    static int BestIndex(sqlite3_vtab* vtab, sqlite3_index_info* info) {
        SearchVtab& table = Of(vtab);
        int query = -1, limit = -1, offset = -1;
        bool blocked = false;
        for (int i = 0; i < info->nConstraint; ++i) {
            const auto& one = info->aConstraint[i];
            if (one.op == SQLITE_INDEX_CONSTRAINT_LIMIT && one.usable != 0) limit = i;
            if (one.op == SQLITE_INDEX_CONSTRAINT_OFFSET && one.usable != 0) offset = i;
            const bool match = one.op == SQLITE_INDEX_CONSTRAINT_MATCH;
            if (!match && one.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
            if (one.iColumn != table.query_column()) {
                if (!match) continue;
                return table.Fail(Wrong(
                    StrCat("MATCH stands behind the search table's name: ", Printable(table.name),
                           " MATCH 'column:word' searches one column")));
            }
            if (one.usable == 0)
                blocked = true;
            else if (query < 0)
                query = i;
            else
                return table.Fail(Wrong(StrCat("search table '", Printable(table.name),
                                               "' has two MATCH; write both into one query")));
        }
        if (query < 0 && blocked) return SQLITE_CONSTRAINT;
        if (query < 0) {
            // What is behind an OR has a MATCH of its own; else xFilter says what is missing.
            info->estimatedCost = kRefusedCost;
            return SQLITE_OK;
        }
        int next = 1;
        const auto give = [&](int constraint, int bit, bool omit) {
            if (constraint < 0) return;
            info->aConstraintUsage[constraint].argvIndex = next++;
            info->aConstraintUsage[constraint].omit = omit ? 1 : 0;
            info->idxNum |= bit;
        };
        give(query, kHasQuery, true);
        give(limit, kHasLimit, false);
        give(offset, kHasOffset, false);
        info->estimatedCost = kSearchCost;
        info->estimatedRows = kSearchRows;
        info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].desc == 0 &&
                                info->aOrderBy[0].iColumn == table.rank_column();
        return SQLITE_OK;
    }

    static int Open(sqlite3_vtab* vtab, sqlite3_vtab_cursor** opened) {
        *opened = new SearchCursor(Of(vtab));
        return SQLITE_OK;
    }
    static int Close(sqlite3_vtab_cursor* cursor) {
        delete &Of(cursor);
        return SQLITE_OK;
    }

    static Status Find(SearchCursor& cursor, int index, sqlite3_value** values) {
        SearchVtab& table = cursor.table;
        if (table.owner.options_.writes)
            return Refused(StrCat(
                "search index '", Printable(table.name),
                "' cannot be used in a statement that is executed: search in a query, and write "
                "what it found",
                table.over.ok() ? StrCat("; to change rows, change table '",
                                         Printable(table.over->table), "' instead")
                                : ""));
        if ((index & kHasQuery) == 0)
            return Wrong(StrCat("search table '", Printable(table.name), "' needs MATCH: WHERE ",
                                Printable(table.name), " MATCH 'words'; or query table '",
                                table.over.ok() ? Printable(table.over->table) : "", "' itself"));
        uint64_t likely = 0;
        for (int i = 1; (index & (i == 1 ? kHasLimit : kHasOffset)) != 0 && i <= 2; ++i) {
            const int64_t number = sqlite3_value_int64(values[i]);
            if (number < 0 || number > INT32_MAX) break;
            likely += static_cast<uint64_t>(number);
        }
        if (sqlite3_value_type(values[0]) == SQLITE_NULL) {
            cursor.eof = true;
            return OkStatus();
        }
        const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
        if (text == nullptr)
            return MakeError(StatusCode::kResourceExhausted, "STATEMENT_TOO_LARGE",
                             "there is no memory for the words of a MATCH; give fewer");
        const InternalScope scope(table.owner.guard_);
        return cursor.Find({text, static_cast<size_t>(sqlite3_value_bytes(values[0]))}, likely);
    }
    static int Filter(sqlite3_vtab_cursor* cursor, int index, const char*, int,
                      sqlite3_value** values) {
        const Status found = Find(Of(cursor), index, values);
        return found.ok() ? SQLITE_OK : Of(cursor).table.Fail(found);
    }
    static int Next(sqlite3_vtab_cursor* cursor) {
        const Status moved = Of(cursor).Next();
        return moved.ok() ? SQLITE_OK : Of(cursor).table.Fail(moved);
    }
    static int Eof(sqlite3_vtab_cursor* cursor) { return Of(cursor).eof ? 1 : 0; }

    static int Column(sqlite3_vtab_cursor* at, sqlite3_context* context, int column) {
        SearchCursor& cursor = Of(at);
        if (column == cursor.table.query_column()) {
            sqlite3_result_int64(context, cursor.Token());
        } else if (column == cursor.table.rank_column()) {
            sqlite3_result_double(context, -cursor.rows->score());
        } else {
            const Result<sqlite3_value*> value = cursor.Column(column);
            if (!value.ok()) return cursor.table.Fail(value.status());
            sqlite3_result_value(context, *value);
        }
        return SQLITE_OK;
    }
    static int Rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* rowid) {
        const Result<int64_t> known = Of(cursor).Rowid();
        if (!known.ok()) return Of(cursor).table.Fail(known.status());
        *rowid = *known;
        return SQLITE_OK;
    }

    static int Update(sqlite3_vtab* vtab, int, sqlite3_value**, sqlite3_int64*) {
        const SearchVtab& table = Of(vtab);
        return Of(vtab).Fail(Refused(
            StrCat("search index '", Printable(table.name), "' is not written: change table '",
                   table.over.ok() ? Printable(table.over->table) : "it is over", "' instead")));
    }
    static int Rename(sqlite3_vtab* vtab, const char*) {
        return Of(vtab).Fail(Refused(StrCat("search index '", Printable(Of(vtab).name),
                                            "' is not renamed: drop it and create it with the new "
                                            "name")));
    }
    static int FindFunction(sqlite3_vtab* vtab, int count, const char* name,
                            void (**function)(sqlite3_context*, int, sqlite3_value**),
                            void** data) {
        *function = SearchFunctions::Of(name, count);
        *data = &Of(vtab).owner;
        return *function != nullptr ? 1 : 0;
    }
};

namespace {

const sqlite3_module& Callbacks() {
    static const sqlite3_module callbacks = [] {
        sqlite3_module module{};
        module.iVersion = 1;
        module.xCreate = &SearchCallbacks::Create;
        module.xConnect = &SearchCallbacks::Connect;
        module.xBestIndex = &SearchCallbacks::BestIndex;
        module.xDisconnect = &SearchCallbacks::Disconnect;
        module.xDestroy = &SearchCallbacks::Destroy;
        module.xOpen = &SearchCallbacks::Open;
        module.xClose = &SearchCallbacks::Close;
        module.xFilter = &SearchCallbacks::Filter;
        module.xNext = &SearchCallbacks::Next;
        module.xEof = &SearchCallbacks::Eof;
        module.xColumn = &SearchCallbacks::Column;
        module.xRowid = &SearchCallbacks::Rowid;
        module.xUpdate = &SearchCallbacks::Update;
        module.xFindFunction = &SearchCallbacks::FindFunction;
        module.xRename = &SearchCallbacks::Rename;
        return module;
    }();
    return callbacks;
}

}  // namespace

Status SearchTables::Register() {
    const int code = sqlite3_create_module_v2(db_, "search", &Callbacks(), this, nullptr);
    if (code != SQLITE_OK) return SqliteError(db_, code);
    return SearchFunctions::Register(db_);
}

Result<std::vector<SearchTableInfo>> SearchTables::List() {
    std::vector<SearchTableInfo> list;
    Prepared all;
    BLASTY_RETURN_IF_ERROR(
        all.Prepare(db_,
                    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND"
                    " rootpage = 0 ORDER BY rowid"));
    int code;
    while ((code = all.Step()) == SQLITE_ROW)
        list.push_back({std::string(all.Text(0)), std::string(all.Text(1)), std::nullopt});
    if (code != SQLITE_DONE) return SqliteError(db_, code);
    for (SearchTableInfo& info : list) {
        // Connects it.
        Prepared use;
        BLASTY_RETURN_IF_ERROR(
            use.Prepare(db_, StrCat("SELECT 1 FROM main.", QuotedName(info.name))));
        const auto known = tables_.find(info.name);
        if (known != tables_.end() && known->second->over.ok()) info.over = *known->second->over;
    }
    return list;
}

Status SearchTables::ErrorOf(std::string_view message) const {
    return !error_.ok() && MessageOf(error_) == message ? error_ : OkStatus();
}

int SearchTables::Fail(const Status& status, char** message) {
    const std::string reason = ReasonOf(status);
    // The guard knows which of them.
    if ((reason == "STATEMENT_TIMEOUT" || reason == "CANCELLED") && guard_.must_stop())
        return SQLITE_INTERRUPT;
    error_ = status;
    sqlite3_free(*message);
    *message = sqlite3_mprintf("%.*s", static_cast<int>(MessageOf(status).size()),
                               MessageOf(status).data());
    return SQLITE_ERROR;
}

}  // namespace blasty::tables::internal
