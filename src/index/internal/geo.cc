#include "index/internal/geo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace blasty::index::internal {
namespace {

constexpr double kEarthRadiusMeters = 6371008.8;

double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

// The longitude as seen from `from`: at most 180 degrees away.
double Unwrapped(double longitude, double from) {
    if (longitude - from > 180) return longitude - 360;
    if (longitude - from < -180) return longitude + 360;
    return longitude;
}

}  // namespace

double DistanceMeters(const Point& a, const Point& b) {
    const double lat = std::sin(Radians(b.latitude - a.latitude) / 2);
    const double lon = std::sin(Radians(b.longitude - a.longitude) / 2);
    const double h =
        lat * lat + std::cos(Radians(a.latitude)) * std::cos(Radians(b.latitude)) * lon * lon;
    return 2 * kEarthRadiusMeters * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

double DegreesOfMeters(double meters) {
    return meters / kEarthRadiusMeters * 180 / std::numbers::pi * (1 + 1e-9) + 1e-9;
}

bool Inside(const Point& point, const GeoBoxQuery& box) {
    if (point.latitude > box.top || point.latitude < box.bottom) return false;
    if (box.left <= box.right) return point.longitude >= box.left && point.longitude <= box.right;
    return point.longitude >= box.left || point.longitude <= box.right;
}

bool Inside(const Point& point, const std::vector<Point>& polygon) {
    if (polygon.size() < 3) return false;
    // The corners' longitudes go on past 180 degrees, so the point is tried a turn away as well.
    std::array<bool, 3> inside{};
    double longitude = polygon[0].longitude;
    for (size_t i = 0; i < polygon.size(); ++i) {
        const Point& a = polygon[i];
        const Point& b = polygon[(i + 1) % polygon.size()];
        const double next = Unwrapped(b.longitude, longitude);
        const double y = point.latitude;
        if ((a.latitude > y) != (b.latitude > y)) {
            const double crossing =
                longitude + (y - a.latitude) / (b.latitude - a.latitude) * (next - longitude);
            for (size_t turn = 0; turn < inside.size(); ++turn) {
                const double x = point.longitude + (static_cast<double>(turn) - 1) * 360;
                if (x < crossing) inside[turn] = !inside[turn];
            }
        }
        longitude = next;
    }
    return inside[0] || inside[1] || inside[2];
}

}  // namespace blasty::index::internal
