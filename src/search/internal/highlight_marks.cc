#include "search/internal/highlight_marks.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace blasty::search::internal {

MarkFinder::MarkFinder(const FieldLeaves& leaves, const FieldUse& field, std::string_view text)
    : leaves_(leaves) {
    const auto want = [this](const std::string& term, bool alone) {
        Known& known = known_[term];
        if (!known.wanted) {
            known.what = static_cast<uint32_t>(terms_.size());
            terms_.push_back(term);
        }
        known.wanted = true;
        known.alone = known.alone || alone;
    };
    for (const std::string& term : leaves.terms) want(term, true);
    for (const index::PhraseQuery& phrase : leaves.phrases) {
        for (const auto& place : phrase.places) {
            for (const std::string& term : place.terms) want(term, false);
        }
    }
    if (!leaves.filters.empty()) {
        for (auto& [term, known] : known_) {
            for (const auto& filter : leaves.filters)
                known.alone = known.alone || filter->Fits(term);
        }
    }
    Read(field, text);
    for (const index::PhraseQuery& phrase : leaves.phrases) FindPhrase(phrase);
}

MarkFinder::Known& MarkFinder::Know(std::string_view term) {
    const auto found = known_.find(term);
    if (found != known_.end()) return found->second;
    Known known;
    for (const auto& filter : leaves_.filters) known.alone = known.alone || filter->Fits(term);
    if (known.alone) {
        known.wanted = true;
        known.what = static_cast<uint32_t>(terms_.size());
        terms_.emplace_back(term);
    }
    return known_.emplace(std::string(term), known).first->second;
}

void MarkFinder::Read(const FieldUse& field, std::string_view text) {
    const auto add = [this](const analysis::Token& token) {
        const Known* known = nullptr;
        if (leaves_.filters.empty()) {
            const auto found = known_.find(token.term);
            if (found != known_.end()) known = &found->second;
        } else {
            known = &Know(token.term);
        }
        if (known == nullptr || !known->wanted || token.end <= token.start) return;
        tokens_.push_back({.what = known->what,
                           .position = token.position,
                           .start = token.start,
                           .end = token.end,
                           .alone = known->alone});
    };
    if (field.analyzer != nullptr) {
        field.analyzer->Analyze(text, add);
    } else {
        add({.term = text, .start = 0, .end = static_cast<uint32_t>(text.size())});
    }
}

// As PhraseQuery says: positions less those in the phrase differ by at most the slop, and no two
// words are the same one.
void MarkFinder::FindPhrase(const index::PhraseQuery& phrase) {
    struct Candidate {
        int64_t shift;
        size_t place, token;
    };
    std::vector<Candidate> candidates;
    for (size_t place = 0; place < phrase.places.size(); ++place) {
        for (size_t i = 0; i < tokens_.size(); ++i) {
            const auto& terms = phrase.places[place].terms;
            if (std::find(terms.begin(), terms.end(), terms_[tokens_[i].what]) == terms.end())
                continue;
            candidates.push_back(
                {int64_t{tokens_[i].position} - phrase.places[place].position, place, i});
        }
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return std::tie(a.shift, a.place, a.token) < std::tie(b.shift, b.place, b.token);
    });
    constexpr size_t kNone = static_cast<size_t>(-1);
    std::vector<size_t> chosen(phrase.places.size(), kNone);
    size_t filled = 0, oldest = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
        for (; candidates[oldest].shift + int64_t{phrase.slop} < candidates[i].shift; ++oldest) {
            size_t& slot = chosen[candidates[oldest].place];
            if (slot != candidates[oldest].token) continue;
            slot = kNone;
            --filled;
        }
        size_t& slot = chosen[candidates[i].place];
        filled += slot == kNone;
        slot = candidates[i].token;
        if (filled < chosen.size()) continue;
        Mark mark{.start = UINT32_MAX, .end = 0};
        std::vector<uint32_t> positions;
        for (const size_t token : chosen) {
            mark.start = std::min(mark.start, tokens_[token].start);
            mark.end = std::max(mark.end, tokens_[token].end);
            positions.push_back(tokens_[token].position);
        }
        std::sort(positions.begin(), positions.end());
        if (std::adjacent_find(positions.begin(), positions.end()) != positions.end()) continue;
        for (const size_t token : chosen) tokens_[token].in_phrase = true;
        mark.what = static_cast<uint32_t>(terms_.size() + (&phrase - leaves_.phrases.data()));
        phrases_.push_back(mark);
        std::fill(chosen.begin(), chosen.end(), kNone);
        filled = 0;
    }
}

std::vector<Mark> MarkFinder::Marks() const {
    std::vector<Mark> marks = phrases_;
    for (const Token& token : tokens_) {
        if (token.alone) marks.push_back({token.start, token.end, token.what});
    }
    std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) {
        return std::tie(a.start, a.end) < std::tie(b.start, b.end);
    });
    return marks;
}

std::vector<TermLocation> MarkFinder::Locations() const {
    std::vector<TermLocation> locations;
    for (const Token& token : tokens_) {
        if (!token.alone && !token.in_phrase) continue;
        locations.push_back({.term = terms_[token.what],
                             .position = token.position,
                             .start = token.start,
                             .end = token.end});
    }
    return locations;
}

}  // namespace blasty::search::internal
