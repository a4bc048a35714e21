#include "search/internal/written_words.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "index/search.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

constexpr size_t kRowsLookedAt = 4;
// Of one text: bounds the time that a large one takes.
constexpr size_t kTextBytesMax = 64 * 1024;

}  // namespace

Result<std::vector<std::string>> WrittenWords::Of(size_t field, std::string_view term) {
    const FieldUse& use = view_.mapping->fields().all[field];
    const auto column = static_cast<size_t>(view_.mapping->ColumnOf(field));
    index::SearchRequest request{.size = kRowsLookedAt, .exact_total = false};
    request.query =
        index::MakeQuery(index::TermQuery{.field = use.name, .term = std::string(term)});
    BLASTY_ASSIGN_OR_RETURN(const index::SearchResult found,
                            index::Search(*view_.snapshot, request));
    std::map<std::string, size_t> counts;
    for (const index::Hit& hit : found.hits) {
        BLASTY_ASSIGN_OR_RETURN(const tables::Row key, tables::DecodeRow(hit.key));
        BLASTY_ASSIGN_OR_RETURN(const tables::Row row, rows_.Read(key));
        if (row.size() <= column) continue;
        for (const std::string& text : view_.mapping->TextsOf(field, row[column])) {
            const std::string_view part = std::string_view(text).substr(0, kTextBytesMax);
            use.analyzer->Analyze(part, [&](const analysis::Token& token) {
                if (token.term != term) return;
                std::string word(part.substr(token.start, token.end - token.start));
                for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                ++counts[std::move(word)];
            });
        }
    }
    std::vector<std::pair<size_t, std::string>> sorted;
    for (auto& [word, count] : counts) sorted.emplace_back(count, word);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::string> words;
    for (auto& [count, word] : sorted) words.push_back(std::move(word));
    return words;
}

}  // namespace blasty::search::internal
