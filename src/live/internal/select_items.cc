// What incremental queries ask of a text: its tables, items and orders, when they are plain enough.
#include <algorithm>
#include <array>

#include "base/strings.h"
#include "live/internal/select_text.h"

namespace blasty::live::internal {
namespace {

bool SameName(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

// Words that may follow a table without an alias.
bool FollowsTable(std::string_view word) {
    constexpr std::array kWords = {"JOIN",  "LEFT",    "RIGHT",  "FULL",     "INNER",
                                   "CROSS", "NATURAL", "OUTER",  "ON",       "USING",
                                   "WHERE", "GROUP",   "HAVING", "WINDOW",   "ORDER",
                                   "LIMIT", "UNION",   "EXCEPT", "INTERSECT"};
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool IsName(const Token& token) {
    return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuoted;
}

}  // namespace

size_t SelectText::FindTable(std::string_view name) const {
    if (from_items_ == 0) return tokens_.size();
    size_t found = tokens_.size();
    for (size_t i = FindTop("FROM", 0) + 1; i < tokens_.size(); ++i) {
        const Token& token = tokens_[i];
        const Token& before = tokens_[i - 1];
        if (token.depth == 0 && (Word(i, "WHERE") || Word(i, "GROUP") || Word(i, "ORDER"))) break;
        if (token.depth != 0 || !IsName(token) || !SameName(NameOf(token), name)) continue;
        if (before.upper != "," && before.upper != "FROM" && before.upper != "JOIN") continue;
        if (found != tokens_.size()) return tokens_.size();
        found = i;
    }
    return found;
}

std::optional<std::string> SelectText::WithTable(std::string_view name,
                                                 std::string_view replacement) const {
    const size_t place = FindTable(name);
    if (place == tokens_.size()) return std::nullopt;
    const Token& token = tokens_[place];
    bool named = false;
    if (place + 1 < tokens_.size()) {
        const Token& next = tokens_[place + 1];
        if (Word(place + 1, "INDEXED") || Word(place + 1, "NOT")) return std::nullopt;
        named = IsName(next) && !FollowsTable(next.upper);
        if (!IsName(next) && next.upper != ",") return std::nullopt;
    }
    std::string out = StrCat(std::string_view(sql_).substr(0, token.begin), replacement);
    if (!named) StrAppend(out, " AS ", TextOf(token));
    return out + sql_.substr(token.end);
}

bool SelectText::IsOptional(std::string_view name) const {
    const size_t place = FindTable(name);
    if (place == tokens_.size() || Has("RIGHT") || Has("FULL")) return true;
    for (size_t i = place; i-- > 0;) {
        if (Word(i, "LEFT")) return true;
        constexpr std::array kWords = {"JOIN", "OUTER", "NATURAL", "INNER", "CROSS"};
        const auto is = [&](const char* word) { return Word(i, word); };
        if (std::none_of(kWords.begin(), kWords.end(), is)) return false;
    }
    return false;
}

size_t SelectText::ColumnAt(size_t begin, size_t end) const {
    if (end == begin + 1 && IsName(tokens_[begin])) return begin;
    const bool qualified = end == begin + 3 && IsName(tokens_[begin]) &&
                           tokens_[begin + 1].upper == "." && IsName(tokens_[begin + 2]);
    return qualified ? begin + 2 : tokens_.size();
}

std::optional<SelectText::Item> SelectText::SimpleItem(size_t begin, size_t end) const {
    Item item;
    if (end >= begin + 3 && Word(end - 2, "AS") && IsName(tokens_[end - 1])) {
        item.alias = NameOf(tokens_[end - 1]);
        end -= 2;
    }
    if (const size_t column = ColumnAt(begin, end); column < tokens_.size()) {
        item.text = NameOf(tokens_[column]);
        return item;
    }
    // "count ( … )"
    if (end < begin + 4 || tokens_[begin + 1].upper != "(") return std::nullopt;
    if (!Word(begin, "COUNT") && !Word(begin, "SUM")) return std::nullopt;
    item.kind = Word(begin, "COUNT") ? Item::Kind::kCount : Item::Kind::kSum;
    const int depth = tokens_[begin + 1].depth;
    for (size_t i = begin + 2; i + 1 < end; ++i) {
        const Token& token = tokens_[i];
        if (token.depth < depth || (token.depth == depth && (token.upper == ")")))
            return std::nullopt;
        if (token.depth == depth && token.upper == ",") return std::nullopt;
        item.parameters = item.parameters || token.kind == TokenKind::kParameter;
    }
    if (tokens_[end - 1].upper != ")" || tokens_[end - 1].depth != depth) return std::nullopt;
    const size_t from = tokens_[begin + 2].begin;
    item.text = sql_.substr(from, tokens_[end - 1].begin - from);
    return item;
}

std::optional<std::vector<SelectText::Item>> SelectText::SimpleItems() const {
    const size_t from = FindTop("FROM", 0);
    if (from_items_ == 0 || has_distinct() || Word(1, "ALL")) return std::nullopt;
    const std::vector<size_t> places = Items(1, from);
    std::vector<Item> out;
    for (size_t i = 0; i + 1 < places.size(); ++i) {
        auto item = SimpleItem(places[i], places[i + 1] - 1);
        if (!item.has_value()) return std::nullopt;
        out.push_back(*std::move(item));
    }
    return out;
}

std::optional<std::vector<std::string>> SelectText::GroupColumns() const {
    if (group_ == tokens_.size()) return std::nullopt;
    const std::vector<size_t> places = Items(group_ + 2, tokens_.size());
    std::vector<std::string> out;
    for (size_t i = 0; i + 1 < places.size(); ++i) {
        const size_t column = ColumnAt(places[i], places[i + 1] - 1);
        if (column == tokens_.size()) return std::nullopt;
        out.push_back(NameOf(tokens_[column]));
    }
    return out;
}

std::vector<SelectText::OrderColumn> SelectText::OrderColumns() const {
    std::vector<OrderColumn> out;
    if (!has_order_by()) return out;
    const std::vector<size_t> places = Items(order_ + 2, tokens_.size());
    for (size_t i = 0; i + 1 < places.size(); ++i) {
        const size_t begin = places[i];
        size_t end = places[i + 1] - 1;
        if (end >= begin + 3 && Word(end - 2, "NULLS")) end -= 2;
        if (end >= begin + 2 && (Word(end - 1, "ASC") || Word(end - 1, "DESC"))) --end;
        const size_t column = ColumnAt(begin, end);
        if (column < tokens_.size()) out.push_back({NameOf(tokens_[column]), column != begin});
    }
    return out;
}

std::string SelectText::LimitText() const {
    return limit_ + 2 == tokens_.size() ? std::string(TextOf(tokens_.back())) : "";
}

}  // namespace blasty::live::internal
