#include <algorithm>

#include "analysis/internal/char_filter.h"

namespace blasty::analysis::internal {

void FilteredText::Clear() {
    text_.clear();
    original_size_ = 0;
    edits_.clear();
}

void FilteredText::Keep(std::string_view bytes) {
    text_ += bytes;
    original_size_ += bytes.size();
}

void FilteredText::Replace(size_t removed, std::string_view bytes) {
    edits_.push_back(
        {text_.size(), text_.size() + bytes.size(), original_size_, original_size_ + removed});
    text_ += bytes;
    original_size_ += removed;
}

const FilteredText::Edit* FilteredText::Before(size_t at) const {
    const auto after =
        std::upper_bound(edits_.begin(), edits_.end(), at,
                         [](size_t place, const Edit& e) { return place < e.begin; });
    return after == edits_.begin() ? nullptr : &*(after - 1);
}

size_t FilteredText::OriginalStart(size_t at) const {
    const Edit* edit = Before(at);
    if (edit == nullptr) return at;
    return at < edit->end ? edit->original_begin : edit->original_end + (at - edit->end);
}

size_t FilteredText::OriginalEnd(size_t at) const {
    // The end belongs to the byte before it.
    if (at == 0) return 0;
    const Edit* edit = Before(at - 1);
    if (edit == nullptr) return at;
    return at <= edit->end ? edit->original_end : edit->original_end + (at - edit->end);
}

}  // namespace blasty::analysis::internal
