#include "analysis/internal/language_filters.h"

#include <libstemmer.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "analysis/internal/term_set.h"
#include "analysis/limits.h"
#include "base/check.h"

namespace blasty::analysis::internal {
namespace {

TermSet SetOf(const std::vector<std::string>& words) {
    TermSet out;
    for (const std::string& word : words) out.insert(word);
    return out;
}

class Stop final : public TermFilter {
  public:
    explicit Stop(const std::vector<std::string>& words) : words_(SetOf(words)) {}
    bool Apply(Term& term, TermBuffer& /*out*/) const override {
        return !words_.contains(term.text);
    }

  private:
    TermSet words_;
};

struct StemmerDelete {
    void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};
using StemmerPtr = std::unique_ptr<sb_stemmer, StemmerDelete>;

StemmerPtr NewStemmer(const std::string& algorithm) {
    return StemmerPtr(sb_stemmer_new(algorithm.c_str(), nullptr));
}

// A stemmer serves one thread. REQUIRES a known algorithm.
sb_stemmer* StemmerOfThread(const std::string& algorithm) {
    thread_local absl::flat_hash_map<std::string, StemmerPtr> mine;
    StemmerPtr& stemmer = mine[algorithm];
    if (stemmer == nullptr) stemmer = NewStemmer(algorithm);
    BLASTY_CHECK(stemmer != nullptr);
    return stemmer.get();
}

class Stem final : public TermFilter {
  public:
    Stem(std::string algorithm, const std::vector<std::string>& protect)
        : algorithm_(std::move(algorithm)), protect_(SetOf(protect)) {}

    bool Apply(Term& term, TermBuffer& out) const override {
        // Nothing that long is a word of a language, and the algorithms need not be linear.
        if (term.text.size() > kTermBytesMax || protect_.contains(term.text)) return true;
        sb_stemmer* stemmer = StemmerOfThread(algorithm_);
        const sb_symbol* stemmed =
            sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(term.text.data()),
                            static_cast<int>(term.text.size()));
        BLASTY_CHECK(stemmed != nullptr);  // only without memory
        const std::string_view result(reinterpret_cast<const char*>(stemmed),
                                      static_cast<size_t>(sb_stemmer_length(stemmer)));
        if (!result.empty()) term = {out.Copy(result), false, false};
        return true;
    }
    bool slow() const override { return true; }

  private:
    std::string algorithm_;
    TermSet protect_;
};

class Possessive final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& /*out*/) const override {
        std::string_view& text = term.text;
        if (text.size() < 2) return true;
        const bool s = text.back() == 's' || text.back() == 'S';
        const size_t stem = text.size() - (s ? 1 : 0);
        for (const std::string_view mark : {"'", "\u2019", "\uff07"}) {
            if (!text.substr(0, stem).ends_with(mark)) continue;
            text = text.substr(0, stem - mark.size());
            break;
        }
        return true;
    }
};

}  // namespace

std::unique_ptr<TermFilter> MakeStop(const std::vector<std::string>& words) {
    return std::make_unique<Stop>(words);
}

std::unique_ptr<TermFilter> MakeStem(std::string_view algorithm,
                                     const std::vector<std::string>& protect) {
    std::string name(algorithm);
    if (NewStemmer(name) == nullptr) return nullptr;
    return std::make_unique<Stem>(std::move(name), protect);
}

std::unique_ptr<TermFilter> MakePossessive() { return std::make_unique<Possessive>(); }

}  // namespace blasty::analysis::internal
