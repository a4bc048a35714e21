// The terms that standing queries name, each with the queries it leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "index/internal/document_impl.h"
#include "index/internal/term_match.h"

namespace blasty::index::internal {

// A query that is to be looked at, from one of the keys of its cover.
struct Lead {
    uint32_t query = 0;
    uint32_t nth : 31 = 0;  // of the query's keys
    uint32_t sure : 1 = 0;  // need not be looked at: it matches
};

// Fields and terms are known by small numbers, which are used again when nobody refers to them any
// more. Used by one thread.
class QueryTerms {
  public:
    QueryTerms() = default;
    QueryTerms(const QueryTerms&) = delete;
    QueryTerms& operator=(const QueryTerms&) = delete;

    enum class Kind : uint8_t {
        kTerm,     // a term of the field
        kPrefix,   // terms of the field that begin so
        kKey,      // the key of the document (of no field)
        kExists,   // the field has a value (no text)
        kFitting,  // terms of the field that fit a matcher; text: what equal ones are known by
    };

    // Each adds a reference, to be released again.
    uint32_t AddField(std::string_view name);
    void ReleaseField(uint32_t field);
    uint32_t AddTerm(Kind kind, std::string_view field, std::string_view text);
    uint32_t AddFitting(std::string_view field, std::string_view text, TermMatcherPtr matcher);
    void ReleaseTerm(uint32_t term);

    // Finds out which terms the document has; it must stay as it is while it is asked about.
    void Read(const Document::Impl& document);
    // Of the document read last.
    const std::vector<uint32_t>& found() const { return found_; }
    bool Has(uint32_t term) const { return seen_in_[term] == document_number_; }
    // REQUIRES Has(term), which is a kTerm.
    const Document::Impl::Term& TermOf(uint32_t term) const {
        return document_->terms[place_[term]];
    }
    const Document::Impl& document() const { return *document_; }
    // Null: the document has no such field.
    const Document::Impl::Field* FieldOf(uint32_t field) const { return fields_[field].here; }

    // How likely a document has the term, from those that were read.
    double Chance(uint32_t term) const;
    std::vector<Lead>& leads(uint32_t term) { return terms_[term].leads; }

  private:
    // Which matchers a term fits is found out when it is met first, and remembered.
    struct Fitting {
        uint32_t term = 0;
        TermMatcherPtr matcher;  // null: released
    };
    struct KnownTerm {
        uint32_t asked = 0;  // of the matchers, from the first
        std::vector<uint32_t> fits = {};
    };
    struct Field {
        std::string name;
        uint32_t references = 0;
        std::vector<Fitting> fittings = {};
        size_t fittings_released = 0;
        absl::flat_hash_map<std::string, KnownTerm> known_terms = {};
        // Lengths in bytes of prefixes asked for, rising, each with how many there are.
        std::vector<std::pair<uint32_t, uint32_t>> prefix_lengths = {};
        const Document::Impl::Field* here = nullptr;
    };
    struct Name {
        uint32_t space = 0;  // field and kind
        std::string_view text;

        friend bool operator==(const Name&, const Name&) = default;
    };
    struct Term {
        uint32_t space = 0;
        uint32_t references = 0;
        uint64_t documents = 0;  // that had it, of those since `first_document`
        uint64_t first_document = 0;
        uint32_t fitting = 0;  // of a kFitting: where its matcher stands in the field
        std::string text;
        std::vector<Lead> leads;
    };
    struct Hash {
        using is_transparent = void;
        const QueryTerms* of;
        size_t operator()(const Name& name) const;
        size_t operator()(uint32_t term) const { return (*this)(of->NameOf(term)); }
    };
    struct Equal {
        using is_transparent = void;
        const QueryTerms* of;
        bool operator()(uint32_t a, uint32_t b) const { return a == b; }
        bool operator()(uint32_t a, const Name& b) const { return of->NameOf(a) == b; }
        bool operator()(const Name& a, uint32_t b) const { return of->NameOf(b) == a; }
    };

    static uint32_t SpaceOf(uint32_t field, Kind kind) {
        return field << 3 | static_cast<uint32_t>(kind);
    }
    static Kind KindOf(uint32_t space) { return static_cast<Kind>(space & 7); }
    Name NameOf(uint32_t term) const {
        return {.space = terms_[term].space, .text = terms_[term].text};
    }
    void CountPrefix(Field& field, size_t length, bool add);
    void ReleaseFitting(Field& field, uint32_t fitting);
    void Mark(uint32_t term, uint32_t place);
    void Find(const Name& name, uint32_t place);
    void FindFitting(Field& field, std::string_view text, uint32_t place);
    void ReadField(const Document::Impl::Field& field, uint32_t number);

    std::vector<Field> fields_;
    std::vector<uint32_t> free_fields_;
    absl::flat_hash_map<std::string, uint32_t> field_numbers_;
    std::vector<Term> terms_;
    std::vector<uint32_t> free_terms_;
    absl::flat_hash_set<uint32_t, Hash, Equal> by_name_{0, Hash{this}, Equal{this}};
    // By term, apart from the rest, so that what most questions need stays in the cache.
    std::vector<uint32_t> seen_in_, place_;

    const Document::Impl* document_ = nullptr;
    uint32_t document_number_ = 0;
    uint64_t documents_ = 0;
    std::vector<uint32_t> found_, fields_here_;
};

}  // namespace blasty::index::internal
