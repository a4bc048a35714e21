#include "tables/internal/copy.h"

#include <memory>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/connection_impl.h"
#include "tables/internal/handle.h"

namespace blasty::tables::internal {
namespace {

struct CloseConnection {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using RawConnection = std::unique_ptr<sqlite3, CloseConnection>;

Status CopyPages(Handle& source, Vfs& vfs, const std::string& to) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(
        to.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
        vfs.name().c_str());
    const RawConnection target(raw);
    if (opened != SQLITE_OK) return SqliteError(raw, opened);
    // The file is thrown away when this fails: no journal, but every byte synced at the end.
    int code = sqlite3_exec(raw, "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL", nullptr,
                            nullptr, nullptr);
    if (code != SQLITE_OK) return SqliteError(raw, code);
    sqlite3_backup* backup = sqlite3_backup_init(raw, "main", source.db(), "main");
    if (backup == nullptr) return SqliteError(raw, sqlite3_errcode(raw));
    sqlite3_backup_step(backup, -1);
    code = sqlite3_backup_finish(backup);
    return code == SQLITE_OK ? OkStatus() : SqliteError(raw, code);
}

}  // namespace

Result<Sequence> CopyTables(io::FileSystem& fs, Vfs& vfs, const std::string& from,
                            const std::string& to) {
    if (fs.Open(to, io::OpenMode::kRead).ok())
        return MakeError(StatusCode::kAlreadyExists, "FILE_EXISTS",
                         StrCat("'", to, "' exists already; choose another path"));
    HandleOptions options;
    options.path = from;
    options.guarded = false;
    BLASTY_ASSIGN_OR_RETURN(const std::unique_ptr<Handle> source, Handle::Open(vfs, options));
    Snapshots snapshots(*source);
    BLASTY_ASSIGN_OR_RETURN(const Sequence sequence, snapshots.Begin());
    Status copied = CopyPages(*source, vfs, to);
    if (copied.ok()) copied = fs.SyncDirectory(io::ParentDirectory(to));
    if (copied.ok()) return sequence;
    // Whether it can be removed does not change what went wrong.
    (void)fs.Remove(to);
    return copied;
}

}  // namespace blasty::tables::internal
