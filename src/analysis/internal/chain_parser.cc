#include "analysis/internal/chain_parser.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "analysis/internal/analyzers.h"
#include "analysis/internal/parts.h"
#include "analysis/limits.h"
#include "base/strings.h"

namespace blasty::analysis::internal {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<std::vector<ChainPart>> Parts() {
        std::vector<ChainPart> out;
        do {
            BLASTY_ASSIGN_OR_RETURN(ChainPart part, Part());
            out.push_back(std::move(part));
        } while (at_ < text_.size() && text_[at_++] == '|');
        return out;
    }

  private:
    Result<ChainPart> Part() {
        ChainPart out;
        SkipSpace();
        out.place = at_;
        while (at_ < text_.size() && text_[at_] != '|') {
            BLASTY_ASSIGN_OR_RETURN(std::string word, Word());
            if (out.name.empty()) {
                out.name = std::move(word);
                if (out.name.empty()) return BadAnalyzer(out.place, "an empty name");
            } else {
                out.args.push_back(std::move(word));
            }
            SkipSpace();
        }
        if (out.name.empty()) {
            return BadAnalyzer(
                out.place, text_.find_first_not_of(" \t\r\n") == std::string_view::npos
                               ? "an empty analyzer; write a name such as 'standard' or a chain "
                                 "such as 'unicode | fold'"
                               : "nothing stands where a part of the chain should; take one bar "
                                 "away");
        }
        return out;
    }

    Result<std::string> Word() {
        const char first = text_[at_];
        if (first == '\'' || first == '"') return QuotedWord(first);
        const size_t begin = at_;
        while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != '|') ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    Result<std::string> QuotedWord(char quote) {
        const size_t begin = at_++;
        std::string out;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c != quote) {
                out += c;
            } else if (at_ < text_.size() && text_[at_] == quote) {
                out += c;
                ++at_;
            } else {
                return out;
            }
        }
        return BadAnalyzer(begin, StrCat("the quote ", quote, " is not closed"));
    }

    void SkipSpace() {
        while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    }

    std::string_view text_;
    size_t at_ = 0;
};

Status Unknown(const ChainPart& part, bool alone) {
    std::string known;
    if (alone) {
        known = "; analyzers are";
        for (const AnalyzerInfo& info : ListAnalyzers()) StrAppend(known, " ", info.name);
    }
    known += "; parts of a chain are";
    for (const FilterInfo& info : ListFilters()) StrAppend(known, " ", info.name);
    return BadAnalyzer(part.place, StrCat("'", Printable(part.name), "' is not known", known));
}

Status Misplaced(const ChainPart& part, std::string_view why) {
    return BadAnalyzer(part.place, StrCat("'", Printable(part.name), "' ", why));
}

// Replaces the name of an analyzer, which is the first part or follows char filters, by its parts.
Status Expand(std::vector<ChainPart>& parts) {
    const auto named = std::find_if(parts.begin(), parts.end(), [](const ChainPart& part) {
        return FindPart(CharFilterParts(), part.name) == nullptr;
    });
    if (named == parts.end() || !named->args.empty()) return OkStatus();
    // In a chain the tokenizer of the same name is meant.
    if (parts.size() > 1 && FindPart(TokenizerParts(), named->name) != nullptr) return OkStatus();
    const auto chain = ChainOf(named->name);
    if (!chain) return OkStatus();
    BLASTY_ASSIGN_OR_RETURN(std::vector<ChainPart> made, Parser(*chain).Parts());
    for (ChainPart& part : made) part.place = named->place;
    parts.insert(parts.erase(named), std::make_move_iterator(made.begin()),
                 std::make_move_iterator(made.end()));
    return OkStatus();
}

}  // namespace

Result<std::vector<ChainPart>> ParseParts(std::string_view text) {
    if (text.size() > kSpecBytesMax) {
        return BadAnalyzer(kSpecBytesMax, StrCat("the chain is ", text.size(),
                                                 " bytes long, at most ", kSpecBytesMax));
    }
    return Parser(text).Parts();
}

Result<ChainSpec> SpecOf(std::vector<ChainPart> parts) {
    ChainSpec out;
    const bool alone = parts.size() == 1;
    BLASTY_RETURN_IF_ERROR(Expand(parts));
    for (ChainPart& part : parts) {
        const bool has_tokenizer = !out.tokenizer.name.empty();
        if (FindPart(CharFilterParts(), part.name) != nullptr) {
            if (has_tokenizer || !out.filters.empty()) {
                return Misplaced(part, "changes the text before it is split; put it first");
            }
            out.char_filters.push_back(std::move(part));
        } else if (FindPart(TokenizerParts(), part.name) != nullptr) {
            if (has_tokenizer) {
                return Misplaced(part, StrCat("splits a text that '", out.tokenizer.name,
                                              "' has split; a chain has one tokenizer"));
            }
            if (!out.filters.empty()) {
                return Misplaced(part, "splits the text; put it before the filters");
            }
            out.tokenizer = std::move(part);
        } else if (FindPart(FilterParts(), part.name) != nullptr) {
            out.filters.push_back(std::move(part));
        } else if (ChainOf(part.name)) {
            return Misplaced(part, "is an analyzer; put it first, or behind char filters");
        } else {
            return Unknown(part, alone);
        }
    }
    if (out.tokenizer.name.empty()) out.tokenizer.name = "unicode";
    return out;
}

std::string Quoted(std::string_view arg) {
    if (!arg.empty() && arg.find_first_of(" \t\r\n|'\"") == std::string_view::npos) {
        return std::string(arg);
    }
    std::string out = "'";
    for (const char c : arg) {
        if (c == '\'') out += c;
        out += c;
    }
    return out + "'";
}

}  // namespace blasty::analysis::internal
