#include "search/highlight.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "search/internal/highlight_marks.h"
#include "search/internal/highlight_text.h"

namespace blasty::search {

struct Highlighter::Leaves : internal::FieldLeaves {};

namespace {

// Calls visit(leaf) with each query that holds no others and can be found in a text.
template <typename Visit>
void VisitLeaves(const index::QueryPtr& query, const Visit& visit) {
    if (query == nullptr) return;
    if (const auto* boolean = std::get_if<index::BooleanQuery>(&query->node)) {
        for (const auto* part : {&boolean->must, &boolean->should, &boolean->filter}) {
            for (const index::QueryPtr& inner : *part) VisitLeaves(inner, visit);
        }
        return;
    }
    if (const auto* best = std::get_if<index::BestOfQuery>(&query->node)) {
        for (const index::QueryPtr& inner : best->queries) VisitLeaves(inner, visit);
        return;
    }
    visit(*query);
}

// The field of a leaf of terms; else empty.
std::string FieldOf(const index::Query& leaf) {
    return std::visit(
        [](const auto& node) -> std::string {
            using Node = std::decay_t<decltype(node)>;
            if constexpr (std::is_same_v<Node, index::TermQuery> ||
                          std::is_same_v<Node, index::PhraseQuery> ||
                          std::is_same_v<Node, index::PrefixQuery> ||
                          std::is_same_v<Node, index::WildcardQuery> ||
                          std::is_same_v<Node, index::RegexpQuery> ||
                          std::is_same_v<Node, index::TermRangeQuery> ||
                          std::is_same_v<Node, index::FuzzyQuery>)
                return node.field;
            return {};
        },
        leaf.node);
}

}  // namespace

HighlightOptions HighlightOptions::Ansi() {
    HighlightOptions options;
    options.begin = "\x1b[1;31m";
    options.end = "\x1b[0m";
    options.escape_html = false;
    options.drop_controls = true;
    return options;
}

Highlighter::Highlighter(const index::QueryPtr& query, const Fields& fields) : fields_(&fields) {
    std::vector<std::unique_ptr<Leaves>> by_field;
    VisitLeaves(query, [&](const index::Query& leaf) {
        std::string name = FieldOf(leaf);
        if (name.empty()) return;
        auto at = std::find_if(by_field.begin(), by_field.end(),
                               [&name](const auto& leaves) { return leaves->field == name; });
        if (at == by_field.end()) {
            at = by_field.insert(at, std::make_unique<Leaves>());
            (*at)->field = std::move(name);
        }
        Leaves& leaves = **at;
        if (const auto* term = std::get_if<index::TermQuery>(&leaf.node)) {
            leaves.terms.push_back(term->term);
        } else if (const auto* phrase = std::get_if<index::PhraseQuery>(&leaf.node)) {
            leaves.phrases.push_back(*phrase);
        } else if (auto filter = index::MakeTermFilter(leaf)) {
            leaves.filters.push_back(std::move(filter));
        }
    });
    for (auto& leaves : by_field) leaves_.push_back(std::move(leaves));
}

Highlighter::~Highlighter() = default;
Highlighter::Highlighter(Highlighter&&) noexcept = default;
Highlighter& Highlighter::operator=(Highlighter&&) noexcept = default;

const Highlighter::Leaves* Highlighter::Find(std::string_view field) const {
    for (const auto& leaves : leaves_) {
        if (leaves->field == field) return leaves.get();
    }
    return nullptr;
}

bool Highlighter::Has(std::string_view field) const { return Find(field) != nullptr; }

std::vector<std::string> Highlighter::Fragments(std::string_view field, std::string_view text,
                                                const HighlightOptions& options) const {
    const Leaves* leaves = Find(field);
    const FieldUse* use = fields_->Find(field);
    if (leaves == nullptr || use == nullptr) return {};
    const std::vector<internal::Mark> marks = internal::MarkFinder(*leaves, *use, text).Marks();
    std::vector<std::string> fragments;
    for (const internal::Part& part : internal::BestParts(text, marks, options))
        fragments.push_back(internal::WritePart(text, marks, part, options));
    return fragments;
}

std::string Highlighter::Whole(std::string_view field, std::string_view text,
                               const HighlightOptions& options) const {
    const Leaves* leaves = Find(field);
    const FieldUse* use = fields_->Find(field);
    std::vector<internal::Mark> marks;
    if (leaves != nullptr && use != nullptr)
        marks = internal::MarkFinder(*leaves, *use, text).Marks();
    return internal::WritePart(text, marks, {.begin = 0, .end = text.size()}, options);
}

std::vector<TermLocation> Highlighter::Locations(std::string_view field,
                                                 std::string_view text) const {
    const Leaves* leaves = Find(field);
    const FieldUse* use = fields_->Find(field);
    if (leaves == nullptr || use == nullptr) return {};
    return internal::MarkFinder(*leaves, *use, text).Locations();
}

}  // namespace blasty::search
