// Words that stand for others.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "analysis/internal/chain_analyzer.h"
#include "analysis/internal/parts.h"
#include "analysis/internal/stream_filters.h"
#include "analysis/limits.h"
#include "base/strings.h"

namespace blasty::analysis::internal {
namespace {

using Phrase = std::vector<std::string>;

// Phrases by their words; node 0 is the root.
struct Node {
    absl::flat_hash_map<std::string, uint32_t, TermHash, TermEqual> next;
    bool matches = false;
    bool keep = false;  // the words themselves stay
    std::vector<Phrase> instead;
};

class Synonyms final : public StreamFilter {
  public:
    explicit Synonyms(std::vector<Node> nodes) : nodes_(std::move(nodes)) {}

    void Push(const Piece& piece, StreamState& state, Next next) const override {
        if (state.count == 0 && !nodes_[0].next.contains(piece.term.text)) {
            Piece moved = piece;
            moved.position += state.shift;
            next(moved);
            return;
        }
        Hold(state, kSynonymWordsMax + 1, piece);
        Work(state, next, false);
    }
    void Finish(StreamState& state, Next next) const override { Work(state, next, true); }

  private:
    void Work(StreamState& state, Next next, bool at_end) const {
        while (state.count > 0) {
            size_t words = 0;
            const Node* found = nullptr;
            if (!Longest(state, at_end, &words, &found)) return;
            if (found == nullptr) {
                Piece front = PieceOf(state.held[0]);
                front.position += state.shift;
                next(front);
                words = 1;
            } else {
                Emit(state, words, *found, next);
            }
            DropFront(state, words);
        }
    }

    // The longest phrase at the front; false when the next word may make it longer.
    bool Longest(const StreamState& state, bool at_end, size_t* words, const Node** found) const {
        const Node* node = &nodes_[0];
        for (size_t i = 0; i < state.count; ++i) {
            const StreamState::Held& held = state.held[i];
            if (i > 0 && held.piece.position != state.held[i - 1].piece.position + 1) return true;
            const auto step = node->next.find(std::string_view(held.term));
            if (step == node->next.end()) return true;
            node = &nodes_[step->second];
            if (node->matches) {
                *words = i + 1;
                *found = node;
            }
        }
        return at_end || node->next.empty();
    }

    static void Emit(StreamState& state, size_t words, const Node& node, Next next) {
        size_t longest = node.keep ? words : 0;
        for (const Phrase& phrase : node.instead) longest = std::max(longest, phrase.size());
        const Piece first = state.held[0].piece;
        const uint32_t end = state.held[words - 1].piece.end;
        for (size_t i = 0; i < longest; ++i) {
            const uint32_t position = first.position + state.shift + static_cast<uint32_t>(i);
            if (node.keep && i < words) {
                Piece kept = PieceOf(state.held[i]);
                kept.position = position;
                next(kept);
            }
            for (const Phrase& phrase : node.instead) {
                if (i >= phrase.size()) continue;
                next({{phrase[i], false, false}, position, first.start, std::max(first.end, end)});
            }
        }
        // Fewer words than stood there make a negative shift, in the arithmetic of uint32_t.
        state.shift += static_cast<uint32_t>(longest) - static_cast<uint32_t>(words);
    }

    std::vector<Node> nodes_;
};

class Builder {
  public:
    Builder(size_t place, const ChainAnalyzer& before) : place_(place), before_(before) {}

    Result<std::unique_ptr<StreamFilter>> Build(std::string_view rules) {
        for (const std::string_view rule : Split(rules, ";\n")) {
            if (++rules_ > kSynonymsMax) {
                return BadAnalyzer(place_, StrCat("more than ", kSynonymsMax, " synonym rules"));
            }
            BLASTY_RETURN_IF_ERROR(AddRule(rule));
        }
        if (rules_ == 0) {
            return BadAnalyzer(place_,
                               "no synonyms; write rules as 'car, automobile; tv => television'");
        }
        return std::make_unique<Synonyms>(std::move(nodes_));
    }

