#include "search/internal/suggestions.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
#include "index/terms.h"
#include "search/internal/as_you_type.h"
#include "search/internal/keeps_words.h"
#include "search/internal/query_string_leaves.h"
#include "search/internal/typed_text.h"
#include "search/internal/written_words.h"

namespace blasty::search::internal {
namespace {

constexpr size_t kTermsMax = 500'000;  // looked at of a segment for one field
// Letters of a value's beginning that may be small or large, all at a time: 8 ways.
constexpr size_t kCaseLetters = 3;
// Stems that are looked up in rows for the words they stand for.
constexpr size_t kStemsMax = 20;
constexpr size_t kFieldsMax = 64;

std::string Small(std::string_view text) {
    std::string small(text);
    for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return small;
}

class Suggester {
  public:
    Suggester(const SuggestRequest& request, const LiveIndex::View& view, tables::Tables& tables)
        : request_(request),
          view_(view),
          text_(request.text),
          typed_(TakeApart(text_, view.mapping->fields())),
          written_(view, tables) {}

    Result<std::vector<Suggestion>> Find();

  private:
    struct Term {
        std::string term;
        uint64_t documents;
        uint32_t distance;
    };

    Result<std::vector<size_t>> FieldsOf() const;
    Status InText(size_t field, bool misspelt);
    Status InValues(size_t field, bool misspelt);
    // Values that begin as the text does from `begin` on.
    Status Values(size_t field, size_t begin, bool misspelt);
    Status Visit(size_t field, const index::QueryPtr& leaf, const index::VisitTerm& visit) const {
        return index::ForEachTerm(*view_.snapshot, NameOf(field), leaf, kTermsMax, visit).status();
    }
    // The terms of a leaf that count: the nearest, then the most frequent ones.
    Result<std::vector<Term>> BestTerms(size_t field, const index::QueryPtr& leaf, size_t most,
                                        bool misspelt) const;
    Status AddStems(size_t field, size_t begin, const std::string& typed,
                    const std::vector<Term>& stems);
    // Begins with `typed` once it has the form of the field's words.
    bool Begins(size_t field, std::string_view word, std::string_view typed) const {
        return view_.mapping->fields().all[field].analyzer->Normalize(word).starts_with(typed);
    }
    const std::string& NameOf(size_t field) const {
        return view_.mapping->fields().all[field].name;
    }
    void Add(size_t begin, const std::string& term, size_t field, uint64_t documents,
             uint32_t distance);

    const SuggestRequest& request_;
    const LiveIndex::View& view_;
    const std::string_view text_;
    const TypedText typed_;
    WrittenWords written_;
    std::map<std::string, Suggestion> found_;  // by text in small letters
};

Result<std::vector<size_t>> Suggester::FieldsOf() const {
    const auto& all = view_.mapping->fields().all;
    std::vector<std::string> names = request_.fields;
    if (!typed_.field.empty()) names = {typed_.field};
    std::vector<size_t> fields;
    for (size_t i = 0; i < all.size() && names.empty() && fields.size() < kFieldsMax; ++i) {
        if (all[i].by_default && !all[i].boolean) fields.push_back(i);
    }
    for (const std::string& name : names) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&name](const FieldUse& use) { return use.name == name; });
        if (found == all.end()) {
            return MakeError(StatusCode::kNotFound, "FIELD_NOT_FOUND",
                             MessageOf(FindField(view_.mapping->fields(), name).status()));
        }
        if (!HasTerms(*found) || found->boolean) {
            return BadQuery(StrCat("suggestions are made of TEXT and FACET fields, but '",
                                   Printable(name), "' is a ", KindName(*found)));
        }
        fields.push_back(static_cast<size_t>(found - all.begin()));
    }
    return fields;
}

