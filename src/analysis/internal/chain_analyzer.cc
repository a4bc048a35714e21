#include "analysis/internal/chain_analyzer.h"

#include <algorithm>
#include <utility>

#include "analysis/internal/fold.h"
#include "analysis/internal/scratch.h"
#include "analysis/internal/words.h"
#include "analysis/limits.h"
#include "base/check.h"
#include "base/utf8.h"

namespace blasty::analysis::internal {
namespace {

// `size` or the few bytes less that do not cut a character.
size_t CutAt(std::string_view text, size_t size) {
    if (text.size() <= size) return text.size();
    for (int back = 0; back < 3 && size > 0; ++back) {
        if ((static_cast<uint8_t>(text[size]) & 0xc0) != 0x80) break;
        --size;
    }
    return size;
}

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Bytes that are no UTF-8 as U+FFFD.
std::string_view Clean(std::string_view text, TermBuffer& buffer) {
    char* const begin = buffer.Reserve(text.size() * kReplacement.size());
    char* out = begin;
    for (size_t i = 0; i < text.size();) {
        const size_t length = Utf8Length(text.substr(i));
        const std::string_view piece = length == 0 ? kReplacement : text.substr(i, length);
        out += piece.copy(out, piece.size());
        i += std::max<size_t>(length, 1);
    }
    return {begin, static_cast<size_t>(out - begin)};
}

}  // namespace

// One analysis of one text.
class Run {
  public:
    Run(const ChainAnalyzer& chain, Scratch& scratch, TokenSink sink)
        : chain_(chain), scratch_(scratch), sink_(sink), cache_(chain.cache_id_) {}

    void Analyze(std::string_view text) {
        text = text.substr(0, kTextBytesMax);
        for (size_t i = 0; i < chain_.char_filters_.size(); ++i) {
            if (scratch_.filtered.size() <= i) scratch_.filtered.emplace_back();
        }
        for (size_t i = 0; i < chain_.char_filters_.size(); ++i) {
            scratch_.filtered[i].Clear();
            chain_.char_filters_[i]->Apply(text, scratch_.filtered[i]);
            text = scratch_.filtered[i].text().substr(0, kTextBytesMax);
        }
        text_ = text;
        if (chain_.has_streams_) ClearStates();
        if (chain_.tokenizer_->unicode_words()) {
            SplitWords(text, [this](size_t start, size_t end, bool ascii) {
                AddWord(start, end, ascii);
                return emitted_ < kTokensMax;
            });
        } else {
            chain_.tokenizer_->Split(text, [this](const Word& word) {
                if (word.same_position && position_ > 0) --position_;
                AddOddWord(word);
                return emitted_ < kTokensMax;
            });
        }
        if (chain_.has_streams_) FinishStates();
    }

  private:
    void ClearStates() {
        for (size_t i = 0; i < chain_.steps_.size(); ++i) {
            if (chain_.steps_[i].filter.stream != nullptr) scratch_.StateOf(i).Clear();
        }
    }

    void FinishStates() {
        for (size_t i = 0; i < chain_.steps_.size(); ++i) {
            const StreamFilter* stream = chain_.steps_[i].filter.stream.get();
            if (stream == nullptr) continue;
            stream->Finish(scratch_.StateOf(i),
                           [this, i](const Piece& piece) { Push(i + 1, piece); });
        }
    }

    void AddWord(size_t start, size_t end, bool ascii) {
        std::string_view term = text_.substr(start, end - start);
        if (term.size() > kWordBytesMax) term = term.substr(0, CutAt(term, kWordBytesMax));
        size_t step = 0;
        if (ascii && chain_.lowers_ascii_) {
            char* const lower = scratch_.buffers[0].Reserve(kWordBytesMax + 8);
            LowercaseAscii(term, text_.size() - start, lower);
            term = {lower, term.size()};
            step = 1;
        }
        Push(step, {{term, ascii, true},
                    position_++,
                    static_cast<uint32_t>(start),
                    static_cast<uint32_t>(end)});
    }

    // A word of a tokenizer that lets through what is no UTF-8.
    void AddOddWord(const Word& word) {
        std::string_view term = text_.substr(word.start, word.end - word.start);
        if (word.ascii || IsUtf8(term)) {
            AddWord(word.start, word.end, word.ascii);
            return;
        }
        if (term.size() > kWordBytesMax) term = term.substr(0, CutAt(term, kWordBytesMax));
        Push(0, {{Clean(term, scratch_.clean), false, false},
                 position_++,
                 static_cast<uint32_t>(word.start),
                 static_cast<uint32_t>(word.end)});
    }

