#include "search/query_string.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
#include "search/internal/query_string_clause.h"
#include "search/internal/query_string_reader.h"

namespace blasty::search {
namespace {

using index::MakeQuery;
using index::QueryPtr;
using internal::Clause;
using internal::ClauseQuery;

enum class Sign { kNone, kMust, kMustNot };

struct Item {
    Sign sign = Sign::kNone;
    QueryPtr query = {};   // nothing: neither finds nor excludes anything
    bool removed = false;  // see ClauseQuery
};

class Parser {
  public:
    Parser(std::string_view text, const Fields& fields, const ParseOptions& options)
        : text_(text), reader_(text), fields_(fields), options_(options) {}

    Result<QueryPtr> Parse() {
        BLASTY_ASSIGN_OR_RETURN(Item whole, List("", 0));
        if (!whole.query) return MakeQuery(index::NoneQuery{});
        return std::move(whole.query);
    }

    // The same of a text that Parse cannot read: words between spaces.
    Result<QueryPtr> ParseAsWords() {
        if (options_.words != nullptr) options_.words->clear();
        clauses_ = leaves_ = 0;
        std::vector<Item> items;
        for (size_t at = 0; at < text_.size();) {
            const size_t begin = text_.find_first_not_of(kSpaces, at);
            if (begin == std::string_view::npos) break;
            at = std::min(text_.find_first_of(kSpaces, begin), text_.size());
            Clause clause;
            clause.text = text_.substr(begin, at - begin);
            SetTyped(at, &clause);
            NoteWord(clause, begin);
            BLASTY_ASSIGN_OR_RETURN(Item item, MakeItem(begin, clause));
            items.push_back(std::move(item));
        }
        Item whole = Combine(std::move(items), options_.all_words);
        return whole.query ? std::move(whole.query) : MakeQuery(index::NoneQuery{});
    }

  private:
    static constexpr std::string_view kSpaces = " \t\n\v\f\r";

    // list := any {any}; any := all {OR all}; all := item {AND item}. REQUIRES: a group's `(` has
    // been read; stops before its `)`.
    Result<Item> List(const std::string& field, size_t depth) {
        std::vector<Item> items;
        while (!AtListEnd(depth)) {
            BLASTY_ASSIGN_OR_RETURN(Item item, Any(field, depth));
            items.push_back(std::move(item));
        }
        return Combine(std::move(items), options_.all_words);
    }

    bool AtListEnd(size_t depth) { return reader_.AtEnd() || (depth > 0 && reader_.Peek() == ')'); }

    Result<Item> Any(const std::string& field, size_t depth) {
        std::vector<Item> items;
        do {
            BLASTY_ASSIGN_OR_RETURN(Item item, All(field, depth));
            items.push_back(std::move(item));
        } while (!AtListEnd(depth) && reader_.TakeWord("OR"));
        if (items.size() == 1) return std::move(items[0]);
        return Combine(std::move(items), false);
    }

    Result<Item> All(const std::string& field, size_t depth) {
        std::vector<Item> items;
        do {
            BLASTY_ASSIGN_OR_RETURN(Item item, One(field, depth));
            items.push_back(std::move(item));
        } while (!AtListEnd(depth) && reader_.TakeWord("AND"));
        if (items.size() == 1) return std::move(items[0]);
        return Combine(std::move(items), true);
    }

    // Signs, then a clause or a group with its boost.
    Result<Item> One(const std::string& field, size_t depth) {
        Sign sign = Sign::kNone;
        for (bool more = true; more && !reader_.AtEnd();) {
            if (reader_.TakeSign('+')) {
                if (sign == Sign::kNone) sign = Sign::kMust;
            } else if (reader_.TakeSign('-')) {
                sign = Sign::kMustNot;
            } else if (reader_.TakeWord("NOT")) {
                sign = sign == Sign::kMustNot ? Sign::kNone : Sign::kMustNot;
            } else {
                more = false;
            }
        }
        const size_t begin = reader_.at();
        if (AtListEnd(depth)) return reader_.Error(begin, "a word or ( is missing");
        for (const std::string_view word : {"AND", "OR"}) {
            if (!reader_.TakeWord(word)) continue;
            return reader_.Error(begin, StrCat(word, " stands between two words; write \"", word,
                                               "\" in quotes for the word itself"));
        }
        BLASTY_ASSIGN_OR_RETURN(Item item, Primary(field, depth));
        item.sign = sign;
        BLASTY_ASSIGN_OR_RETURN(const double boost, reader_.TakeBoost());
        item.query = internal::Boosted(item.query, boost);
        return item;
    }

