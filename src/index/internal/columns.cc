#include "index/internal/columns.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/bytes.h"

namespace blasty::index::internal {
namespace {

enum class Shape : uint8_t { kFull = 1, kPresent = 2, kStarts = 3 };

unsigned WidthFor(uint64_t most) {
    if (most <= 0xff) return 1;
    if (most <= 0xffff) return 2;
    return most <= 0xffffffffu ? 4 : 8;
}

void PutInt(std::string& out, uint64_t value, unsigned width) {
    char raw[8];
    std::memcpy(raw, &value, sizeof(raw));
    out.append(raw, width);
}

// Shape, then for single columns a value (or `0`) a document, else all values.
template <typename T, typename Put>
void PutColumn(std::string& out, const ColumnValues<T>& column, const Put& put) {
    const uint32_t documents = column.documents();
    bool full = true, single = true;
    for (uint32_t doc = 0; doc < documents; ++doc) {
        const size_t count = column.Of(doc).size();
        full = full && count == 1;
        single = single && count <= 1;
    }
    if (!single) {
        const unsigned width = WidthFor(column.values.size());
        out.push_back(static_cast<char>(Shape::kStarts));
        out.push_back(static_cast<char>(width));
        for (const uint32_t start : column.starts) PutInt(out, start, width);
        for (const T& value : column.values) put(value);
        return;
    }
    out.push_back(static_cast<char>(full ? Shape::kFull : Shape::kPresent));
    if (!full) {
        std::string present((documents + 7) / 8, '\0');
        for (uint32_t doc = 0; doc < documents; ++doc) {
            if (column.Of(doc).empty()) continue;
            present[doc / 8] =
                static_cast<char>(static_cast<unsigned char>(present[doc / 8]) | 1u << (doc % 8));
        }
        out += present;
    }
    for (uint32_t doc = 0; doc < documents; ++doc) {
        const auto values = column.Of(doc);
        put(values.empty() ? T() : values[0]);
    }
}

bool IsSmallInteger(double value) {
    constexpr double kMost = 9007199254740992.0;  // 2^53: whole numbers are exact up to here
    return value >= -kMost && value <= kMost && value == std::trunc(value) &&
           !(value == 0 && std::signbit(value));
}

int32_t Scaled(double degrees) { return static_cast<int32_t>(std::lround(degrees * 1e7)); }

}  // namespace

std::string EncodeLengths(const std::vector<uint32_t>& lengths) {
    uint32_t most = 0;
    for (const uint32_t length : lengths) most = std::max(most, length);
    const unsigned width = WidthFor(most);
    std::string out(1, static_cast<char>(width));
    for (const uint32_t length : lengths) PutInt(out, length, width);
    return out;
}

std::string EncodeOrdinals(const ColumnValues<uint32_t>& column) {
    uint32_t most = 0;
    for (const uint32_t value : column.values) most = std::max(most, value);
    const unsigned width = WidthFor(most);
    std::string out(1, static_cast<char>(width));
    PutColumn(out, column, [&](uint32_t value) { PutInt(out, value, width); });
    return out;
}

std::string EncodeNumbers(const ColumnValues<double>& column) {
    bool integers = true;
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const double value : column.values) {
        integers = integers && IsSmallInteger(value);
        least = std::min(least, value);
        most = std::max(most, value);
    }
    if (column.values.empty()) least = most = 0;
    const int64_t base = integers ? static_cast<int64_t>(least) : 0;
    const unsigned width =
        integers ? WidthFor(static_cast<uint64_t>(static_cast<int64_t>(most) - base)) : 8;
    std::string out(1, static_cast<char>(integers ? 1 : 0));
    out.push_back(static_cast<char>(width));
    PutFixed<int64_t>(out, base);
    PutFixed<double>(out, least);
    PutFixed<double>(out, most);
    PutColumn(out, column, [&](double value) {
        if (!integers) {
            PutFixed<double>(out, value);
        } else {
            // The filler of a document without a value is whatever fits.
            PutInt(out, static_cast<uint64_t>(static_cast<int64_t>(value) - base), width);
        }
    });
    return out;
}

Point StoredPoint(const Point& point) {
    return {.latitude = Scaled(point.latitude) / 1e7, .longitude = Scaled(point.longitude) / 1e7};
}

