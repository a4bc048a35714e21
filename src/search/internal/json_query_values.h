// Reading values of JSON documents of queries and requests.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/fields.h"

namespace blasty::search::internal {

using JsonValue = simdjson::dom::element;
using JsonMembers = simdjson::dom::object;

// The member of a name; nothing when it is absent or null.
std::optional<JsonValue> Member(const JsonMembers& object, std::string_view name);

// BAD_QUERY "\"NAME\" must be a …, not …" when it has another type; nothing when it is absent.
Result<std::optional<std::string>> TextMember(const JsonMembers& object, std::string_view name);
Result<std::optional<double>> NumberMember(const JsonMembers& object, std::string_view name);
Result<bool> TruthMember(const JsonMembers& object, std::string_view name, bool otherwise);
// A whole number of 0 to `max`.
Result<uint64_t> CountMember(const JsonMembers& object, std::string_view name, uint64_t otherwise,
                             uint64_t max);
Result<std::vector<std::string>> TextsMember(const JsonMembers& object, std::string_view name);
Result<JsonMembers> ObjectOf(const JsonValue& value, std::string_view name);
Result<simdjson::dom::array> ArrayOf(const JsonValue& value, std::string_view name);

// As ReadPoint (geo_text.h). BAD_QUERY.
Result<index::Point> ParsePoint(const JsonValue& value);

// "100mi", "5 km", "12" (meters). Nothing when it is none.
std::optional<double> ParseDistance(std::string_view text);
// Meters in one of a unit; nothing when there is no such unit.
std::optional<double> UnitMeters(std::string_view unit);

// Reads a whole document: BAD_QUERY when it is longer than `bytes_max` or not JSON. The value lives
// as long as `parser` is neither used again nor destroyed.
Result<JsonValue> ReadJson(simdjson::dom::parser& parser, std::string_view json, size_t bytes_max);

}  // namespace blasty::search::internal
