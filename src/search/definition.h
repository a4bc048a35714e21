// What a search index is over, as its CREATE VIRTUAL TABLE … USING search(…) says it:
//
//   packages, name TEXT BOOST 3, description TEXT LANGUAGE english, section FACET, size NUMERIC,
//   updated DATE, place GEO, free BOOLEAN, section TEXT AS section_words,
//   data->'$.owner.name' TEXT AS owner, attributes JSON
//
// or, over the messages of a topic:
//
//   TOPIC orders, customer.name TEXT, amount NUMERIC, key FACET, time DATE
//
// First the table (of a topic: see internal/topic_source.h), then the fields: a column, or a path
// into the JSON of a column, its type (TEXT when left out), and options. What is no column of a
// message is a path into its payload. A JSON field stands for all that is found inside (mapping.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tables/schema.h"

namespace blasty::search {

enum class FieldType { kText, kFacet, kNumeric, kDate, kBoolean, kGeo, kJson };
std::string_view NameOf(FieldType type);

struct FieldDefinition {
    std::string column;
    std::string path;  // into the JSON of the column (internal/json_path.h); empty: the column
    std::string name;  // AS name; else the names on the path, or the column
    FieldType type = FieldType::kText;
    double boost = 1;      // BOOST n, above 0
    std::string analyzer;  // kText: the chain (ANALYZER 'chain' or LANGUAGE name)
};

struct Definition {
    bool topic = false;  // `table` names a topic
    std::string table;
    std::vector<FieldDefinition> fields;
};

// `arguments`: those of the virtual table. BAD_INDEX_DEFINITION (INVALID_ARGUMENT) names the word
// and what could stand there.
Result<Definition> ParseDefinition(const std::vector<std::string>& arguments);
// The arguments out of a whole CREATE VIRTUAL TABLE statement.
Result<Definition> ParseStatement(std::string_view sql);
// All that an index on disk depends on, as text to compare.
std::string Fingerprint(const Definition& definition, const tables::Table& table);

}  // namespace blasty::search
