// A query that holds no others, of the kind its keys say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "index/query.h"
#include "search/fields.h"
#include "search/internal/json_query_values.h"

namespace blasty::search::internal {

class JsonLeaf {
  public:
    JsonLeaf(const JsonMembers& object, const Fields& fields, size_t* leaves)
        : object_(object), fields_(fields), leaves_(leaves) {}

    Result<index::QueryPtr> Parse();

  private:
    bool Has(std::string_view name) const { return Member(object_, name).has_value(); }
    Result<std::string> Text(std::string_view name) const {
        BLASTY_ASSIGN_OR_RETURN(auto text, TextMember(object_, name));
        return std::move(text).value_or("");
    }

    // In the field that is named, else the best of those searched by default that `fits`.
    using Make = std::function<Result<index::QueryPtr>(const FieldUse&)>;
    Result<index::QueryPtr> InFields(const Make& make) const;
    Result<const FieldUse*> NamedField(std::string_view kind) const;
    Result<index::QueryPtr> OfTerms(
        std::string_view what, const std::string& name,
        const std::function<index::QueryPtr(const FieldUse&, std::string)>& make) const;
    Result<std::shared_ptr<const analysis::Analyzer>> AnalyzerOf(const FieldUse& field) const;

    Result<index::QueryPtr> Match() const;
    Result<index::QueryPtr> MatchWords(const FieldUse& field, std::string_view text,
                                       bool all) const;
    Result<index::QueryPtr> MatchPhrase() const;
    Result<index::QueryPtr> Phrase() const;
    Result<index::QueryPtr> Fuzzy() const;
    Result<index::QueryPtr> Term() const;
    Result<index::QueryPtr> Range() const;
    Result<index::QueryPtr> Dates() const;
    Result<index::QueryPtr> Patterns() const;
    Result<index::QueryPtr> Truth() const;
    Result<index::QueryPtr> Box() const;
    Result<index::QueryPtr> Distance() const;
    Result<index::QueryPtr> Polygon() const;
    Result<index::Point> Place(std::string_view name) const;
    // Of a word; nothing given: 0.
    Result<uint32_t> Edits(std::string_view word) const;
    Result<uint32_t> PrefixLength() const {
        BLASTY_ASSIGN_OR_RETURN(const uint64_t length,
                                CountMember(object_, "prefix_length", 0, 1000));
        return static_cast<uint32_t>(length);
    }

    const JsonMembers& object_;
    const Fields& fields_;
    size_t* leaves_;
};

}  // namespace blasty::search::internal
