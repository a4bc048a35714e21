// What a schema change leaves as it was: everything that is made from a schema (compiled texts, the
// matcher, temp schemas) is brought on by the difference alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "live/internal/analysis.h"
#include "tables/schema.h"

namespace blasty::live::internal {

struct SchemaChange {
    // The new schema. Tables that are as they were are the very objects of the old one, so that
    // pointers to them stay valid.
    tables::SchemaPtr next;
    // Tables that disappeared and appeared; a table whose definition changed is in both.
    std::vector<std::shared_ptr<const tables::Table>> gone, come;
    // Views to be made again: those that changed, and those that may read what changed.
    std::vector<tables::SchemaObject> views_gone, views_come;
    // Tables with an index more or less. Nothing is planned again for them: the databases in which
    // texts are compiled have no indexes, so no plan and no placement can depend on one.
    absl::flat_hash_set<tables::TableId> reindexed;

    // False: `plan` means what it meant. True: it reads a table that is gone, or its text has the
    // name of something that changed.
    bool Concerns(const QueryPlan& plan) const;
    // It reads something that is gone or another thing now: its result has to begin anew.
    bool Voids(const QueryPlan& plan) const;
    // An index came or went whose absence or presence may show in the result: equal rows may come
    // in another order. Filters look at each row by itself, and what is told apart by whole keys
    // has one order only.
    bool Reorders(const QueryPlan& plan) const;

    // Hashes (WordHash) of the names of everything above, and of the views among it that changed,
    // directly or by reading one.
    absl::flat_hash_set<uint64_t> names, views;
};

SchemaChange Compare(const tables::Schema& before, const tables::SchemaPtr& next);

// Of a name, whatever its case (ASCII).
uint64_t WordHash(std::string_view name);
// Of all names a text can mean: words, and what stands in any kind of quotes. Sorted, each once.
std::vector<uint64_t> WordsOf(std::string_view sql);

}  // namespace blasty::live::internal
