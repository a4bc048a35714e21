// The columns that tables had before their shape changed, made again from the log: rows of that
// time tell only their values.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "log/log.h"
#include "tables/schema.h"

namespace blasty::tables {

struct PastShape {
    Sequence from;  // the schema change that made it
    std::vector<Column> columns;
};

// Of `table`, oldest first, by the schema changes up to `up_to`. REQUIRES that the log holds all
// changes of tables since its beginning (Tables::history_from() is 1). Empty: not known, because
// it would take too much reading. Blocks on the disk.
Result<std::vector<PastShape>> PastShapes(log::Log& log, TableId table, Sequence up_to);

// The one that holds after `sequence`; null: none.
const PastShape* ShapeAfter(const std::vector<PastShape>& shapes, Sequence sequence);

}  // namespace blasty::tables
