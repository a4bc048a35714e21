#include "search/internal/corrections.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "index/terms.h"
#include "search/internal/keeps_words.h"
#include "search/internal/query_string_leaves.h"
#include "search/internal/written_words.h"

namespace blasty::search::internal {
namespace {

// A word is wrong when another one has more than so many times its rows.
constexpr uint64_t kTimesMore = 1000;
// One letter more that differs is worth a factor of about 50 in rows (e^4): that many more rows a
// word needs to be taken for what was meant in spite of it. So does another first letter, which is
// seldom wrong.
constexpr double kLetterCost = 4;
constexpr size_t kTermsMax = 200'000;  // looked at of a segment for one word
// Each costs a walk over the dictionary.
constexpr size_t kWordsMax = 16, kFieldsMax = 16;

bool IsSmall(char c) { return c >= 'a' && c <= 'z'; }
bool IsLarge(char c) { return c >= 'A' && c <= 'Z'; }

size_t CharactersOf(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

uint32_t EditsFor(std::string_view word) {
    const size_t characters = CharactersOf(word);
    return characters < 3 ? 0 : characters < 5 ? 1 : 2;
}

// In capitals, or with a first one, as the word it stands for.
std::string WithCaseOf(std::string_view typed, std::string word) {
    const bool none_small = std::none_of(typed.begin(), typed.end(), IsSmall);
    const bool all_large = none_small && std::count_if(typed.begin(), typed.end(), IsLarge) > 1;
    for (size_t i = 0; i < word.size(); ++i) {
        if (!IsSmall(word[i])) continue;
        if (all_large || (i == 0 && IsLarge(typed[0]))) word[i] = static_cast<char>(word[i] - 32);
    }
    return word;
}

struct Better {
    std::string term;
    size_t field = 0;
    uint64_t documents = 0;
    double score = 0;
};

class Corrector {
  public:
    Corrector(const LiveIndex::View& view, tables::Tables& tables)
        : view_(view), fields_(view.mapping->fields().all), written_(view, tables) {}

    // Nothing: the word is right, or nothing better is known.
    Result<std::optional<std::string>> Correct(std::string_view word, const std::string& field,
                                               bool typing);
    // Fields of words that are searched for it.
    std::vector<size_t> TextFields(const std::string& name) const {
        std::vector<size_t> found;
        for (size_t i = 0; i < fields_.size() && found.size() < kFieldsMax; ++i) {
            if (fields_[i].kind != index::FieldKind::kText) continue;
            if (name.empty() ? fields_[i].by_default : fields_[i].name == name) found.push_back(i);
        }
        return found;
    }
    const analysis::Analyzer& AnalyzerOf(size_t field) const { return *fields_[field].analyzer; }

  private:
    Result<uint64_t> CountOf(const std::string& field, const std::string& term) const {
        uint64_t count = 0;
        const auto leaf = index::MakeQuery(index::TermQuery{.field = field, .term = term});
        BLASTY_RETURN_IF_ERROR(index::ForEachTerm(*view_.snapshot, field, leaf, kTermsMax,
                                                  [&](std::string_view, uint64_t documents,
                                                      uint32_t) { count = documents; })
                                   .status());
        return count;
    }
    Result<bool> IsBegun(const std::string& field, const std::string& beginning) const {
        bool begun = false;
        const auto leaf = index::MakeQuery(index::PrefixQuery{.field = field, .prefix = beginning});
        BLASTY_RETURN_IF_ERROR(
            index::ForEachTerm(*view_.snapshot, field, leaf, 64,
                               [&](std::string_view, uint64_t, uint32_t) { begun = true; })
                .status());
        return begun;
    }
    // The best of the field's terms near to `term`.
    Status Look(size_t field, const std::string& term, uint32_t same_letters, uint64_t known,
                std::optional<Better>* best) const;
    Result<std::string> Written(const Better& better, std::string_view typed);

    const LiveIndex::View& view_;
    const std::vector<FieldUse>& fields_;
    WrittenWords written_;
};

Status Corrector::Look(size_t field, const std::string& term, uint32_t same_letters, uint64_t known,
                       std::optional<Better>* best) const {
    const uint32_t edits = EditsFor(term);
    if (edits == 0) return OkStatus();
    const std::string& name = fields_[field].name;
    const auto leaf = index::MakeQuery(index::FuzzyQuery{
        .field = name, .term = term, .edits = edits, .prefix_length = same_letters});
    const auto consider = [&](std::string_view other, uint64_t documents, uint32_t distance) {
        if (distance == 0 || documents <= known * kTimesMore) return;
        const double cost = distance + (other[0] == term[0] ? 0 : 1);
        const double score = std::log(static_cast<double>(documents)) - kLetterCost * cost;
        if (*best && (*best)->score >= score) return;
        *best = {
            .term = std::string(other), .field = field, .documents = documents, .score = score};
    };
    return index::ForEachTerm(*view_.snapshot, name, leaf, kTermsMax, consider).status();
}

// A word of the stem that is nearest in length to what was typed, else the most frequent one.
Result<std::string> Corrector::Written(const Better& better, std::string_view typed) {
    if (KeepsWords(AnalyzerOf(better.field))) return better.term;
    BLASTY_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                            written_.Of(better.field, better.term));
    const auto apart = [&](const std::string& word) {
        const size_t a = CharactersOf(word), b = CharactersOf(typed);
        return a > b ? a - b : b - a;
    };
    const auto best = std::min_element(
        words.begin(), words.end(),
        [&](const std::string& a, const std::string& b) { return apart(a) < apart(b); });
    return best == words.end() ? std::string() : *best;
}

Result<std::optional<std::string>> Corrector::Correct(std::string_view word,
                                                      const std::string& field, bool typing) {
    const auto none = std::optional<std::string>();
    // Numbers and versions are what they are.
    if (std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return none;
    uint64_t known = 0;
    std::vector<std::pair<size_t, std::string>> terms;
    for (const size_t i : TextFields(field)) {
        const std::vector<Word> found = Analyzed(AnalyzerOf(i), word);
        // A stop word, or one that the field takes apart.
        if (found.size() != 1) return none;
        BLASTY_ASSIGN_OR_RETURN(const uint64_t count, CountOf(fields_[i].name, found[0].terms[0]));
        known = std::max(known, count);
        if (typing && known == 0) {
            BLASTY_ASSIGN_OR_RETURN(const bool begun,
                                    IsBegun(fields_[i].name, AnalyzerOf(i).Normalize(word)));
            if (begun) return none;
        }
        terms.emplace_back(i, found[0].terms[0]);
    }
    for (const FieldUse& use : fields_) {
        if (use.kind != index::FieldKind::kKeyword || use.boolean) continue;
        if (field.empty() ? !use.by_default : use.name != field) continue;
        BLASTY_ASSIGN_OR_RETURN(const uint64_t count, CountOf(use.name, std::string(word)));
        known = std::max(known, count);
    }
    if (known * kTimesMore >= view_.snapshot->documents) return none;
    std::optional<Better> best;
    // All first letters take far longer to look through.
    for (const uint32_t same_letters : {1u, 0u}) {
        for (const auto& [i, term] : terms)
            BLASTY_RETURN_IF_ERROR(Look(i, term, same_letters, known, &best));
        if (best) break;
    }
    if (!best) return none;
    BLASTY_ASSIGN_OR_RETURN(std::string written, Written(*best, word));
    if (written.empty()) return none;
    return std::optional<std::string>(WithCaseOf(word, std::move(written)));
}

// Words of a phrase, or of "web-server", one by one: bytes of the text.
std::vector<std::pair<size_t, size_t>> PartsOf(std::string_view text, const QueryWord& word,
                                               const analysis::Analyzer& analyzer) {
    std::vector<std::pair<size_t, size_t>> parts;
    analyzer.Analyze(text.substr(word.begin, word.end - word.begin),
                     [&](const analysis::Token& token) {
                         const size_t begin = word.begin + token.start;
                         // Synonyms and pieces lie on the same letters.
                         if (!parts.empty() && begin < parts.back().second) return;
                         parts.emplace_back(begin, word.begin + token.end);
                     });
    return parts;
}

}  // namespace

Result<std::string> Corrected(std::string_view text, const std::vector<QueryWord>& words,
                              bool typing, const LiveIndex::View& view, tables::Tables& tables) {
    Corrector corrector(view, tables);
    std::string out;
    size_t copied = 0, looked = 0;
    for (const QueryWord& word : words) {
        const std::vector<size_t> fields = corrector.TextFields(word.field);
        if (fields.empty()) continue;
        for (const auto& [begin, end] : PartsOf(text, word, corrector.AnalyzerOf(fields[0]))) {
            if (++looked > kWordsMax) break;
            BLASTY_ASSIGN_OR_RETURN(const auto better,
                                    corrector.Correct(text.substr(begin, end - begin), word.field,
                                                      typing && end == text.size()));
            if (!better) continue;
            out += text.substr(copied, begin - copied);
            out += *better;
            copied = end;
        }
    }
    if (copied == 0) return std::string();
    out += text.substr(copied);
    return out == text ? std::string() : out;
}

}  // namespace blasty::search::internal
