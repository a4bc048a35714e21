// What kinds of fields documents of an index have.
#pragma once

#include <cstdint>
#include <string>

namespace blasty::index {

enum class FieldKind : uint8_t {
    kText = 1,     // terms with positions, scored by length
    kKeyword = 2,  // whole values: terms, and a column of them for facets and sorting
    kNumber = 3,   // a column of doubles (also dates, as microseconds since 1970)
    kPoint = 4,    // a column of places: latitude, longitude
};

struct FieldInfo {
    std::string name = {};
    FieldKind kind = FieldKind::kText;

    friend bool operator==(const FieldInfo&, const FieldInfo&) = default;
};

struct Point {
    double latitude = 0;   // degrees, -90 to 90
    double longitude = 0;  // degrees, -180 to 180

    friend bool operator==(const Point&, const Point&) = default;
};

}  // namespace blasty::index
