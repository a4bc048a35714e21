// Committed changes of tables, as they stand in the log: what live queries and history read.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "log/frame.h"
#include "tables/schema.h"

namespace blasty::tables {

enum class ChangeKind : uint8_t { kInsert = 1, kUpdate = 2, kDelete = 3 };

// One row image pair. Views into the frame of the commit. Rows hold every column in table order
// (value.h).
struct RowChange {
    Sequence sequence;
    TableId table;
    ChangeKind kind = ChangeKind::kInsert;
    std::string_view key;      // encoded key columns, in key order, of the new row (kDelete: old)
    std::string_view old_key;  // kUpdate: of the old row (mostly equal); else empty
    std::string_view old_row;  // empty for kInsert
    std::string_view new_row;  // empty for kDelete
};

// Everything that became visible together: the group of requests the writer committed at once.
struct Commit {
    Sequence first, last;  // of its records
    int64_t time_us = 0;
    std::vector<RowChange> changes;            // in the order they were made
    bool schema_changed = false;               // schema changes come alone: `changes` is empty then
    std::vector<std::string_view> schema_sql;  // the statements of a schema change
    log::FramePtr frame;                       // keeps the views alive

    // True when the commit holds nothing of tables.
    bool empty() const { return changes.empty() && !schema_changed; }
};

// The table part of a frame: at most one commit. ROW_DAMAGED, UNKNOWN_RECORD_VERSION (DATA_LOSS).
Result<Commit> DecodeCommit(const log::FramePtr& frame);

// One change a row: the first old image and the last new one of each key, without those that end
// as they began; a changed key becomes a delete and an insert. Order: of the last change of each
// key. Deterministic.
std::vector<RowChange> NetChanges(const std::vector<RowChange>& changes);

}  // namespace blasty::tables
