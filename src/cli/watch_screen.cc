#include "cli/watch_screen.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/output.h"
#include "cli/result_printer.h"
#include "cli/value_text.h"
#include "client/values.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr size_t kCellBytes = 4096;
constexpr size_t kWidthMax = 200;  // of what is remembered of a column

int Rank(const v1::Value& value) {
    if (client::IsNull(value)) return 0;
    if (IsNumber(value)) return 1;
    return client::IsText(value) ? 2 : 3;
}

Colour ColourOf(char mark) {
    return mark == '+'   ? Colour::kGreen
           : mark == '~' ? Colour::kYellow
           : mark == '-' ? Colour::kRed
                         : Colour::kNone;
}

}  // namespace

int CompareValues(const v1::Value& a, const v1::Value& b) {
    const int ranks = Rank(a) - Rank(b);
    if (ranks != 0 || Rank(a) == 0) return ranks;
    if (Rank(a) > 1) return client::BytesOf(a).compare(client::BytesOf(b));
    if (a.has_integer() && b.has_integer())
        return a.integer() < b.integer() ? -1 : a.integer() > b.integer() ? 1 : 0;
    const auto real = [](const v1::Value& value) {
        return value.has_integer() ? static_cast<double>(value.integer()) : value.real();
    };
    return real(a) < real(b) ? -1 : real(a) > real(b) ? 1 : 0;
}

void WatchScreen::SetColumns(const std::vector<v1::Column>& columns) {
    titles_.clear();
    for (const v1::Column& column : columns) titles_.push_back(Printable(column.name(), 200));
    order_ = OrderOf(sql_, titles_);
    widths_.clear();
    for (const std::string& title : titles_) widths_.push_back(DisplayWidth(title));
    changed_ = true;
}

void WatchScreen::Put(const v1::Event& event, char mark, int64_t now_us) {
    const std::string key = event.key().SerializeAsString();
    const auto [known, fresh] = by_key_.emplace(key, next_);
    if (fresh) ++next_;
    Entry& entry = entries_[known->second];
    if (fresh || entry.mark == '-') ++live_;
    // Entered a moment ago and changed since: it still is new to the reader.
    entry.mark = mark == '~' && entry.mark == '+' ? '+' : mark;
    entry.marked_us = now_us;
    entry.row = event.row();
    for (int i = 0; i < entry.row.values_size(); ++i) {
        const auto at = static_cast<size_t>(i);
        if (at >= widths_.size()) break;
        const size_t width = DisplayWidth(CellText(entry.row.values(i), kWidthMax));
        widths_[at] = std::max(widths_[at], width);
    }
}

void WatchScreen::Leave(const v1::Event& event, int64_t now_us) {
    const auto known = by_key_.find(event.key().SerializeAsString());
    if (known == by_key_.end()) return;
    Entry& entry = entries_[known->second];
    if (entry.mark != '-') --live_;
    entry.mark = '-';
    entry.marked_us = now_us;
}

void WatchScreen::Clear() {
    entries_.clear();
    by_key_.clear();
}

bool WatchScreen::Expire(int64_t now_us) {
    bool any = false;
    for (auto each = by_key_.begin(); each != by_key_.end();) {
        Entry& entry = entries_[each->second];
        const bool over = entry.mark != ' ' && now_us - entry.marked_us >= kMarkUs;
        if (over && entry.mark == '-') {
            entries_.erase(each->second);
            each = by_key_.erase(each);
        } else {
            if (over) entry.mark = ' ';
            ++each;
        }
        any = any || over;
    }
    changed_ = changed_ || any;
    return any;
}

std::vector<const WatchScreen::Entry*> WatchScreen::Ordered() const {
    std::vector<const Entry*> out;
    for (const auto& [arrival, entry] : entries_) out.push_back(&entry);
    if (order_.empty()) return out;
    std::stable_sort(out.begin(), out.end(), [this](const Entry* a, const Entry* b) {
        for (const OrderTerm& term : order_) {
            const auto at = static_cast<int>(term.column);
            if (at >= a->row.values_size() || at >= b->row.values_size()) break;
            const int order = CompareValues(a->row.values(at), b->row.values(at));
            if (order != 0) return (order < 0) != term.descending;
        }
        return false;
    });
    return out;
}

