#include "index/terms.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "index/internal/plan.h"
#include "index/internal/segment.h"
#include "index/internal/term_match.h"

namespace blasty::index {
namespace {

using internal::TermMatcherPtr;

struct Counted {
    std::string term;
    int64_t documents = 0;
    uint32_t distance = 0;

    friend bool operator<(const Counted& a, const Counted& b) { return a.term < b.term; }
};

Result<TermMatcherPtr> MatcherOf(const QueryPtr& leaf) {
    if (leaf == nullptr) return internal::MatchPrefix({});
    if (const auto* term = std::get_if<TermQuery>(&leaf->node)) {
        if (term->term.empty()) return internal::MatchWildcard({});
        return internal::MatchRange(
            {.min = term->term, .max = term->term, .includes_min = true, .includes_max = true});
    }
    BLASTY_ASSIGN_OR_RETURN(TermMatcherPtr matcher, internal::MakeMatcher(*leaf));
    if (matcher == nullptr) {
        return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY",
                         "terms are listed by a term, prefix, pattern, range or misspelt word");
    }
    return matcher;
}

// Terms of several segments, in order.
class Merged {
  public:
    explicit Merged(size_t limit) : limit_(limit) {}

    void Add(const internal::Segment& segment, std::string_view field,
             const internal::TermMatcher& matcher) {
        const internal::SegmentField* in = segment.Field(field);
        const internal::Dictionary* dictionary = in == nullptr ? nullptr : in->dictionary();
        if (dictionary == nullptr) return;
        const auto before = static_cast<ptrdiff_t>(terms_.size());
        size_t looked_at = 0;
        matcher.ForEach(*dictionary, [&](internal::TermCursor& cursor, uint32_t distance) {
            if (looked_at++ == limit_) {
                Cut(cursor.term());
                return false;
            }
            internal::TermMeta meta;
            if (!cursor.Meta(&meta)) {
                segment.SetDamaged();
                return false;
            }
            terms_.push_back({.term = std::string(cursor.term()),
                              .documents = int64_t{meta.documents} + meta.correction,
                              .distance = distance});
            return true;
        });
        std::inplace_merge(terms_.begin(), terms_.begin() + before, terms_.end());
        Unite();
    }
    bool whole() const { return whole_; }
    void Visit(const VisitTerm& visit) const {
        for (const Counted& it : terms_) {
            if (!whole_ && it.term >= end_) return;
            if (it.documents > 0) visit(it.term, static_cast<uint64_t>(it.documents), it.distance);
        }
    }

  private:
    // Nothing is known of terms from here on in one of the segments.
    void Cut(std::string_view term) {
        if (whole_ || term < end_) end_ = term;
        whole_ = false;
    }
    void Unite() {
        size_t kept = 0;
        for (size_t i = 0; i < terms_.size(); ++i) {
            if (kept > 0 && terms_[kept - 1].term == terms_[i].term) {
                terms_[kept - 1].documents += terms_[i].documents;
            } else if (kept++ != i) {
                terms_[kept - 1] = std::move(terms_[i]);
            }
        }
        terms_.resize(kept);
    }

    const size_t limit_;
    std::vector<Counted> terms_;
    bool whole_ = true;
    std::string end_;
};

}  // namespace

Result<bool> ForEachTerm(const Snapshot& snapshot, std::string_view field, const QueryPtr& leaf,
                         size_t limit, const VisitTerm& visit) {
    BLASTY_ASSIGN_OR_RETURN(const TermMatcherPtr matcher, MatcherOf(leaf));
    Merged merged(limit);
    for (const SnapshotSegment& part : snapshot.segments)
        merged.Add(*part.segment, field, *matcher);
    BLASTY_RETURN_IF_ERROR(internal::CheckUndamaged(snapshot));
    merged.Visit(visit);
    return merged.whole();
}

}  // namespace blasty::index
