// A consistent copy of tables.db while it is in use.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/status.h"
#include "io/file_system.h"
#include "tables/internal/vfs.h"

namespace blasty::tables::internal {

// Copies one snapshot of the tables.db at `from` to `to`, which must not exist (FILE_EXISTS),
// durably. Returns the sequence it stands at. What was begun is removed after an error.
Result<Sequence> CopyTables(io::FileSystem& fs, Vfs& vfs, const std::string& from,
                            const std::string& to);

}  // namespace blasty::tables::internal
