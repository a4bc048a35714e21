#include "tables/internal/guard.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "tables/internal/meta.h"

namespace blasty::tables::internal {
namespace {

// Operations of SQLite's machine between two looks at the clock: some ten microseconds.
constexpr int kProgressOperations = 1000;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameWord(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return Lower(x) == Lower(y); });
}

bool HasPrefix(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && SameWord(text.substr(0, prefix.size()), prefix);
}

template <size_t size>
bool IsOneOf(std::string_view word, const std::array<std::string_view, size>& words) {
    return std::any_of(words.begin(), words.end(),
                       [word](std::string_view other) { return SameWord(word, other); });
}

constexpr std::array<std::string_view, 10> kReadingPragmas = {
    "table_info",       "table_xinfo",   "index_list",     "index_info",  "index_xinfo",
    "foreign_key_list", "function_list", "collation_list", "quick_check", "integrity_check"};

// Tables that SQLite brings along and that show its files or memory.
constexpr std::array<std::string_view, 7> kForeignTables = {
    "dbstat", "sqlite_stmt", "sqlite_dbpage", "fts3tokenize", "bytecode", "tables_used", "fsdir"};

constexpr std::array<std::string_view, 7> kForeignFunctions = {
    "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "lsmode", "zipfile"};

bool IsSchemaTable(std::string_view name) {
    constexpr std::array<std::string_view, 4> kNames = {"sqlite_master", "sqlite_schema",
                                                        "sqlite_temp_master", "sqlite_temp_schema"};
    return IsOneOf(name, kNames);
}

// After white space and comments.
std::string_view FirstWord(std::string_view sql) {
    for (;;) {
        const size_t start = sql.find_first_not_of(" \t\r\n\f;");
        if (start == std::string_view::npos) return {};
        sql.remove_prefix(start);
        size_t end;
        if (sql.starts_with("--"))
            end = sql.find('\n');
        else if (sql.starts_with("/*"))
            end = sql.find("*/", 2);
        else
            return sql.substr(0, sql.find_first_of(" \t\r\n\f;(/-"));
        if (end == std::string_view::npos) return {};
        sql.remove_prefix(end + 1);
        if (sql.starts_with('/')) sql.remove_prefix(1);
    }
}

// Empty: `action` is no statement that is refused whatever it names.
std::string_view RefusedWhole(int action) {
    switch (action) {
        case SQLITE_ATTACH:
        case SQLITE_DETACH:
            return "ATTACH and DETACH are refused: a database is its own; read the other one "
                   "through "
                   "a connection to it";
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:
            return "BEGIN, COMMIT, ROLLBACK and SAVEPOINT are refused: send the statements "
                   "together "
                   "as one transaction";
        case SQLITE_CREATE_TEMP_TABLE:
        case SQLITE_CREATE_TEMP_INDEX:
        case SQLITE_CREATE_TEMP_TRIGGER:
        case SQLITE_CREATE_TEMP_VIEW:
        case SQLITE_DROP_TEMP_TABLE:
        case SQLITE_DROP_TEMP_INDEX:
        case SQLITE_DROP_TEMP_TRIGGER:
        case SQLITE_DROP_TEMP_VIEW:
            return "temporary tables, indexes, triggers and views are refused: connections are "
                   "shared; use WITH, or a table of your own";
        case SQLITE_ANALYZE:
            return "ANALYZE is refused: statistics are not kept; leave it away";
        case SQLITE_REINDEX:
            return "REINDEX is refused: indexes are always up to date; leave it away";
        default:
            return {};
    }
}

bool IsSchemaAction(int action) {
    switch (action) {
        case SQLITE_CREATE_TABLE:
        case SQLITE_CREATE_INDEX:
        case SQLITE_CREATE_TRIGGER:
        case SQLITE_CREATE_VIEW:
        case SQLITE_CREATE_VTABLE:
        case SQLITE_DROP_VTABLE:
        case SQLITE_DROP_TABLE:
        case SQLITE_DROP_INDEX:
        case SQLITE_DROP_TRIGGER:
        case SQLITE_DROP_VIEW:
        case SQLITE_ALTER_TABLE:
            return true;
        default:
            return false;
    }
}

std::string_view View(const char* text) { return text == nullptr ? "" : text; }

std::string RefusePragma(std::string_view name, std::string_view argument) {
    if (!IsOneOf(name, kReadingPragmas))
        return StrCat("PRAGMA ", Printable(name),
                      " is refused: settings belong to the server; table_info, index_list, "
                      "foreign_key_list and their like may be asked");
    if (HasPrefix(argument, kReservedPrefix))
        return StrCat("'", Printable(argument), "' is refused: it belongs to the server");
    return {};
}

}  // namespace

bool IsReservedName(std::string_view name) {
    return HasPrefix(name, kReservedPrefix) || HasPrefix(name, "sqlite_");
}

void Guard::Install(sqlite3* db) {
    sqlite3_set_authorizer(db, Authorize, this);
    sqlite3_progress_handler(db, kProgressOperations, Progress, this);
}

