#include "search/internal/geo_text.h"

#include <array>
#include <cmath>
#include <initializer_list>
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

std::optional<index::Point> FromPair(std::string_view text) {
    const size_t comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto latitude = ReadNumber(text.substr(0, comma));
    const auto longitude = ReadNumber(text.substr(comma + 1));
    if (!latitude || !longitude) return std::nullopt;
    return OnTheGlobe(*latitude, *longitude);
}

// Halves the world bit by bit, longitude and latitude in turn; the middle of what remains.
std::optional<index::Point> FromGeohash(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789bcdefghjkmnpqrstuvwxyz";
    if (text.empty() || text.size() > 12) return std::nullopt;
    std::array<double, 2> low = {-180, -90}, high = {180, 90};
    size_t axis = 0;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const size_t digit = kDigits.find(lower);
        if (digit == std::string_view::npos) return std::nullopt;
        for (size_t bit = 16; bit > 0; bit /= 2, axis ^= 1) {
            const double middle = (low[axis] + high[axis]) / 2;
            ((digit & bit) != 0 ? low : high)[axis] = middle;
        }
    }
    return index::Point{.latitude = (low[1] + high[1]) / 2, .longitude = (low[0] + high[0]) / 2};
}

}  // namespace

std::optional<index::Point> ReadPoint(const simdjson::dom::element& value) {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
        if (text.find(',') != std::string_view::npos) return FromPair(text);
        while (text.starts_with(' ')) text.remove_prefix(1);
        while (text.ends_with(' ')) text.remove_suffix(1);
        return FromGeohash(text);
    }
    if (value.is_array()) {
        double longitude = 0, latitude = 0;
        if (value.at(0).get(longitude) != simdjson::SUCCESS ||
            value.at(1).get(latitude) != simdjson::SUCCESS)
            return std::nullopt;
        return OnTheGlobe(latitude, longitude);
    }
    if (!value.is_object()) return std::nullopt;
    const auto latitude = Member(value, {"lat", "latitude"});
    const auto longitude = Member(value, {"lon", "lng", "longitude"});
    if (!latitude || !longitude) return std::nullopt;
    return OnTheGlobe(*latitude, *longitude);
}

std::optional<index::Point> ParsePoint(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (!text.starts_with('[') && !text.starts_with('{')) return FromPair(text);
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (parser.parse(simdjson::padded_string(text.data(), text.size())).get(element) !=
        simdjson::SUCCESS)
        return std::nullopt;
    return ReadPoint(element);
}

}  // namespace blasty::search::internal