std::vector<const WatchScreen::Entry*> WatchScreen::Visible(size_t room) const {
    std::vector<const Entry*> all = Ordered();
    if (all.size() <= room) return all;
    size_t marked = 0;
    for (const Entry* entry : all) marked += entry->mark != ' ' ? 1 : 0;
    size_t plain = room - std::min(room, marked);
    std::vector<const Entry*> out;
    for (const Entry* entry : all) {
        if (out.size() == room) break;
        if (entry->mark == ' ' && plain == 0) continue;
        if (entry->mark == ' ') --plain;
        out.push_back(entry);
    }
    return out;
}

std::string WatchScreen::Footer() const {
    const auto count = [](uint64_t n, std::string_view word) {
        return StrCat(server::FormatCount(n), " ", word);
    };
    std::string out = ready_ ? StrCat("#", sequence_) : std::string("loading");
    StrAppend(out, " · ", server::Counted(live_, "row"), " · ", count(entered_, "entered"), ", ",
              count(changed_count_, "changed"), ", ", count(left_, "left"));
    if (!note_.empty()) StrAppend(out, " · ", note_);
    return out += " · Ctrl-C stops";
}

std::string WatchScreen::Draw(const ScreenSize& size) {
    changed_ = false;
    std::vector<std::string> lines;
    const auto add = [&lines, &size](Colour colour, const std::string& text) {
        lines.push_back(Paint(size.colour, colour, CutToWidth(text, size.columns)));
    };
    v1::Value sql;
    sql.set_text(sql_);
    add(Colour::kDim, CellText(sql, kCellBytes));
    const size_t gaps = 2 * titles_.size();  // the mark, and two spaces between
    const std::vector<size_t> widths =
        FitWidths(widths_, size.columns > gaps ? size.columns - gaps : 0);
    std::string titles = "  ";
    for (size_t i = 0; i < titles_.size(); ++i)
        StrAppend(titles, i == 0 ? "" : "  ", Fitted(titles_[i], widths[i], false));
    add(Colour::kBold, titles);
    const size_t room = size.lines > 5 ? size.lines - 5 : 1;
    const std::vector<const Entry*> visible = Visible(room);
    for (const Entry* entry : visible) {
        std::string text = StrCat(entry->mark, " ");
        for (size_t i = 0; i < widths.size(); ++i) {
            const auto at = static_cast<int>(i);
            if (at >= entry->row.values_size()) break;
            const v1::Value& value = entry->row.values(at);
            StrAppend(text, i == 0 ? "" : "  ",
                      Fitted(CellText(value, kCellBytes), widths[i], IsNumber(value)));
        }
        add(ColourOf(entry->mark), text);
    }
    const size_t hidden = entries_.size() - visible.size();
    add(Colour::kDim, hidden > 0 ? StrCat("  … ", server::Counted(hidden, "more row")) : "");
    add(Colour::kDim, Footer());
    std::string out;
    for (size_t i = 0; i < lines.size() && i < size.lines; ++i)
        StrAppend(out, i == 0 ? "" : "\n", lines[i]);
    return out;
}

std::string WatchScreen::End(const ScreenSize& size) const {
    if (titles_.empty()) return "";
    std::vector<v1::Row> rows = Rows();
    const size_t all = rows.size(), room = size.EndRoom();
    if (all > room) rows.resize(room);
    std::string out = RowsAsTable(titles_, rows, size.columns);
    if (all > room) StrAppend(out, "… ", server::Counted(all - room, "more row"), "\n");
    return out;
}

std::vector<v1::Row> WatchScreen::Rows() const {
    std::vector<v1::Row> out;
    for (const Entry* entry : Ordered())
        if (entry->mark != '-') out.push_back(entry->row);
    return out;
}

}  // namespace blasty::cli
