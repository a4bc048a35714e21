// Where the values of a document go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "index/fields.h"

namespace blasty::index {

// Fields are named by their place in the list that the sink was made with.
class DocumentSink {
  public:
    virtual ~DocumentSink() = default;
    // Positions do not fall. What is beyond index/limits.h is left out.
    virtual void AddToken(size_t field, std::string_view term, uint32_t position) = 0;
    virtual void AddKeyword(size_t field, std::string_view term) = 0;
    virtual void AddNumber(size_t field, double value) = 0;
    virtual void AddPoint(size_t field, const Point& point) = 0;
};

}  // namespace blasty::index
