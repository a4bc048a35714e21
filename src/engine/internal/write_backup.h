// Gathers what a backup holds from the running database.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "engine/backup.h"
#include "io/file_system.h"
#include "tables/tables.h"
#include "topics/topics.h"

namespace blasty::engine::internal {

// Names inside an archive, relative to the directory of the database.
constexpr char kTablesFile[] = "tables.db";
constexpr char kHistoryFile[] = "tables.history";        // not there while history begins at 1
constexpr char kCheckpointFile[] = "topics.checkpoint";  // not there while the log is short
constexpr char kLogDirectory[] = "log";
// While a backup runs, beside them.
constexpr char kTablesCopy[] = "tables.backup.tmp";

struct BackupParts {
    io::FileSystem& fs;
    std::string directory;  // of the database
    topics::Topics& topics;
    tables::Tables& tables;
    const Clock& clock;
};

// REQUIRES: records of tables from tables.keep_from() on are held while this runs; one at a time.
Result<BackupInfo> WriteBackup(const BackupParts& parts, const BackupSink& sink);
// Removes what a backup left that was cut off.
void RemoveBackupLeftovers(io::FileSystem& fs, const std::string& directory);

}  // namespace blasty::engine::internal
