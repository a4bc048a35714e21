// `blasty restore`: an archive becomes a data directory, without a server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"

namespace blasty::server {

struct RestoredDatabase {
    uint64_t sequence = 0;  // last record
    int64_t created_us = 0;
    uint64_t files = 0;
    uint64_t bytes = 0;  // of the archive
};

// Told now and then: bytes of the archive read, and bytes in all (0: not known).
using RestoreProgress = std::function<void(uint64_t done, uint64_t total)>;

// `archive`: a path, or "-" for standard input. Errors of engine::RestoreBackup; FILE_NOT_FOUND.
Result<RestoredDatabase> RestoreDatabase(const std::string& archive,
                                         const std::string& data_directory,
                                         const RestoreProgress& progress);
// Checks every checksum of an archive, writes nothing.
Result<RestoredDatabase> VerifyArchive(const std::string& archive);

}  // namespace blasty::server
