#include "tables/internal/handle.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/row_versions.h"

namespace blasty::tables::internal {
namespace {

// What SQLite waits for are moments: the end of a commit, a checkpoint that wants the whole WAL.
constexpr int kBusyTriesMax = 20'000;
constexpr int kBusySleepMaxUs = 1'000;
constexpr int kValueBytesMax = 128 << 20;  // one text or blob, one row
constexpr int kSqlBytesMax = 16 << 20;

// Debian's SQLite is built without usleep: sqlite3_busy_timeout would sleep whole seconds.
int WaitWhileBusy(void*, int tries) {
    if (tries >= kBusyTriesMax) return 0;
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::min(10 * (tries + 1), kBusySleepMaxUs)));
    return 1;
}

// Of SQLite's own, reaching files: as if they did not exist.
void RemoveFunctions(sqlite3* db) {
    for (const int arguments : {1, 2}) {
        for (const char* const name : {"load_extension", "fts3_tokenizer"})
            sqlite3_create_function_v2(db, name, arguments, SQLITE_UTF8, nullptr, nullptr, nullptr,
                                       nullptr, nullptr);
    }
}

void SetLimits(sqlite3* db) {
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, kValueBytesMax);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, kSqlBytesMax);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

// A connection that could not be opened does not lead to the file system's own words.
Status OpenError(const Vfs& vfs, const std::string& path, const Status& error) {
    const std::string opening = StrCat("opening '", path, "'");
    if (ReasonOf(error) != "IO_ERROR" || vfs.last_error().ok()) return Annotate(error, opening);
    return MakeError(error.code(), "IO_ERROR",
                     StrCat(opening, ": ", MessageOf(error), ": ", MessageOf(vfs.last_error())));
}

}  // namespace

Result<std::unique_ptr<Handle>> Handle::Open(Vfs& vfs, const HandleOptions& options) {
    std::unique_ptr<Handle> handle(new Handle(vfs, options));
    const int mode =
        options.writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int code =
        sqlite3_open_v2(options.path.c_str(), &handle->db_,
                        mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, vfs.name().c_str());
    if (code != SQLITE_OK) return OpenError(vfs, options.path, SqliteError(handle->db_, code));
    const Status configured = handle->Configure(options);
    if (!configured.ok()) return Annotate(configured, StrCat("opening '", options.path, "'"));
    SearchTablesOptions search{options.search, options.guarded && options.writable};
    handle->search_ =
        std::make_unique<SearchTables>(handle->db_, handle->guard_, std::move(search));
    BLASTY_RETURN_IF_ERROR(handle->search_->Register());
    if (options.guarded) {
        handle->versions_ = std::make_unique<RowVersions>(*handle);
        BLASTY_RETURN_IF_ERROR(handle->versions_->Register());
        handle->guard_.Install(handle->db_);
    }
    return handle;
}

Handle::Handle(Vfs& vfs, const HandleOptions& options) : guard_(vfs.clock()), heap_(options.heap) {}

Handle::~Handle() {
    versions_.reset();
    cache_.Clear();
    // With a statement left open it would stay, and its files with it: close_v2 waits for it.
    sqlite3_close_v2(db_);
}

Status Handle::Configure(const HandleOptions& options) {
    sqlite3_extended_result_codes(db_, 1);
    sqlite3_busy_handler(db_, &WaitWhileBusy, nullptr);
    SetLimits(db_);
    AvoidUnsound(db_);
    if (!options.guarded) RemoveFunctions(db_);  // the guard says why
    constexpr std::pair<int, int> kSettings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    };
    for (const auto& [setting, value] : kSettings) sqlite3_db_config(db_, setting, value, nullptr);
    BLASTY_RETURN_IF_ERROR(Execute(
        StrCat("PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF; PRAGMA cache_size = -",
               options.page_cache_bytes / 1024)
            .c_str()));
    if (options.writable)
        BLASTY_RETURN_IF_ERROR(Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
    sqlite3_wal_autocheckpoint(db_, 0);
    return OkStatus();
}

Result<Statement> Handle::Cached(std::string_view sql, Access access) {
    if (CachedStatement* const cached = cache_.Take(sql, access)) {
        Statement statement(*this, cached->stmt, access, cached->facts);
        statement.cached_ = cached;
        return statement;
    }
    BLASTY_ASSIGN_OR_RETURN(Statement statement, Statement::Prepare(*this, sql, access));
    if (!statement.facts().changes_schema())
        statement.cached_ = cache_.Add(sql, access, statement.stmt_, statement.facts_);
    return statement;
}

Status Handle::Execute(const char* sql) {
    BLASTY_RETURN_IF_ERROR(guard_.Begin(Access::kInternal, sql));
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? OkStatus() : Error(code);
}

Status Handle::Error(int code) {
    const int kind = code & 0xff;
    // A refused function comes back as SQLITE_ERROR.
    if (guard_.refused() && (kind == SQLITE_AUTH || kind == SQLITE_ERROR)) return guard_.Refusal();
    if (kind == SQLITE_INTERRUPT) return guard_.Interruption();
    if (heap_.TakeRefused() && (kind == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM))
        return MakeError(StatusCode::kResourceExhausted, "STATEMENT_TOO_LARGE",
                         "sorting and intermediate results of the statement need more memory than "
                         "statements may take together; let it handle less at once, or use an "
                         "index");
    if (kind == SQLITE_ERROR) BLASTY_RETURN_IF_ERROR(search_->ErrorOf(sqlite3_errmsg(db_)));
    return SqliteError(db_, code);
}

}  // namespace blasty::tables::internal
