// Values inside JSON, for the fields of an index.
#pragma once

#include <simdjson.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "index/fields.h"
#include "search/internal/json_path.h"
#include "tables/value.h"

namespace blasty::search::internal {

// The name of a text's field of whole values.
inline constexpr std::string_view kKeywordSuffix = ".keyword";

// Valid until the next call on the same thread. Nothing: it is no JSON.
std::optional<simdjson::dom::element> ParseJson(std::string_view text);

// Texts, numbers, true and false (1 and 0) in the element, and in arrays of it; with `places` also
// objects and arrays of numbers, as JSON text.
using VisitScalar = std::function<void(const tables::ValueView& value)>;
void ForEachScalar(const simdjson::dom::element& element, bool places, const VisitScalar& visit);

// Every value behind `path` (null: all) with the field it belongs to: the prefix and the names that
// lead to it, joined by dots. A text comes twice: as kText, and as kKeyword with kKeywordSuffix.
// Names over 256 bytes and what is deeper than 20 names is left out.
using VisitField =
    std::function<void(const std::string& name, index::FieldKind kind, const tables::ValueView&)>;
void ForEachField(const simdjson::dom::element& root, const JsonPath* path,
                  const std::string& prefix, const VisitField& visit);

}  // namespace blasty::search::internal
