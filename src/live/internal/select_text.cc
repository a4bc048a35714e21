#include "live/internal/select_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/strings.h"

namespace blasty::live::internal {
namespace {

std::string Upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

// Words that end the FROM clause or a list of expressions of the outermost SELECT.
bool EndsClause(std::string_view word) {
    constexpr std::array kWords = {"WHERE", "GROUP",     "HAVING", "WINDOW", "ORDER",
                                   "LIMIT", "INTERSECT", "UNION",  "EXCEPT"};
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

SelectText::SelectText(std::string sql) : sql_(std::move(sql)), tokens_(Tokenize(sql_)) {
    while (!tokens_.empty() && tokens_.back().upper == ";") tokens_.pop_back();
    group_ = FindTop("GROUP", 0);
    order_ = FindTop("ORDER", 0);
    limit_ = FindTop("LIMIT", 0);
    FindFrom();
}

std::string SelectText::first_word() const { return tokens_.empty() ? "" : tokens_.front().upper; }

bool SelectText::Word(size_t i, std::string_view word) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::kWord && tokens_[i].upper == word;
}

size_t SelectText::FindTop(std::string_view word, size_t from) const {
    for (size_t i = from; i < tokens_.size(); ++i) {
        if (tokens_[i].depth != 0 || !Word(i, word)) continue;
        const bool needs_by = word == "GROUP" || word == "ORDER";
        if (!needs_by || Word(i + 1, "BY")) return i;
    }
    return tokens_.size();
}

void SelectText::FindFrom() {
    const size_t from = FindTop("FROM", 0);
    if (!Word(0, "SELECT") || from == tokens_.size()) return;
    // IS [NOT] DISTINCT FROM in the projection looks like the clause.
    if (from > 0 && Word(from - 1, "DISTINCT")) return;
    int items = 1;
    for (size_t i = from + 1; i < tokens_.size(); ++i) {
        const Token& token = tokens_[i];
        if (token.depth == 0 && EndsClause(token.upper)) break;
        if (Word(i, "SELECT") || Word(i, "VALUES")) {
            // A sub-select is an item of FROM, or stands in an ON clause: not told apart.
            return;
        }
        if (token.depth == 0 && (token.upper == "," || Word(i, "JOIN"))) ++items;
    }
    from_items_ = items;
}

bool SelectText::Has(std::string_view word) const {
    for (size_t i = 0; i < tokens_.size(); ++i) {
        if (Word(i, word)) return true;
    }
    return false;
}

bool SelectText::has_distinct() const {
    for (size_t i = 0; i < tokens_.size(); ++i) {
        if (!Word(i, "DISTINCT")) continue;
        if (i > 0 && Word(i + 1, "FROM") && (Word(i - 1, "IS") || Word(i - 1, "NOT"))) continue;
        return true;
    }
    return false;
}

bool SelectText::has_compound() const { return Has("UNION") || Has("INTERSECT") || Has("EXCEPT"); }

bool SelectText::unique_compound() const {
    bool unique = false;
    for (size_t i = 0; i < tokens_.size(); ++i) {
        if (tokens_[i].depth != 0) continue;
        if (Word(i, "UNION")) unique = !Word(i + 1, "ALL");
        if (Word(i, "INTERSECT") || Word(i, "EXCEPT")) unique = true;
    }
    return unique;
}

bool SelectText::has_group_by() const { return Has("GROUP"); }

std::string_view SelectText::TextOf(const Token& token) const {
    return std::string_view(sql_).substr(token.begin, token.end - token.begin);
}

std::string SelectText::NameOf(const Token& token) const {
    std::string_view text = TextOf(token);
    if (token.kind == TokenKind::kQuoted && text.size() >= 2)
        text = text.substr(1, text.size() - 2);
    return std::string(text);
}

bool SelectText::IsRowid(std::string_view name) {
    const std::string upper = Upper(name);
    return upper == "ROWID" || upper == "_ROWID_" || upper == "OID";
}

bool SelectText::MentionsRowid() const {
    return std::any_of(tokens_.begin(), tokens_.end(), [&](const Token& token) {
        return (token.kind == TokenKind::kWord || token.kind == TokenKind::kQuoted) &&
               IsRowid(NameOf(token));
    });
}

std::string SelectText::WithRowidAs(std::string_view quoted_name) const {
    std::string out;
    size_t at = 0;
    for (const Token& token : tokens_) {
        if ((token.kind != TokenKind::kWord && token.kind != TokenKind::kQuoted) ||
            !IsRowid(NameOf(token))) {
            continue;
        }
        StrAppend(out, std::string_view(sql_).substr(at, token.begin - at), quoted_name);
        at = token.end;
    }
    return out + sql_.substr(at);
}

std::string SelectText::PresentTime() const {
    constexpr std::array kNames = {"DATE",      "TIME",      "DATETIME",
                                   "JULIANDAY", "UNIXEPOCH", "STRFTIME"};
    for (size_t i = 0; i + 2 < tokens_.size(); ++i) {
        if (tokens_[i].kind != TokenKind::kWord || tokens_[i + 1].upper != "(") continue;
        if (std::find(kNames.begin(), kNames.end(), tokens_[i].upper) == kNames.end()) continue;
        const int depth = tokens_[i + 1].depth;
        int arguments = tokens_[i + 2].upper == ")" ? 0 : 1;
        bool now = false;
        for (size_t j = i + 2; j < tokens_.size() && tokens_[j].depth >= depth; ++j) {
            if (tokens_[j].upper == ")" && tokens_[j].depth == depth) break;
            if (tokens_[j].upper == "," && tokens_[j].depth == depth) ++arguments;
            now = now || Upper(TextOf(tokens_[j])) == "'NOW'";
        }
        if (now || arguments < (tokens_[i].upper == "STRFTIME" ? 2 : 1)) {
            return std::string(TextOf(tokens_[i]));
        }
    }
    return "";
}

std::vector<size_t> SelectText::Items(size_t begin, size_t end) const {
    std::vector<size_t> items = {begin};
    size_t i = begin;
    for (; i < end && !(tokens_[i].depth == 0 && EndsClause(tokens_[i].upper)); ++i) {
        if (tokens_[i].depth == 0 && tokens_[i].upper == ",") items.push_back(i + 1);
    }
    items.push_back(i + 1);
    return items;
}

bool SelectText::NamesNothing(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) {
        const Token& token = tokens_[i];
        if (token.kind == TokenKind::kMark || token.kind == TokenKind::kNumber) continue;
        const bool direction = Word(i, "ASC") || Word(i, "DESC") || Word(i, "NULLS") ||
                               Word(i, "FIRST") || Word(i, "LAST") || Word(i, "COLLATE") ||
                               (i > 0 && Word(i - 1, "COLLATE"));
        if (!direction) return false;
    }
    return true;
}

bool SelectText::IsOrdinal(size_t begin, size_t end) const {
    if (begin >= end || tokens_[begin].kind != TokenKind::kNumber) return false;
    const std::string_view text = TextOf(tokens_[begin]);
    const bool digits =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && text.size() < 6 &&
           (begin + 1 == end || tokens_[begin + 1].kind == TokenKind::kWord);
}

std::optional<std::string> SelectText::WithColumns(std::string_view columns, int count) const {
    if (!Word(0, "SELECT") || has_compound() || Word(1, "DISTINCT")) return std::nullopt;
    const size_t after = Word(1, "ALL") ? tokens_[1].end : tokens_[0].end;
    std::string out = StrCat(std::string_view(sql_).substr(0, after), " ", columns, ", ");
    size_t at = after;
    if (has_order_by()) {
        const std::vector<size_t> items = Items(order_ + 2, tokens_.size());
        for (size_t i = 0; i + 1 < items.size(); ++i) {
            const size_t end = items[i + 1] - 1;
            if (IsOrdinal(items[i], end)) {
                const Token& token = tokens_[items[i]];
                int ordinal = 0;
                const std::string_view text = TextOf(token);
                std::from_chars(text.data(), text.data() + text.size(), ordinal);
                if (ordinal <= 0) return std::nullopt;
                StrAppend(out, std::string_view(sql_).substr(at, token.begin - at),
                          ordinal + count);
                at = token.end;
            } else if (NamesNothing(items[i], end)) {
                return std::nullopt;
            }
        }
    }
    return out + sql_.substr(at);
}

std::optional<SelectText::Groups> SelectText::GroupBy() const {
    if (group_ == tokens_.size()) return std::nullopt;
    const std::vector<size_t> items = Items(group_ + 2, tokens_.size());
    Groups out;
    for (size_t i = 0; i + 1 < items.size(); ++i) {
        const size_t end = items[i + 1] - 1;
        if (items[i] >= end || NamesNothing(items[i], end)) return std::nullopt;
        ++out.count;
    }
    const size_t last = items.back() - 2;
    for (size_t i = group_ + 2; i <= last; ++i) {
        // "?" would get the number of its place.
        if (tokens_[i].kind == TokenKind::kParameter && TextOf(tokens_[i]) == "?") {
            return std::nullopt;
        }
    }
    const size_t begin = tokens_[group_ + 2].begin;
    out.text = sql_.substr(begin, tokens_[last].end - begin);
    return out;
}

std::optional<SelectText::Where> SelectText::FindWhere() const {
    const size_t from = FindTop("FROM", 0);
    const size_t where = FindTop("WHERE", 0);
    if (from_items_ != 1 || where <= from || where + 1 >= tokens_.size()) return std::nullopt;
    return Where{sql_.substr(tokens_[from].end, tokens_[where].begin - tokens_[from].end),
                 tokens_[where].end};
}

std::string SelectText::WithoutOrder() const {
    return has_order_by() && !has_limit() ? sql_.substr(0, tokens_[order_].begin) : sql_;
}

}  // namespace blasty::live::internal
