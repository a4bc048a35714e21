// Columns: a value of each document, found by its number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "index/fields.h"

namespace blasty::index::internal {

// Values of documents, a few or none each, in the order of documents.
template <typename T>
struct ColumnValues {
    std::vector<uint32_t> starts{0};  // documents + 1; values of a document are [start, next)
    std::vector<T> values;

    void EndDocument() { starts.push_back(static_cast<uint32_t>(values.size())); }
    uint32_t documents() const { return static_cast<uint32_t>(starts.size() - 1); }
    std::span<const T> Of(uint32_t doc) const {
        return {values.data() + starts[doc], values.data() + starts[doc + 1]};
    }
};

std::string EncodeLengths(const std::vector<uint32_t>& lengths);
std::string EncodeOrdinals(const ColumnValues<uint32_t>& column);
std::string EncodeNumbers(const ColumnValues<double>& column);
std::string EncodePoints(const ColumnValues<Point>& column);
// What is read of a point that was written: rounded to about a centimeter.
Point StoredPoint(const Point& point);

// Unsigned integers of 1, 2, 4 or 8 bytes each. Views its bytes; an index out of range is 0.
class IntArray {
  public:
    IntArray() = default;
    IntArray(std::string_view bytes, unsigned width);
    uint64_t operator[](size_t i) const;
    size_t size() const { return size_; }

    // The elements as one type, for loops over many.
    template <typename T>
    struct Of {
        const char* data;
        T operator[](size_t i) const { return GetFixed<T>(data + i * sizeof(T)); }
    };
    // Calls `use` with the Of that fits.
    template <typename Use>
    auto Visit(const Use& use) const {
        switch (width_) {
            case 1:
                return use(Of<uint8_t>{data_});
            case 2:
                return use(Of<uint16_t>{data_});
            case 4:
                return use(Of<uint32_t>{data_});
            default:
                return use(Of<uint64_t>{data_});
        }
    }

  private:
    const char* data_ = nullptr;
    size_t size_ = 0;
    unsigned width_ = 8;
};

// How many values each document has, and where: shared by all columns.
class ColumnShape {
  public:
    // Takes what belongs to it from the front of `bytes`. False: damaged.
    bool Read(std::string_view* bytes, uint32_t documents);
    // Every document has at most one value, and value i belongs to document i (missing or not).
    bool single() const { return single_; }
    bool Has(uint32_t doc) const {
        if (!single_) return starts_[doc] < starts_[doc + 1];
        return present_.empty() ||
               (static_cast<unsigned char>(present_[doc / 8]) >> (doc % 8) & 1) != 0;
    }
    // All documents have exactly one.
    bool full() const { return single_ && present_.empty(); }
    uint32_t begin(uint32_t doc) const {
        return single_ ? doc : static_cast<uint32_t>(starts_[doc]);
    }
    uint32_t end(uint32_t doc) const {
        return single_ ? doc + (Has(doc) ? 1 : 0) : static_cast<uint32_t>(starts_[doc + 1]);
    }
    uint32_t documents() const { return documents_; }
    uint32_t values() const { return values_; }

  private:
    bool single_ = true;
    uint32_t documents_ = 0, values_ = 0;
    std::string_view present_;
    IntArray starts_;
};

class LengthColumn {
  public:
    bool Open(std::string_view bytes, uint32_t documents);
    uint32_t operator[](uint32_t doc) const { return static_cast<uint32_t>(array_[doc]); }
    const IntArray& array() const { return array_; }

  private:
    IntArray array_;
};

// Ordinals of terms in the dictionary of the field.
class OrdinalColumn {
  public:
    bool Open(std::string_view bytes, uint32_t documents);
    const ColumnShape& shape() const { return shape_; }
    uint32_t Value(uint32_t i) const { return static_cast<uint32_t>(array_[i]); }
    const IntArray& array() const { return array_; }

  private:
    ColumnShape shape_;
    IntArray array_;
};

class NumberColumn {
  public:
    bool Open(std::string_view bytes, uint32_t documents);
    const ColumnShape& shape() const { return shape_; }
    double Value(uint32_t i) const;
    // Of the whole column.
    double min() const { return min_; }
    double max() const { return max_; }

  private:
    ColumnShape shape_;
    bool integers_ = false;
    int64_t base_ = 0;
    double min_ = 0, max_ = 0;
    IntArray array_;
};

class PointColumn {
  public:
    bool Open(std::string_view bytes, uint32_t documents);
    const ColumnShape& shape() const { return shape_; }
    Point Value(uint32_t i) const;

  private:
    ColumnShape shape_;
    IntArray array_;  // latitude, longitude in turn
};

}  // namespace blasty::index::internal
