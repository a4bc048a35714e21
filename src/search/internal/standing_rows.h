// Rows of a table as they were at a sequence, and what changed in it commit by commit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "search/internal/standing_core.h"
#include "tables/commit.h"

namespace blasty::search::standing {

// Net changes of one commit to one table.
struct TableChanges {
    Sequence base, last;  // the sequence before the commit, and that of its last record
    std::vector<tables::RowChange> changes;
};

// Where they are read: the table, or when it is not null the messages of a topic.
struct ChangesOf {
    tables::TableId table;
    std::shared_ptr<internal::Source> messages;
};

// Commits with changes of it after `after`, up to `to`; false from `visit` ends it.
// SEQUENCE_GONE when they are no longer stored; CANCELLED when the core is stopped.
Status VisitChanges(Core& core, const ChangesOf& of, Sequence after, Sequence to,
                    const std::function<Result<bool>(const TableChanges&)>& visit);

// Encoded key -> encoded row, all columns, as of `view`. Rows that were not there are left out.
Result<absl::flat_hash_map<std::string, std::string>> ReadRows(
    Core& core, const internal::LiveIndex::View& view, const std::vector<std::string>& keys);

}  // namespace blasty::search::standing