void Suggester::Add(size_t begin, const std::string& term, size_t field, uint64_t documents,
                    uint32_t distance) {
    Suggestion made{.text = StrCat(text_.substr(0, begin), term),
                    .term = term,
                    .field = NameOf(field),
                    .documents = documents,
                    .distance = distance};
    const auto [at, added] = found_.try_emplace(Small(made.text), made);
    Suggestion& known = at->second;
    if (added || std::pair(distance, known.documents) >= std::pair(known.distance, documents))
        return;
    known = std::move(made);
}

Result<std::vector<Suggester::Term>> Suggester::BestTerms(size_t field, const index::QueryPtr& leaf,
                                                          size_t most, bool misspelt) const {
    std::vector<Term> terms;
    const auto before = [](const Term& a, const Term& b) {
        return std::pair(a.distance, b.documents) < std::pair(b.distance, a.documents);
    };
    const auto cut = [&] {
        if (terms.size() <= most) return;
        std::nth_element(terms.begin(), terms.begin() + static_cast<ptrdiff_t>(most), terms.end(),
                         before);
        terms.resize(most);
    };
    BLASTY_RETURN_IF_ERROR(
        Visit(field, leaf, [&](std::string_view term, uint64_t documents, uint32_t distance) {
            if (misspelt != (distance > 0)) return;
            terms.push_back({std::string(term), documents, distance});
            if (terms.size() > 4 * most + 64) cut();
        }));
    cut();
    return terms;
}

Status Suggester::AddStems(size_t field, size_t begin, const std::string& typed,
                           const std::vector<Term>& stems) {
    for (const Term& stem : stems) {
        BLASTY_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                                written_.Of(field, stem.term));
        for (const std::string& word : words) {
            if (stem.distance == 0 && !Begins(field, word, typed)) continue;
            Add(begin, word, field, stem.documents, stem.distance);
            break;
        }
    }
    return OkStatus();
}

Status Suggester::InText(size_t field, bool misspelt) {
    const analysis::Analyzer& analyzer = *view_.mapping->fields().all[field].analyzer;
    const std::string_view word = text_.substr(typed_.word);
    // Of "libc6-d" the last part.
    size_t begin = 0, end = word.size();
    bool any = false;
    analyzer.Analyze(word, [&](const analysis::Token& token) {
        any = true;
        begin = token.start;
        end = token.end;
    });
    // What follows the last part ends it; a stop word may go on to be another word.
    if (any && end != word.size()) return OkStatus();
    const std::string typed = analyzer.Normalize(word.substr(any ? begin : 0));
    if (typed.empty()) return OkStatus();
    begin += typed_.word;
    const bool keeps_words = KeepsWords(analyzer);
    const size_t most = keeps_words ? request_.size : std::min(2 * request_.size, kStemsMax);
    index::QueryPtr leaf = index::MakeQuery(index::PrefixQuery{.prefix = typed});
    if (misspelt) {
        leaf = index::MakeQuery(
            index::FuzzyQuery{.term = typed, .edits = 1, .prefix_length = 1, .prefix = true});
    }
    BLASTY_ASSIGN_OR_RETURN(std::vector<Term> terms, BestTerms(field, leaf, most, misspelt));
    if (keeps_words) {
        for (const Term& term : terms) Add(begin, term.term, field, term.documents, term.distance);
        return OkStatus();
    }
    // "configura" has no stem that begins so: it is longer than that of "configuration".
    for (size_t cut = 1; cut <= 5 && typed.size() >= cut + 4 && !misspelt; ++cut) {
        const auto stem =
            index::MakeQuery(index::TermQuery{.term = typed.substr(0, typed.size() - cut)});
        BLASTY_ASSIGN_OR_RETURN(const std::vector<Term> shorter, BestTerms(field, stem, 1, false));
        terms.insert(terms.end(), shorter.begin(), shorter.end());
    }
    return AddStems(field, begin, typed, terms);
}

