#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/vfs_impl.h"

namespace blasty::tables {
namespace {

constexpr size_t kMessageBytesMax = 500;

// What the file system said last, or ok.
Status FileError(sqlite3* db) {
    Status error;
    sqlite3_file_control(db, "main", internal::kGetLastError, &error);
    return error;
}

Status OfFiles(sqlite3* db, StatusCode code, std::string_view reason, std::string_view message) {
    const Status cause = FileError(db);
    if (cause.ok()) return MakeError(code, reason, message);
    return MakeError(code, reason, StrCat(message, ": ", MessageOf(cause)));
}

}  // namespace

Status SqliteError(sqlite3* db, int code) {
    const std::string message = Printable(sqlite3_errmsg(db), kMessageBytesMax);
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
            return MakeError(StatusCode::kFailedPrecondition, "CONSTRAINT_FAILED", message);
        case SQLITE_AUTH:
        case SQLITE_READONLY:
            return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED", message);
        case SQLITE_INTERRUPT:
            return MakeError(StatusCode::kCancelled, "CANCELLED", "the statement was cancelled");
        case SQLITE_FULL:
            return OfFiles(db, StatusCode::kResourceExhausted, "NO_SPACE", message);
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            if (code == SQLITE_IOERR_NOMEM) break;
            return OfFiles(db, StatusCode::kUnavailable, "IO_ERROR", message);
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED",
                             StrCat("tables.db: ", message,
                                    "; set it aside and restart: it is built again from the log "
                                    "when that still holds everything, else restore a backup"));
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return MakeError(StatusCode::kResourceExhausted, "OVERLOADED",
                             StrCat(message, "; try again later"));
        case SQLITE_NOMEM:
            break;
        default:
            return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", message);
    }
    return MakeError(StatusCode::kResourceExhausted, "STATEMENT_TOO_LARGE",
                     "there is not enough memory for the statement; let it handle less at once");
}

}  // namespace blasty::tables
