// Which bytes of a text a query's words are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "index/query.h"
#include "index/term_filter.h"
#include "search/fields.h"
#include "search/highlight.h"

namespace blasty::search::internal {

// Leaves of a query in one field.
struct FieldLeaves {
    std::string field;
    std::vector<std::string> terms;
    std::vector<std::unique_ptr<const index::TermFilter>> filters;
    std::vector<index::PhraseQuery> phrases;
};

// A part of the text to mark; `what` tells terms from each other.
struct Mark {
    uint32_t start = 0, end = 0;
    uint32_t what = 0;
};

// `leaves` and `field` must outlive the call's results only as far as it runs.
class MarkFinder {
  public:
    MarkFinder(const FieldLeaves& leaves, const FieldUse& field, std::string_view text);

    // By start, then end; may overlap.
    std::vector<Mark> Marks() const;
    std::vector<TermLocation> Locations() const;

  private:
    struct Token {
        uint32_t what = 0;
        uint32_t position = 0, start = 0, end = 0;
        bool alone = false;      // matches by itself
        bool in_phrase = false;  // one of the words of a phrase that stands here
    };
    struct Known {
        uint32_t what = 0;
        bool alone = false;
        bool wanted = false;  // alone or in a phrase
    };
    // Debian's Abseil hashes no std::string_view.
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    void Read(const FieldUse& field, std::string_view text);
    Known& Know(std::string_view term);
    void FindPhrase(const index::PhraseQuery& phrase);

    const FieldLeaves& leaves_;
    // Terms that are wanted; with filters every term of the text so far.
    absl::flat_hash_map<std::string, Known, Hash, std::equal_to<>> known_;
    std::vector<std::string> terms_;  // by `what`
    std::vector<Token> tokens_;       // of terms that are wanted
    std::vector<Mark> phrases_;
};

}  // namespace blasty::search::internal