Status Suggester::Values(size_t field, size_t begin, bool misspelt) {
    const std::string typed(text_.substr(begin));
    if (typed.empty()) return OkStatus();
    if (misspelt) {
        const auto leaf = index::MakeQuery(
            index::FuzzyQuery{.term = typed, .edits = 1, .prefix_length = 1, .prefix = true});
        BLASTY_ASSIGN_OR_RETURN(const auto terms, BestTerms(field, leaf, request_.size, true));
        for (const Term& term : terms) Add(begin, term.term, field, term.documents, term.distance);
        return OkStatus();
    }
    // The first letters in all ways to write them; the rest is compared.
    const size_t letters = std::min(typed.size(), kCaseLetters);
    const std::string small = Small(typed);
    std::vector<Term> terms;
    for (uint32_t way = 0; way < 1u << letters; ++way) {
        std::string prefix = small.substr(0, letters);
        bool possible = true;
        for (size_t i = 0; i < letters; ++i) {
            if ((way >> i & 1) == 0) continue;
            const char c = prefix[i];
            possible = possible && c >= 'a' && c <= 'z';
            prefix[i] = static_cast<char>(c - 32);
        }
        if (!possible) continue;
        BLASTY_RETURN_IF_ERROR(Visit(field, index::MakeQuery(index::PrefixQuery{.prefix = prefix}),
                                     [&](std::string_view term, uint64_t documents, uint32_t) {
                                         if (Small(term.substr(0, typed.size())) != small) return;
                                         terms.push_back({std::string(term), documents, 0});
                                     }));
    }
    const size_t most = std::min(terms.size(), request_.size);
    std::partial_sort(terms.begin(), terms.begin() + static_cast<ptrdiff_t>(most), terms.end(),
                      [](const Term& a, const Term& b) { return a.documents > b.documents; });
    for (size_t i = 0; i < most; ++i) Add(begin, terms[i].term, field, terms[i].documents, 0);
    return OkStatus();
}

Status Suggester::InValues(size_t field, bool misspelt) {
    BLASTY_RETURN_IF_ERROR(Values(field, typed_.whole, misspelt));
    return typed_.word == typed_.whole ? OkStatus() : Values(field, typed_.word, misspelt);
}

Result<std::vector<Suggestion>> Suggester::Find() {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<size_t> fields, FieldsOf());
    if (typed_.word == text_.size()) return std::vector<Suggestion>();
    const auto letters = static_cast<size_t>(
        std::count_if(text_.begin() + static_cast<ptrdiff_t>(typed_.word), text_.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
    for (const bool misspelt : {false, true}) {
        if (misspelt && (TypedEdits(letters) == 0 || found_.size() >= request_.size)) break;
        for (const size_t field : fields) {
            const bool text = view_.mapping->fields().all[field].kind == index::FieldKind::kText;
            BLASTY_RETURN_IF_ERROR(text ? InText(field, misspelt) : InValues(field, misspelt));
        }
    }
    std::vector<Suggestion> list;
    for (auto& [text, suggestion] : found_) list.push_back(std::move(suggestion));
    std::stable_sort(list.begin(), list.end(), [](const Suggestion& a, const Suggestion& b) {
        return std::pair(a.distance, b.documents) < std::pair(b.distance, a.documents);
    });
    if (list.size() > request_.size) list.resize(request_.size);
    return list;
}

}  // namespace

Result<SuggestResult> Suggestions(const SuggestRequest& request, const LiveIndex::View& view,
                                  tables::Tables& tables) {
    if (request.text.size() > kSuggestBytesMax || !IsUtf8(request.text)) {
        return BadQuery(StrCat("the text is ", request.text.size(),
                               " bytes long or not UTF-8; at most ", kSuggestBytesMax,
                               " bytes can be completed"));
    }
    if (request.size > kSuggestionsMax) {
        return BadQuery(
            StrCat(request.size, " suggestions; at most ", kSuggestionsMax, " are made"));
    }
    SuggestResult result{.suggestions = {}, .sequence = view.snapshot->sequence};
    if (request.size == 0) return result;
    BLASTY_ASSIGN_OR_RETURN(result.suggestions, Suggester(request, view, tables).Find());
    return result;
}

}  // namespace blasty::search::internal