    // `piece` through the filters from `step` on.
    void Push(size_t step, Piece piece) {
        const size_t steps = chain_.steps_.size();
        for (size_t i = step; i < steps; ++i) {
            const ChainAnalyzer::Step& now = chain_.steps_[i];
            if (now.cached_end != 0) {
                if (!ApplyCached(i, piece.term)) return;
                i = now.cached_end - 1;
            } else if (now.filter.term != nullptr) {
                if (!now.filter.term->Apply(piece.term, scratch_.buffers[i])) return;
            } else {
                now.filter.stream->Push(piece, scratch_.StateOf(i),
                                        [this, i](const Piece& made) { Push(i + 1, made); });
                return;
            }
            if (piece.term.text.empty()) return;
        }
        Emit(piece);
    }

    bool ApplyCached(size_t step, Term& term) {
        const ChainAnalyzer::Step& now = chain_.steps_[step];
        TermCache& cache = *cache_;
        const std::string_view before = term.text;
        const uint64_t hash = HashTerm(before);
        std::string_view result;
        if (cache.Find(before, hash, scratch_.cached, &result)) {
            term.text = result;
        } else {
            for (size_t i = step; i < now.cached_end && !term.text.empty(); ++i) {
                if (!chain_.steps_[i].filter.term->Apply(term, scratch_.buffers[i])) term.text = {};
            }
            cache.Put(before, hash, term.text);
        }
        const bool shortened = before.starts_with(term.text);
        term.ascii = term.ascii && shortened;
        term.aligned = term.aligned && shortened;
        return !term.text.empty();
    }

    void Emit(const Piece& piece) {
        if (emitted_ >= kTokensMax) return;
        ++emitted_;
        Token token{piece.term.text, piece.position, piece.start, piece.end};
        if (token.term.size() > kTermBytesMax) {
            token.term = token.term.substr(0, CutAt(token.term, kTermBytesMax));
        }
        for (size_t i = chain_.char_filters_.size(); i-- > 0;) {
            token.start = static_cast<uint32_t>(scratch_.filtered[i].OriginalStart(token.start));
            token.end = static_cast<uint32_t>(scratch_.filtered[i].OriginalEnd(token.end));
            token.end = std::max(token.start, token.end);
        }
        sink_(token);
    }

    const ChainAnalyzer& chain_;
    Scratch& scratch_;
    TokenSink sink_;
    CacheLease cache_;
    std::string_view text_;
    uint32_t position_ = 0;
    size_t emitted_ = 0;
};

ChainAnalyzer::ChainAnalyzer(std::unique_ptr<Tokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)) {}

void ChainAnalyzer::Add(Filter filter) {
    BLASTY_CHECK(steps_.size() < kFiltersMax);
    has_streams_ = has_streams_ || filter.stream != nullptr;
    if (steps_.empty()) lowers_ascii_ = filter.term != nullptr && filter.term->lowers_ascii();
    steps_.push_back({std::move(filter), 0});
    PlanCache();
}

void ChainAnalyzer::PlanCache() {
    for (Step& step : steps_) step.cached_end = 0;
    for (size_t begin = 0; begin < steps_.size();) {
        size_t end = begin;
        bool slow = false;
        while (end < steps_.size() && steps_[end].filter.term != nullptr) {
            slow = slow || steps_[end].filter.term->slow();
            ++end;
        }
        // Case by a table is faster than the cache, and makes more words alike.
        while (begin < end && steps_[begin].filter.term->normalizes()) ++begin;
        if (slow && begin < end) {
            cache_id_ = NewCacheId();
            steps_[begin].cached_end = end;
            return;
        }
        begin = end + 1;
    }
}

void ChainAnalyzer::Analyze(std::string_view text, TokenSink sink) const {
    ScratchLease scratch;
    Run(*this, *scratch, sink).Analyze(text);
}

std::string ChainAnalyzer::Normalize(std::string_view word) const {
    ScratchLease scratch;
    FilteredText filtered;
    std::string changed;
    for (const auto& filter : char_filters_) {
        if (!filter->normalizes()) continue;
        filtered.Clear();
        filter->Apply(word, filtered);
        changed = filtered.text();
        word = changed;
    }
    word = word.substr(0, CutAt(word, kWordBytesMax));
    Term term{IsUtf8(word) ? word : Clean(word, (*scratch).clean), false, false};
    for (size_t i = 0; i < steps_.size(); ++i) {
        const TermFilter* filter = steps_[i].filter.term.get();
        if (filter == nullptr || !filter->normalizes()) continue;
        if (!filter->Apply(term, (*scratch).buffers[i])) return "";
    }
    return std::string(term.text);
}

}  // namespace blasty::analysis::internal
