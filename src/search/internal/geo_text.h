// Places as text and as JSON.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "index/fields.h"

namespace blasty::search::internal {

// Of a column: "latitude,longitude", or JSON: [longitude, latitude], {"lat": …, "lon": …} (also
// lng, latitude, longitude). Nothing: it is none, or not on the globe.
std::optional<index::Point> ParsePoint(std::string_view text);
// Of a query: the same as a value of JSON, or a geohash of up to 12 characters (a column's text may
// be any word, and many words are geohashes).
std::optional<index::Point> ReadPoint(const simdjson::dom::element& value);

}  // namespace blasty::search::internal
