#include "search/internal/sql_rows.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "index/limits.h"

namespace blasty::search::internal {
namespace {

constexpr size_t kHitsAtFirst = 100;
// A word with the space behind it, of most languages.
constexpr size_t kCharactersPerWord = 7;

}  // namespace

SqlRows::SqlRows(LiveIndex::View view, index::QueryPtr query, const Definition& definition,
                 uint64_t likely)
    : view_(std::move(view)),
      query_(std::move(query)),
      highlighter_(query_, view_.mapping->fields()),
      wanted_(std::clamp<uint64_t>(likely == 0 ? kHitsAtFirst : likely, 1, index::kHitsMax)) {
    std::vector<std::string> columns;
    for (const FieldDefinition& field : definition.fields) {
        auto place = std::find(columns.begin(), columns.end(), field.column);
        if (place == columns.end()) {
            place = columns.insert(place, field.column);
            text_fields_.emplace_back();
        }
        std::string& text = text_fields_[static_cast<size_t>(place - columns.begin())];
        if (text.empty() && field.path.empty() && field.type == FieldType::kText) text = field.name;
    }
}

Result<bool> SqlRows::Next() {
    if (begun_) ++at_;
    begun_ = true;
    if (at_ < hits_.size()) return true;
    if (complete_) return false;
    if (at_ == index::kHitsMax) {
        return MakeError(
            StatusCode::kResourceExhausted, "RESULT_TOO_LARGE",
            StrCat("more than ", index::kHitsMax, " rows match; add a LIMIT or ask for less"));
    }
    if (at_ > 0) wanted_ = std::min(wanted_ * 8, index::kHitsMax);
    BLASTY_ASSIGN_OR_RETURN(
        index::SearchResult found,
        index::Search(*view_.snapshot, {.query = query_, .size = wanted_, .exact_total = false}));
    complete_ = found.hits.size() < wanted_;
    hits_ = std::move(found.hits);
    return at_ < hits_.size();
}

const std::string* SqlRows::FieldOf(int column) const {
    const auto place = static_cast<size_t>(column);
    if (column < 0 || place >= text_fields_.size() || text_fields_[place].empty()) return nullptr;
    return &text_fields_[place];
}

HighlightOptions SqlRows::OptionsOf(const tables::SearchMarks& marks) const {
    HighlightOptions options;
    options.begin = marks.before;
    options.end = marks.after;
    options.escape_html = false;
    return options;
}

Result<tables::MarkedText> SqlRows::Highlight(int column, std::string_view text,
                                              const tables::SearchMarks& marks) {
    const std::string* field = FieldOf(column);
    if (field == nullptr || !highlighter_.Has(*field))
        return tables::MarkedText{.text = std::string(text)};
    return tables::MarkedText{.text = highlighter_.Whole(*field, text, OptionsOf(marks)),
                              .matched = !highlighter_.Locations(*field, text).empty()};
}

Result<tables::MarkedText> SqlRows::Snippet(int column, std::string_view text,
                                            const tables::SnippetForm& form) {
    const size_t characters = static_cast<size_t>(std::max(form.tokens, 1)) * kCharactersPerWord;
    const std::string* field = FieldOf(column);
    if (field != nullptr && highlighter_.Has(*field)) {
        HighlightOptions options = OptionsOf(form.marks);
        options.fragment_characters = characters;
        options.separator = form.ellipsis;
        auto fragments = highlighter_.Fragments(*field, text, options);
        if (!fragments.empty())
            return tables::MarkedText{.text = std::move(fragments[0]), .matched = true};
    }
    // The beginning, cut at a character.
    size_t end = std::min(text.size(), characters);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    std::string out(text.substr(0, end));
    if (end < text.size()) out += form.ellipsis;
    return tables::MarkedText{.text = std::move(out)};
}

}  // namespace blasty::search::internal