Status Guard::Begin(Access access, std::string_view sql) {
    access_ = access;
    facts_ = StatementFacts();
    refusal_.clear();
    if (access == Access::kUser && SameWord(FirstWord(sql), "VACUUM")) {
        refusal_ =
            "VACUUM is refused: free pages of tables.db are used again by themselves; leave it "
            "away, or take a backup for a compact copy";
        return Refusal();
    }
    return OkStatus();
}

Status Guard::Refusal() const {
    return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED",
                     refusal_.empty() ? "the statement may not be executed here" : refusal_);
}

int Guard::Authorize(void* self, int action, const char* first, const char* second,
                     const char* schema, const char*) {
    auto& guard = *static_cast<Guard*>(self);
    if (IsSchemaAction(action) && !HasPrefix(View(first), "sqlite_")) {
        const bool alter = action == SQLITE_ALTER_TABLE;  // has the schema's name first
        guard.facts_.actions.push_back({action, std::string(View(alter ? second : first)),
                                        std::string(alter ? View(nullptr) : View(second))});
    }
    if (action == SQLITE_INSERT && IsSchemaTable(View(first))) guard.facts_.writes_schema = true;
    if (guard.access_ == Access::kInternal) return SQLITE_OK;
    std::string refusal = guard.Judge(action, View(first), View(second), View(schema));
    if (refusal.empty()) return SQLITE_OK;
    guard.refusal_ = std::move(refusal);
    return SQLITE_DENY;
}

std::string Guard::Judge(int action, std::string_view first, std::string_view second,
                         std::string_view schema) const {
    // CREATE INDEX asks for this by itself.
    if (action == SQLITE_REINDEX && facts_.changes_schema()) return {};
    if (const std::string_view whole = RefusedWhole(action); !whole.empty())
        return std::string(whole);
    if (action == SQLITE_CREATE_VTABLE && !SameWord(second, "search"))
        return "virtual tables are refused: their changes cannot be followed; use a table, and "
               "json_each or json_tree to take JSON apart";
    // CREATE TABLE temp.x is no CREATE TEMP TABLE here.
    if (IsSchemaAction(action) && action != SQLITE_ALTER_TABLE && schema == "temp")
        return std::string(RefusedWhole(SQLITE_CREATE_TEMP_TABLE));
    switch (action) {
        case SQLITE_PRAGMA:
            return RefusePragma(first, second);
        case SQLITE_FUNCTION:
            if (!IsOneOf(second, kForeignFunctions)) return {};
            return StrCat("function ", Printable(second),
                          "() is refused: it reaches files or other programs; read the file in the "
                          "client and give its contents as a parameter");
        case SQLITE_READ:
            if (IsOneOf(first, kForeignTables))
                return StrCat("table '", Printable(first),
                              "' is refused: it shows the inside of SQLite; query your tables and "
                              "sqlite_schema");
            break;
        case SQLITE_SELECT:
            if (std::any_of(facts_.actions.begin(), facts_.actions.end(),
                            [](const SchemaAction& a) { return a.action == SQLITE_CREATE_TABLE; }))
                return "CREATE TABLE … AS SELECT is refused: such a table has no primary key; "
                       "create "
                       "it with its columns, then INSERT INTO … SELECT";
            return {};
        case SQLITE_INSERT:
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
            // Schema statements write these themselves; SQLite lets nobody else write the schema.
            if (!HasPrefix(first, "sqlite_") || IsSchemaTable(first) || facts_.changes_schema())
                break;
            return StrCat("writing '", Printable(first),
                          "' is refused: it belongs to SQLite; change your own tables");
        default:
            break;
    }
    const bool second_is_name = action != SQLITE_READ && action != SQLITE_UPDATE;
    for (const std::string_view name : {first, second_is_name ? second : std::string_view()})
        if (HasPrefix(name, kReservedPrefix))
            return StrCat("'", Printable(name),
                          "' is refused: names that begin with __blasty belong to the server; "
                          "choose another name");
    return {};
}

void Guard::Arm(int64_t deadline_us, const std::atomic<bool>* cancelled) {
    deadline_us_ = deadline_us;
    cancelled_ = cancelled;
    timed_out_ = false;
}

bool Guard::MustStop() {
    if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) return true;
    if (deadline_us_ == INT64_MAX || clock_.MonotonicMicros() < deadline_us_) return false;
    timed_out_ = true;
    return true;
}

int Guard::Progress(void* self) { return static_cast<Guard*>(self)->MustStop() ? 1 : 0; }

Status Guard::Check() { return MustStop() ? Interruption() : OkStatus(); }

Status Guard::Interruption() const {
    if (timed_out_)
        return MakeError(StatusCode::kDeadlineExceeded, "STATEMENT_TIMEOUT",
                         "the statement took longer than it may; give it more time, an index, or "
                         "less to do");
    return MakeError(StatusCode::kCancelled, "CANCELLED", "the statement was cancelled");
}

}  // namespace blasty::tables::internal
