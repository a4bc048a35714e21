// A path into JSON, as SQLite writes them: `$`, `.name`, `."any name"`, `[3]`, `[#-1]` (from the
// end), and `[*]`. An array that a name meets stands for each of its values.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace blasty::search::internal {

class JsonPath {
  public:
    // BAD_INDEX_DEFINITION (INVALID_ARGUMENT).
    static Result<JsonPath> Parse(std::string_view text);

    // Calls visit for everything the path leads to, in order; arrays there are visited whole.
    using Visit = std::function<void(const simdjson::dom::element&)>;
    void ForEach(const simdjson::dom::element& root, const Visit& visit) const {
        Walk(root, 0, visit);
    }
    // The names on it, joined by dots.
    std::string Name() const;

  private:
    struct Step {
        enum class Kind { kName, kIndex, kFromEnd, kAll } kind = Kind::kName;
        std::string name = {};
        uint64_t number = 0;
    };
    void Walk(const simdjson::dom::element& element, size_t at, const Visit& visit) const;

    std::vector<Step> steps_;
};

}  // namespace blasty::search::internal
