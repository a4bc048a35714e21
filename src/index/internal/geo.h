// Distances and areas on the globe.
#pragma once

#include <vector>

#include "index/fields.h"
#include "index/query.h"

namespace blasty::index::internal {

// Great-circle distance on a sphere of the earth's mean radius (haversine).
double DistanceMeters(const Point& a, const Point& b);
// No two places within `meters` are further apart in latitude.
double DegreesOfMeters(double meters);

bool Inside(const Point& point, const GeoBoxQuery& box);
// By crossings of the edges, taken as straight lines in degrees; an edge that spans more than 180
// degrees goes the other way round.
bool Inside(const Point& point, const std::vector<Point>& polygon);

}  // namespace blasty::index::internal
