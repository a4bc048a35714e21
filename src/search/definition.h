// What a search index is over, as its CREATE VIRTUAL TABLE … USING search(…) says it:
//
//   packages, name TEXT BOOST 3, description TEXT LANGUAGE english, section FACET, size NUMERIC,
//   updated DATE, place GEO, free BOOLEAN, section TEXT AS section_words
//
// First the table, then the fields: a column, its type (TEXT when left out), and options.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tables/schema.h"

namespace blasty::search {

enum class FieldType { kText, kFacet, kNumeric, kDate, kBoolean, kGeo };
std::string_view NameOf(FieldType type);

struct FieldDefinition {
    std::string column;
    std::string name;  // AS name; else the column
    FieldType type = FieldType::kText;
    double boost = 1;      // BOOST n, above 0
    std::string analyzer;  // kText: the chain (ANALYZER 'chain' or LANGUAGE name)
};

struct Definition {
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
