// Several batches as one: at most one event a row, the newest values win.
#pragma once

#include <cstdint>
#include <vector>

#include "live/event.h"

namespace blasty::live {

// `batches` follow one another and are no snapshots. A row that is in the end as it was is in none
// of the events (REQUIRES old values, else a row that changed back shows as a change). Sorted by
// key, as the difference of two results is, the last counts behind; a single batch stays as it is.
// So a token in the middle can be resumed from the log.
EventBatchPtr Coalesce(const std::vector<EventBatchPtr>& batches);

}  // namespace blasty::live