  private:
    // Trimmed pieces that are not empty.
    static std::vector<std::string_view> Split(std::string_view text, std::string_view between) {
        std::vector<std::string_view> out;
        while (!text.empty()) {
            const size_t end = std::min(text.find_first_of(between), text.size());
            std::string_view piece = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            const size_t from = piece.find_first_not_of(" \t\r\n");
            if (from == std::string_view::npos) continue;
            piece = piece.substr(from, piece.find_last_not_of(" \t\r\n") + 1 - from);
            out.push_back(piece);
        }
        return out;
    }

    Status AddRule(std::string_view rule) {
        const size_t arrow = rule.find("=>");
        BLASTY_ASSIGN_OR_RETURN(const std::vector<Phrase> left,
                                Phrases(rule.substr(0, arrow), rule));
        if (arrow == std::string_view::npos) {
            for (size_t i = 0; i < left.size(); ++i) {
                std::vector<Phrase> others = left;
                others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
                BLASTY_RETURN_IF_ERROR(AddTo(left[i], others, true, rule));
            }
            return OkStatus();
        }
        BLASTY_ASSIGN_OR_RETURN(const std::vector<Phrase> right,
                                Phrases(rule.substr(arrow + 2), rule));
        for (const Phrase& phrase : left) {
            BLASTY_RETURN_IF_ERROR(AddTo(phrase, right, false, rule));
        }
        return OkStatus();
    }

    Result<std::vector<Phrase>> Phrases(std::string_view list, std::string_view rule) {
        std::vector<Phrase> out;
        for (const std::string_view text : Split(list, ",")) {
            Phrase phrase;
            uint32_t last = 0;
            before_.Analyze(text, [&](const Token& token) {
                if (!phrase.empty() && token.position == last) return;
                last = token.position;
                phrase.emplace_back(token.term);
            });
            if (phrase.empty() || phrase.size() > kSynonymWordsMax) {
                return Bad(
                    rule, StrCat("'", Printable(text), "' becomes ", phrase.size(),
                                 " words in this chain, 1 to ", kSynonymWordsMax, " are possible"));
            }
            if (std::find(out.begin(), out.end(), phrase) == out.end()) {
                out.push_back(std::move(phrase));
            }
        }
        if (out.empty()) return Bad(rule, "a side is empty");
        return out;
    }

    Status AddTo(const Phrase& phrase, const std::vector<Phrase>& instead, bool keep,
                 std::string_view rule) {
        uint32_t at = 0;
        for (const std::string& word : phrase) {
            const auto known = nodes_[at].next.find(word);
            if (known != nodes_[at].next.end()) {
                at = known->second;
                continue;
            }
            const auto made = static_cast<uint32_t>(nodes_.size());
            nodes_[at].next.emplace(word, made);
            nodes_.emplace_back();
            at = made;
        }
        Node& node = nodes_[at];
        node.matches = true;
        node.keep = node.keep || keep;
        for (const Phrase& other : instead) {
            if (other == phrase) {
                node.keep = true;
            } else if (std::find(node.instead.begin(), node.instead.end(), other) ==
                       node.instead.end()) {
                node.instead.push_back(other);
            }
        }
        if (node.instead.size() > kSynonymAlternativesMax) {
            return Bad(rule, StrCat("'", phrase.front(), "' has ", node.instead.size(),
                                    " synonyms, at most ", kSynonymAlternativesMax));
        }
        return OkStatus();
    }

    Status Bad(std::string_view rule, std::string_view why) const {
        return BadAnalyzer(place_, StrCat("in the synonym rule '", Printable(rule), "': ", why));
    }

    size_t place_;
    const ChainAnalyzer& before_;
    std::vector<Node> nodes_ = std::vector<Node>(1);
    size_t rules_ = 0;
};

}  // namespace

Result<std::unique_ptr<StreamFilter>> MakeSynonyms(std::string_view rules, size_t place,
                                                   const ChainAnalyzer& before) {
    return Builder(place, before).Build(rules);
}

}  // namespace blasty::analysis::internal
