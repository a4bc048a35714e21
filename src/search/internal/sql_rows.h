// The rows of a MATCH, best first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "index/search.h"
#include "search/highlight.h"
#include "search/internal/live_index.h"
#include "tables/search_module.h"

namespace blasty::search::internal {

class SqlRows final : public tables::SearchRows {
  public:
    SqlRows(LiveIndex::View view, index::QueryPtr query, const Definition& definition,
            uint64_t likely);

    Result<bool> Next() override;
    std::string_view key() const override { return hits_[at_].key; }
    double score() const override { return hits_[at_].score; }
    Result<tables::MarkedText> Highlight(int column, std::string_view text,
                                         const tables::SearchMarks& marks) override;
    Result<tables::MarkedText> Snippet(int column, std::string_view text,
                                       const tables::SnippetForm& form) override;

  private:
    // The text field over a column of the virtual table; null: none.
    const std::string* FieldOf(int column) const;
    HighlightOptions OptionsOf(const tables::SearchMarks& marks) const;

    const LiveIndex::View view_;
    const index::QueryPtr query_;
    const Highlighter highlighter_;
    std::vector<std::string> text_fields_;  // by column of the virtual table; empty: none
    std::vector<index::Hit> hits_;
    size_t at_ = 0;
    size_t wanted_;
    bool begun_ = false;
    bool complete_ = false;  // hits_ holds all there are
};

}  // namespace blasty::search::internal