std::string EncodePoints(const ColumnValues<Point>& column) {
    std::string out;
    PutColumn(out, column, [&](const Point& point) {
        PutFixed<int32_t>(out, Scaled(point.latitude));
        PutFixed<int32_t>(out, Scaled(point.longitude));
    });
    return out;
}

IntArray::IntArray(std::string_view bytes, unsigned width)
    : data_(bytes.data()), size_(bytes.size() / width), width_(width) {}

uint64_t IntArray::operator[](size_t i) const {
    if (i >= size_) return 0;
    switch (width_) {
        case 1:
            return static_cast<unsigned char>(data_[i]);
        case 2:
            return GetFixed<uint16_t>(data_ + i * 2);
        case 4:
            return GetFixed<uint32_t>(data_ + i * 4);
        default:
            return GetFixed<uint64_t>(data_ + i * 8);
    }
}

bool ColumnShape::Read(std::string_view* bytes, uint32_t documents) {
    ByteReader in(*bytes);
    const auto shape = static_cast<Shape>(in.Fixed<uint8_t>());
    documents_ = documents;
    values_ = documents;
    single_ = shape != Shape::kStarts;
    present_ = {};
    if (shape == Shape::kPresent) present_ = in.Raw((documents + 7) / 8);
    if (shape == Shape::kStarts) {
        const unsigned width = in.Fixed<uint8_t>();
        if (width != 1 && width != 2 && width != 4) return false;
        starts_ = IntArray(in.Raw((uint64_t{documents} + 1) * width), width);
        if (!in.ok() || starts_[0] != 0) return false;
        for (uint32_t doc = 0; doc < documents; ++doc) {
            if (starts_[doc] > starts_[doc + 1]) return false;
        }
        values_ = static_cast<uint32_t>(starts_[documents]);
    }
    *bytes = in.rest();
    return in.ok() && shape >= Shape::kFull && shape <= Shape::kStarts;
}

bool LengthColumn::Open(std::string_view bytes, uint32_t documents) {
    if (bytes.empty()) return false;
    const auto width = static_cast<unsigned char>(bytes[0]);
    if (width != 1 && width != 2 && width != 4) return false;
    array_ = IntArray(bytes.substr(1), width);
    return bytes.size() == 1 + uint64_t{documents} * width;
}

bool OrdinalColumn::Open(std::string_view bytes, uint32_t documents) {
    if (bytes.empty()) return false;
    const auto width = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    if ((width != 1 && width != 2 && width != 4) || !shape_.Read(&bytes, documents)) return false;
    array_ = IntArray(bytes, width);
    return bytes.size() == uint64_t{shape_.values()} * width;
}

bool NumberColumn::Open(std::string_view bytes, uint32_t documents) {
    ByteReader in(bytes);
    integers_ = in.Fixed<uint8_t>() != 0;
    const unsigned width = in.Fixed<uint8_t>();
    base_ = in.Fixed<int64_t>();
    min_ = in.Fixed<double>();
    max_ = in.Fixed<double>();
    std::string_view rest = in.rest();
    if (!in.ok() || (width != 1 && width != 2 && width != 4 && width != 8) ||
        (!integers_ && width != 8) || !shape_.Read(&rest, documents)) {
        return false;
    }
    array_ = IntArray(rest, width);
    return rest.size() == uint64_t{shape_.values()} * width;
}

double NumberColumn::Value(uint32_t i) const {
    const uint64_t raw = array_[i];
    if (!integers_) return std::bit_cast<double>(raw);
    return static_cast<double>(static_cast<int64_t>(raw + static_cast<uint64_t>(base_)));
}

bool PointColumn::Open(std::string_view bytes, uint32_t documents) {
    if (!shape_.Read(&bytes, documents)) return false;
    array_ = IntArray(bytes, 4);
    return bytes.size() == uint64_t{shape_.values()} * 8;
}

Point PointColumn::Value(uint32_t i) const {
    const auto degrees = [](uint64_t raw) {
        return static_cast<double>(static_cast<int32_t>(raw)) / 1e7;
    };
    return {.latitude = degrees(array_[size_t{2} * i]),
            .longitude = degrees(array_[size_t{2} * i + 1])};
}

}  // namespace blasty::index::internal
