// A copy of a database at one sequence as one archive, and back. Bytes: docs/backup.md. Engine
// writes it while everything runs; restoring is done without a server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "exec/executor.h"
#include "io/file_system.h"

namespace blasty::engine {

// Takes the bytes of an archive in order; may block. `total_bytes` is an estimate of the whole. Its
// error ends the backup and is returned.
using BackupSink = std::function<Status(std::string_view bytes, uint64_t total_bytes)>;
// Up to `size` bytes of an archive into `out`; 0: that was all.
using BackupSource = std::function<Result<size_t>(char* out, size_t size)>;

struct BackupInfo {
    Sequence sequence;         // last record in it
    Sequence tables_sequence;  // at which the copy of tables.db stands; the log has the rest
    uint64_t files = 0;
    uint64_t bytes = 0;  // of the archive
    int64_t created_us = 0;
};

struct RestoreOptions {
    std::string data_directory;  // must be empty or absent: DIRECTORY_NOT_EMPTY
    // Told now and then how many bytes of the archive were read; may be empty.
    std::function<void(uint64_t bytes)> progress;
};

// Writes the database of the archive into `data_directory`, checks every checksum, opens it once,
// and only then says ok; after an error nothing of it is left. BACKUP_DAMAGED (DATA_LOSS) names the
// place, BACKUP_VERSION_UNKNOWN (FAILED_PRECONDITION), DIRECTORY_NOT_EMPTY (FAILED_PRECONDITION),
// and the errors of Engine::Open.
Result<BackupInfo> RestoreBackup(io::FileSystem& fs, const BackupSource& source,
                                 const RestoreOptions& options, exec::Executor& executor,
                                 const Clock& clock);
// Checks an archive without writing anything.
Result<BackupInfo> VerifyBackup(const BackupSource& source);

}  // namespace blasty::engine
