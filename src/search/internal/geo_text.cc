#include "search/internal/geo_text.h"

#include <simdjson.h>

#include <cmath>
#include <string>

#include "search/internal/number_text.h"

namespace blasty::search::internal {
namespace {

std::optional<index::Point> OnTheGlobe(double latitude, double longitude) {
    if (!(std::abs(latitude) <= 90) || !(std::abs(longitude) <= 180)) return std::nullopt;
    return index::Point{.latitude = latitude, .longitude = longitude};
}

std::optional<double> Member(const simdjson::dom::element& element,
                             std::initializer_list<const char*> names) {
    for (const char* name : names) {
        double number = 0;
        if (element[name].get(number) == simdjson::SUCCESS) return number;
    }
    return std::nullopt;
}

std::optional<index::Point> FromJson(std::string_view text) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (parser.parse(simdjson::padded_string(text.data(), text.size())).get(element) !=
        simdjson::SUCCESS)
        return std::nullopt;
    if (element.is_array()) {
        double longitude = 0, latitude = 0;
        if (element.at(0).get(longitude) != simdjson::SUCCESS ||
            element.at(1).get(latitude) != simdjson::SUCCESS)
            return std::nullopt;
        return OnTheGlobe(latitude, longitude);
    }
    const auto latitude = Member(element, {"lat", "latitude"});
    const auto longitude = Member(element, {"lon", "lng", "longitude"});
    if (!latitude || !longitude) return std::nullopt;
    return OnTheGlobe(*latitude, *longitude);
}

}  // namespace

std::optional<index::Point> ParsePoint(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    if (text.front() == '[' || text.front() == '{') return FromJson(text);
    const size_t comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto latitude = ReadNumber(text.substr(0, comma));
    const auto longitude = ReadNumber(text.substr(comma + 1));
    if (!latitude || !longitude) return std::nullopt;
    return OnTheGlobe(*latitude, *longitude);
}

}  // namespace blasty::search::internal
