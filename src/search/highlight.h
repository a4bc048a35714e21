// Shows where a query's words stand in a text: the text is analysed again as it was for the index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/query.h"
#include "search/fields.h"

namespace blasty::search {

struct HighlightOptions {
    std::string begin = "<mark>", end = "</mark>";
    bool escape_html = true;
    // Control characters of the text become spaces, so that it cannot steer a terminal.
    bool drop_controls = false;
    size_t fragment_characters = 200;
    size_t fragments_max = 1;
    std::string separator = "…";  // where a fragment is cut out of the text

    static HighlightOptions Html() { return {}; }
    static HighlightOptions Ansi();  // bold red, as grep has it
};

// Of a term in a text.
struct TermLocation {
    std::string term = {};
    uint32_t position = 0;        // of the word, from 0
    uint32_t start = 0, end = 0;  // bytes
};

// Made once a query and used on each hit. Immutable; any number of threads may use it at once.
class Highlighter {
  public:
    // `fields` must outlive it. Parts of the query that exclude do not count.
    Highlighter(const index::QueryPtr& query, const Fields& fields);
    ~Highlighter();
    Highlighter(Highlighter&&) noexcept;
    Highlighter& operator=(Highlighter&&) noexcept;

    // True when the query asks for words of the field.
    bool Has(std::string_view field) const;

    // The parts of the text with the most of the query's words, the best first, none without a
    // match. Well-formed UTF-8 whatever the text is: U+FFFD for what is not. A phrase is marked as
    // one where its words stand as it says, and its words are not marked elsewhere. Words that are
    // cut or overlap share a mark.
    std::vector<std::string> Fragments(std::string_view field, std::string_view text,
                                       const HighlightOptions& options = {}) const;

    // The whole text, marked.
    std::string Whole(std::string_view field, std::string_view text,
                      const HighlightOptions& options = {}) const;

    // Words that match, in the order of the text; those of phrases one by one.
    std::vector<TermLocation> Locations(std::string_view field, std::string_view text) const;

  private:
    struct Leaves;
    const Leaves* Find(std::string_view field) const;

    const Fields* fields_;
    std::vector<std::unique_ptr<const Leaves>> leaves_;  // by field
};

}  // namespace blasty::search
