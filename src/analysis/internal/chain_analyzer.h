// A chain at work: words from the tokenizer through the filters to the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyzer.h"
#include "analysis/internal/char_filter.h"
#include "analysis/internal/filter.h"
#include "analysis/internal/tokenizer.h"

namespace blasty::analysis::internal {

// One of the two.
struct Filter {
    std::unique_ptr<TermFilter> term;
    std::unique_ptr<StreamFilter> stream;
};

// Usable after each Add, which is how filters with words of their own bring them to the form of the
// chain before them. Const and thread-safe once built.
class ChainAnalyzer final : public Analyzer {
  public:
    explicit ChainAnalyzer(std::unique_ptr<Tokenizer> tokenizer);

    void Add(std::unique_ptr<CharFilter> filter) { char_filters_.push_back(std::move(filter)); }
    // REQUIRES fewer than kFiltersMax before.
    void Add(Filter filter);

    void Analyze(std::string_view text, TokenSink sink) const override;
    std::string Normalize(std::string_view word) const override;

  private:
    friend class Run;
    struct Step {
        Filter filter;
        // Not 0: the term filters from here to before this one are cached together.
        size_t cached_end = 0;
    };
    // Puts the first run of term filters with a slow one behind a cache.
    void PlanCache();

    std::unique_ptr<Tokenizer> tokenizer_;
    std::vector<std::unique_ptr<CharFilter>> char_filters_;
    std::vector<Step> steps_;
    bool has_streams_ = false;
    bool lowers_ascii_ = false;  // what the first filter does to ASCII, done with the words
    uint64_t cache_id_ = 0;      // 0: nothing is cached
};

}  // namespace blasty::analysis::internal