    Result<Item> Primary(const std::string& outer, size_t depth) {
        const size_t begin = reader_.at();
        Clause clause;
        clause.field = reader_.TakeField().value_or(outer);
        const size_t after_field = reader_.at();
        if (reader_.Take('(')) {
            if (depth + 1 >= kQueryDepthMax) {
                return reader_.Error(begin, StrCat("parentheses stand more than ", kQueryDepthMax,
                                                   " deep; take some away"));
            }
            BLASTY_ASSIGN_OR_RETURN(Item group, List(clause.field, depth + 1));
            if (!reader_.Take(')'))
                return reader_.Error(begin, "the ( is never closed; add a ), or write \\( for it");
            return group;
        }
        BLASTY_RETURN_IF_ERROR(reader_.ReadClause(depth > 0, &clause));
        SetTyped(reader_.at(), &clause);
        NoteWord(clause, after_field);
        return MakeItem(begin, clause);
    }

    // Of a clause that ends at `end`. Each misspelt word costs a walk over the dictionaries.
    void SetTyped(size_t end, Clause* clause) const {
        constexpr size_t kTypedWordsMax = 16;
        clause->last = end == text_.size();
        clause->typed = options_.as_you_type && (clauses_ < kTypedWordsMax || clause->last);
    }

    // Remembers where the clause stands, which begins at `begin` and has just been read.
    void NoteWord(const Clause& clause, size_t begin) {
        const bool phrase = clause.kind == Clause::Kind::kPhrase;
        if (options_.words == nullptr || clause.wild || (clause.near && !phrase)) return;
        if (!phrase && clause.kind != Clause::Kind::kWord) return;
        begin += phrase ? 1 : 0;
        // With an escape the text would be longer than what is meant.
        if (text_.substr(begin, clause.text.size()) != clause.text) return;
        options_.words->push_back(
            {.begin = begin, .end = begin + clause.text.size(), .field = clause.field});
    }

    Result<Item> MakeItem(size_t begin, const Clause& clause) {
        if (++clauses_ > kQueryClausesMax) {
            return reader_.Error(
                begin, StrCat("there are more than ", kQueryClausesMax, " words; ask for fewer"));
        }
        Result<ClauseQuery> made = internal::MakeClauseQuery(clause, fields_);
        if (!made.ok()) return reader_.Error(begin, MessageOf(made.status()));
        leaves_ += made->leaves;
        if (leaves_ > kQueryLeavesMax) {
            return reader_.Error(begin, StrCat("words times fields are more than ", kQueryLeavesMax,
                                               "; name the fields to search"));
        }
        return Item{.query = std::move(made->query), .removed = made->removed};
    }

    static Item Combine(std::vector<Item> items, bool all) {
        index::BooleanQuery made;
        bool wanted = false;
        for (Item& item : items) {
            wanted = wanted || item.sign != Sign::kMustNot;
            if (!item.query) continue;
            if (item.sign == Sign::kMustNot) {
                if (!item.removed) made.must_not.push_back(std::move(item.query));
            } else if ((all || item.sign == Sign::kMust) && !item.removed) {
                made.must.push_back(std::move(item.query));
            } else {
                made.should.push_back(std::move(item.query));
            }
        }
        if (made.must.empty() && made.should.empty()) {
            // All that was asked for are stop words; what is left only excludes.
            if (wanted || made.must_not.empty()) return Item{.query = nullptr, .removed = true};
        }
        if (made.must_not.empty() && made.must.size() + made.should.size() == 1)
            return Item{.query = std::move(made.must.empty() ? made.should[0] : made.must[0])};
        return Item{.query = MakeQuery(std::move(made))};
    }

    const std::string_view text_;
    internal::Reader reader_;
    const Fields& fields_;
    const ParseOptions& options_;
    size_t clauses_ = 0;
    size_t leaves_ = 0;
};

}  // namespace

Result<QueryPtr> ParseQueryString(std::string_view text, const Fields& fields,
                                  const ParseOptions& options) {
    if (text.size() > kQueryStringBytesMax) {
        return internal::BadQuery(StrCat("the query is ", text.size(), " bytes long; at most ",
                                         kQueryStringBytesMax, " are possible"));
    }
    for (size_t at = 0; at < text.size();) {
        const size_t bytes = Utf8Length(text.substr(at));
        if (bytes == 0) {
            return internal::BadQuery(StrCat("the query is not UTF-8 at its byte ", at + 1, ": ",
                                             Printable(text.substr(at), 8)));
        }
        at += bytes;
    }
    Parser parser(text, fields, options);
    Result<QueryPtr> query = parser.Parse();
    if (query.ok() || !options.as_you_type) return query;
    return parser.ParseAsWords();
}

}  // namespace blasty::search
