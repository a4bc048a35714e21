// Places as text.
#pragma once

#include <optional>
#include <string_view>

#include "index/fields.h"

namespace blasty::search::internal {

// "latitude,longitude", or JSON: [longitude, latitude], {"lat": …, "lon": …} (also lng, latitude,
// longitude). Nothing: it is none, or not on the globe.
std::optional<index::Point> ParsePoint(std::string_view text);

}  // namespace blasty::search::internal
