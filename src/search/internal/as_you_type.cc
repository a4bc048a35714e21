#include "search/internal/as_you_type.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "search/internal/keeps_words.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {
namespace {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

// What a word counts: kFound and kBetter are more than all that is misspelt, whatever the field.
// A little of the usual score tells equal ones apart: at most about 30 for the rarest word.
constexpr double kFound = 10, kWhole = 6, kBegins = 4, kStem = 2;
constexpr double kOneLetter = 4, kTwoLetters = 1, kMisspelt = 2;
constexpr double kUsualScore = 0.05;
// Stems are at most so many letters shorter than words, no shorter than that, and have at least two
// thirds of them: "postgers" is not on its way from "post".
constexpr size_t kSuffixMax = 5, kStemMin = 4;

std::vector<size_t> CharacterEnds(std::string_view text) {
    std::vector<size_t> ends;
    for (size_t i = 1; i <= text.size(); ++i) {
        if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
            ends.push_back(i);
    }
    return ends;
}

// What `query` finds, each with the same score.
QueryPtr Constant(QueryPtr query, double score) {
    return MakeQuery(
        index::BooleanQuery{.must = {MakeQuery(index::AllQuery{}, score)}, .filter = {query}});
}

class TypedTerm {
  public:
    TypedTerm(const TypedWord& word, const FieldUse& field) : word_(word), field_(field) {}

    // The terms themselves.
    void Whole(QueryPtr query) {
        QueryPtr usual = Boosted(query, kUsualScore * word_.weight);
        ways_.push_back(MakeQuery(index::BooleanQuery{
            .must = {std::move(usual), MakeQuery(index::AllQuery{}, Score(kFound, kWhole))}}));
    }
    // Terms that begin with it.
    void Beginning(const std::string& text) {
        if (!word_.last || text.empty()) return;
        ways_.push_back(MakeQuery(index::PrefixQuery{.field = field_.name, .prefix = text},
                                  Score(kFound, kBegins)));
    }
    // The stem of a word whose ending is not complete is none yet: "configuratio" is to find
    // "configuration", which is "configur" in the index.
    void Stems(const std::string& text) {
        if (!word_.last) return;
        const std::vector<size_t> ends = CharacterEnds(text);
        std::vector<QueryPtr> stems;
        for (size_t cut = 1; cut <= kSuffixMax; ++cut) {
            if (ends.size() < kStemMin + cut || ends.size() < 3 * cut) break;
            stems.push_back(MakeQuery(index::TermQuery{
                .field = field_.name, .term = text.substr(0, ends[ends.size() - cut - 1])}));
        }
        if (stems.empty()) return;
        ways_.push_back(Constant(MakeQuery(index::BooleanQuery{.should = std::move(stems)}),
                                 Score(kFound, kStem)));
    }
    void Misspelt(const std::string& text) {
        const uint32_t most = TypedEdits(CharacterEnds(text).size());
        for (uint32_t edits = 1; edits <= most; ++edits) {
            ways_.push_back(Constant(MakeQuery(index::FuzzyQuery{.field = field_.name,
                                                                 .term = text,
                                                                 .edits = edits,
                                                                 .prefix_length = 1,
                                                                 .prefix = word_.last}),
                                     Score(edits == 1 ? kOneLetter : kTwoLetters, kMisspelt)));
        }
    }
    QueryPtr Take() {
        if (ways_.size() == 1) return std::move(ways_[0]);
        return MakeQuery(index::BestOfQuery{.queries = std::move(ways_)});
    }

  private:
    double Score(double tier, double field) const { return tier + field * word_.weight; }

    const TypedWord& word_;
    const FieldUse& field_;
    std::vector<QueryPtr> ways_;
};

QueryPtr KeywordQuery(const TypedWord& word, const FieldUse& field) {
    std::string term(word.text);
    if (field.boolean) {
        auto truth = BooleanTerm(word.text);
        if (!truth) return nullptr;
        return MakeQuery(index::TermQuery{.field = field.name, .term = *std::move(truth)});
    }
    TypedTerm made(word, field);
    made.Whole(MakeQuery(index::TermQuery{.field = field.name, .term = term}));
    made.Beginning(term);
    made.Misspelt(term);
    return made.Take();
}

// A word as the field has it.
struct Piece {
    Word word;
    size_t start = 0, end = 0;  // in what was typed
};

std::vector<Piece> PiecesOf(const analysis::Analyzer& analyzer, std::string_view text) {
    std::vector<Piece> pieces;
    analyzer.Analyze(text, [&pieces](const analysis::Token& token) {
        if (pieces.empty() || pieces.back().word.position != token.position) {
            pieces.push_back(
                {.word = {.position = token.position}, .start = token.start, .end = token.end});
        }
        pieces.back().word.terms.emplace_back(token.term);
    });
    return pieces;
}

QueryPtr PieceQuery(const TypedWord& word, const FieldUse& field, const Piece& piece) {
    TypedTerm made(word, field);
    made.Whole(PhraseOf(field.name, {piece.word}, 0));
    if (word.last) {
        const std::string normal =
            field.analyzer->Normalize(word.text.substr(piece.start, piece.end - piece.start));
        made.Beginning(normal);
        if (!KeepsWords(*field.analyzer)) made.Stems(normal);
    }
    made.Misspelt(piece.word.terms[0]);
    return made.Take();
}

}  // namespace

uint32_t TypedEdits(size_t characters) { return characters < 4 ? 0 : characters < 8 ? 1 : 2; }

QueryPtr TypedWordQuery(const TypedWord& word, const FieldUse& field, bool* removed) {
    *removed = false;
    if (field.kind == FieldKind::kKeyword) return KeywordQuery(word, field);
    const std::vector<Piece> pieces = PiecesOf(*field.analyzer, word.text);
    if (pieces.empty()) {
        // A stop word may become another one: "the" is on the way to "theme".
        *removed = true;
        const std::string normal = field.analyzer->Normalize(word.text);
        if (!word.last || normal.empty()) return nullptr;
        TypedTerm made(word, field);
        made.Beginning(normal);
        return made.Take();
    }
    // "libc6-dev" are two words for the field: all of them, the last of which may go on.
    std::vector<QueryPtr> all;
    for (size_t i = 0; i < pieces.size(); ++i) {
        TypedWord part = word;
        part.last = word.last && i + 1 == pieces.size() && pieces[i].end == word.text.size();
        all.push_back(PieceQuery(part, field, pieces[i]));
    }
    if (all.size() == 1) return std::move(all[0]);
    return MakeQuery(index::BooleanQuery{.must = std::move(all)},
                     1 / static_cast<double>(pieces.size()));
}

}  // namespace blasty::search::internal
