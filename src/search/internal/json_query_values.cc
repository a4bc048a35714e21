#include "search/internal/json_query_values.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "search/internal/geo_text.h"
#include "search/internal/number_text.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {
namespace {

using simdjson::dom::element_type;

std::string_view TypeName(const JsonValue& value) {
    switch (value.type()) {
        case element_type::ARRAY:
            return "an array";
        case element_type::OBJECT:
            return "an object";
        case element_type::STRING:
            return "a string";
        case element_type::BOOL:
            return "true or false";
        case element_type::NULL_VALUE:
            return "null";
        default:
            break;
    }
    return "a number";
}

Status WrongType(std::string_view name, std::string_view wanted, const JsonValue& value) {
    return BadQuery(StrCat("\"", name, "\" must be ", wanted, ", not ", TypeName(value)));
}

std::string_view Trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<JsonValue> Member(const JsonMembers& object, std::string_view name) {
    JsonValue value;
    if (object.at_key(name).get(value) || value.is_null()) return std::nullopt;
    return value;
}

Result<std::optional<std::string>> TextMember(const JsonMembers& object, std::string_view name) {
    const auto value = Member(object, name);
    if (!value) return std::optional<std::string>();
    std::string_view text;
    if (value->get_string().get(text)) return WrongType(name, "a string", *value);
    return std::optional<std::string>(text);
}

Result<std::optional<double>> NumberMember(const JsonMembers& object, std::string_view name) {
    const auto value = Member(object, name);
    if (!value) return std::optional<double>();
    double number = 0;
    if (value->get_double().get(number)) return WrongType(name, "a number", *value);
    return std::optional<double>(number);
}

Result<bool> TruthMember(const JsonMembers& object, std::string_view name, bool otherwise) {
    const auto value = Member(object, name);
    if (!value) return otherwise;
    bool truth = false;
    if (value->get_bool().get(truth)) return WrongType(name, "true or false", *value);
    return truth;
}

Result<uint64_t> CountMember(const JsonMembers& object, std::string_view name, uint64_t otherwise,
                             uint64_t max) {
    BLASTY_ASSIGN_OR_RETURN(const auto number, NumberMember(object, name));
    if (!number) return otherwise;
    if (!(*number >= 0) || *number > static_cast<double>(max) || *number != std::floor(*number))
        return BadQuery(StrCat("\"", name, "\" must be a whole number of 0 to ", max));
    return static_cast<uint64_t>(*number);
}

Result<std::vector<std::string>> TextsMember(const JsonMembers& object, std::string_view name) {
    std::vector<std::string> texts;
    const auto value = Member(object, name);
    if (!value) return texts;
    BLASTY_ASSIGN_OR_RETURN(const auto array, ArrayOf(*value, name));
    for (const JsonValue element : array) {
        std::string_view text;
        if (element.get_string().get(text))
            return WrongType(StrCat(name, "[", texts.size(), "]"), "a string", element);
        texts.emplace_back(text);
    }
    return texts;
}

Result<JsonMembers> ObjectOf(const JsonValue& value, std::string_view name) {
    JsonMembers object;
    if (value.get_object().get(object)) return WrongType(name, "an object", value);
    return object;
}

Result<simdjson::dom::array> ArrayOf(const JsonValue& value, std::string_view name) {
    simdjson::dom::array array;
    if (value.get_array().get(array)) return WrongType(name, "an array", value);
    return array;
}

Result<index::Point> ParsePoint(const JsonValue& value) {
    if (const auto point = ReadPoint(value)) return *point;
    return BadQuery(
        "a place is {\"lat\":…,\"lon\":…}, [longitude, latitude], \"latitude,longitude\" or a "
        "geohash, with a latitude of -90 to 90 and a longitude of -180 to 180");
}

std::optional<double> UnitMeters(std::string_view unit) {
    constexpr std::array<std::pair<std::string_view, double>, 18> kUnits = {
        {{"in", 0.0254},
         {"inch", 0.0254},
         {"yd", 0.9144},
         {"yards", 0.9144},
         {"ft", 0.3048},
         {"feet", 0.3048},
         {"km", 1000},
         {"kilometers", 1000},
         {"nm", 1852},
         {"nauticalmiles", 1852},
         {"mm", 0.001},
         {"millimeters", 0.001},
         {"cm", 0.01},
         {"centimeters", 0.01},
         {"mi", 1609.344},
         {"miles", 1609.344},
         {"m", 1},
         {"meters", 1}}};
    for (const auto& [name, meters] : kUnits) {
        if (unit == name) return meters;
    }
    return std::nullopt;
}

std::optional<double> ParseDistance(std::string_view text) {
    text = Trimmed(text);
    // A unit begins with the first letter that no exponent's `e` can be.
    size_t end = text.find_last_of("0123456789.");
    if (end == std::string_view::npos) return std::nullopt;
    ++end;
    const auto number = ReadNumber(Trimmed(text.substr(0, end)));
    const std::string_view unit = Trimmed(text.substr(end));
    const auto meters = unit.empty() ? std::optional<double>(1) : UnitMeters(unit);
    if (!number || !meters || *number < 0) return std::nullopt;
    return *number * *meters;
}

Result<JsonValue> ReadJson(simdjson::dom::parser& parser, std::string_view json, size_t bytes_max) {
    if (json.size() > bytes_max) {
        return BadQuery(StrCat("the JSON is ", json.size(), " bytes long; at most ", bytes_max,
                               " are possible"));
    }
    JsonValue value;
    if (const auto error = parser.parse(json.data(), json.size()).get(value))
        return BadQuery(StrCat("this is not JSON: ", simdjson::error_message(error)));
    return value;
}

}  // namespace blasty::search::internal
