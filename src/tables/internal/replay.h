// Brings tables.db up to the log: applies, row image by row image, what the log holds after the
// applied sequence.
#pragma once

#include "base/status.h"
#include "log/log.h"
#include "tables/internal/store.h"

namespace blasty::tables::internal {

// TABLES_DAMAGED (DATA_LOSS) when the log and the file do not fit together; nothing is skipped.
// Transactions end with a frame, so that a crash in between finds whole commits.
Status Replay(Store& store, log::Log& log);

}  // namespace blasty::tables::internal
