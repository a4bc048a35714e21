// Changes of the text before it is split, which keep track of where everything came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace blasty::analysis::internal {

// A text being made from another: pieces kept, and pieces replaced.
class FilteredText {
  public:
    void Clear();
    // The next bytes of the original stay.
    void Keep(std::string_view bytes);
    // The next `removed` bytes of the original become `bytes`.
    void Replace(size_t removed, std::string_view bytes);

    std::string_view text() const { return text_; }
    // Where a token that begins or ends at `at` of the new text does so in the original. Inside a
    // replacement: its begin, its end.
    size_t OriginalStart(size_t at) const;
    size_t OriginalEnd(size_t at) const;

  private:
    struct Edit {
        size_t begin, end;                    // of the new text
        size_t original_begin, original_end;  // what it replaces
    };
    // The last edit that begins at or before `at`, or nullptr.
    const Edit* Before(size_t at) const;

    std::string text_;
    size_t original_size_ = 0;
    std::vector<Edit> edits_;
};

// Thread-safe.
class CharFilter {
  public:
    virtual ~CharFilter() = default;
    virtual void Apply(std::string_view in, FilteredText& out) const = 0;
    // Only letters change, as Analyzer::Normalize wants.
    virtual bool normalizes() const { return false; }
};

std::unique_ptr<CharFilter> MakeHtmlStrip();
std::unique_ptr<CharFilter> MakeZeroWidth();
// Rules "from=>to, from=>to": the longest that fits at a place is applied.
Result<std::unique_ptr<CharFilter>> MakeMapping(std::string_view rules, size_t place);

}  // namespace blasty::analysis::internal
