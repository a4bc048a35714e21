// How a SearchScreen is drawn.
#include <algorithm>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "cli/result_printer.h"
#include "cli/search_format.h"
#include "cli/search_screen.h"
#include "cli/value_text.h"
#include "cli/watch_format.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr size_t kTextBytes = 4096;
constexpr std::string_view kIndent = "     ";

Colour ColourOf(char mark) {
    return mark == '+'   ? Colour::kGreen
           : mark == '~' ? Colour::kYellow
           : mark == '-' ? Colour::kRed
                         : Colour::kNone;
}

// At most `width` columns of text with the marks of MarkedText, which take none.
std::string CutMarked(std::string_view text, size_t width) {
    std::string out;
    size_t used = 0;
    for (size_t at = 0; at < text.size();) {
        size_t length = std::max<size_t>(Utf8Length(text.substr(at)), 1);
        if (text[at] == 0x1b) {
            length = std::min(text.find('m', at), text.size() - 1) - at + 1;
        } else {
            used += DisplayWidth(text.substr(at, length));
            if (used > width) return out += "\x1b[0m";
        }
        out += text.substr(at, length);
        at += length;
    }
    return out;
}

}  // namespace

size_t SearchScreen::LinesOf(const Entry& entry) const {
    size_t lines = 1;
    for (const v1::SearchHit::Fragments& fragments : entry.event.fragments())
        lines += static_cast<size_t>(fragments.texts_size());
    return lines;
}

std::vector<const SearchScreen::Entry*> SearchScreen::Visible(size_t room) const {
    std::vector<const Entry*> out;
    const auto take = [&](const auto& wanted) {
        for (const Entry& entry : entries_) {
            if (!wanted(entry)) continue;
            const size_t lines = LinesOf(entry);
            if (lines > room && !out.empty()) return;
            out.push_back(&entry);
            room -= std::min(room, lines);
        }
    };
    if (!request_.all_matches()) {
        take([](const Entry&) { return true; });
        return out;
    }
    take([](const Entry& entry) { return entry.mark != ' '; });
    take([](const Entry& entry) { return entry.mark == ' '; });
    return out;
}

std::string SearchScreen::Heading() const {
    const v1::SearchRequest& search = request_.search();
    const std::string& query = search.json().empty() ? search.text() : search.json();
    return StrCat(Printable(search.index(), 200), ": ",
                  query.empty() ? "everything" : Printable(query, kTextBytes));
}

std::string SearchScreen::FacetLine(size_t at, const ScreenSize& size) const {
    const v1::Facet& facet = facets_[at];
    const std::string name = CutToWidth(Printable(facet.name(), 80), size.columns);
    std::string out = Paint(size.colour, Colour::kCyan, name);
    size_t used = DisplayWidth(name);
    const auto add = [&](const std::string& what, uint64_t count, bool moved) {
        const std::string text = StrCat(what, " ", server::FormatCount(count));
        used += 2 + DisplayWidth(text);
        if (used > size.columns) return;
        StrAppend(out, "  ", Paint(size.colour, moved ? Colour::kYellow : Colour::kNone, text));
    };
    for (const v1::Facet::Bucket& bucket : facet.buckets()) {
        const std::string bucket_name = BucketName(bucket);
        add(bucket_name, bucket.count(), moved_.contains({at, bucket_name}));
    }
    if (facet.other() > 0) add("(others)", facet.other(), false);
    if (facet.missing() > 0) add("(none)", facet.missing(), false);
    return out;
}

std::string SearchScreen::Footer() const {
    const auto count = [](uint64_t n, std::string_view word) {
        return StrCat(server::FormatCount(n), " ", word);
    };
    std::string out = ready_ ? StrCat("#", sequence_) : std::string("loading");
    StrAppend(out, " · ");
    if (live_ != total_) StrAppend(out, server::FormatCount(live_), " of ");
    StrAppend(out, server::Counted(total_, "hit"), " · ", count(entered_, "entered"), ", ",
              count(changed_count_, "changed"), ", ", count(left_, "left"));
    if (!note_.empty()) StrAppend(out, " · ", note_);
    return out += " · Ctrl-C stops";
}

std::string SearchScreen::Draw(const ScreenSize& size) {
    changed_ = false;
    std::vector<std::string> lines;
    const auto add = [&lines, &size](Colour colour, const std::string& text) {
        lines.push_back(Paint(size.colour, colour, CutToWidth(text, size.columns)));
    };
    add(Colour::kDim, Heading());
    const size_t gaps = 2 * widths_.size();  // the mark, and two spaces between
    const std::vector<size_t> widths =
        FitWidths(widths_, size.columns > gaps ? size.columns - gaps : 0);
    const auto join = [&widths](char mark, const std::vector<std::string>& cells,
                                const auto& right) {
        std::string out = StrCat(std::string_view(&mark, 1), " ");
        for (size_t i = 0; i < cells.size(); ++i)
            StrAppend(out, i == 0 ? "" : "  ", Fitted(cells[i], widths[i], right(i)));
        return out;
    };
    std::vector<std::string> titles = {"KEY", "SCORE"};
    titles.insert(titles.end(), titles_.begin(), titles_.end());
    add(Colour::kBold, join(' ', titles, [](size_t) { return false; }));
    // Heading, titles, the others, the facets, the footer, and a line free.
    const size_t around = 5 + facets_.size();
    const std::vector<const Entry*> visible =
        Visible(size.lines > around ? size.lines - around : 1);
    for (const Entry* entry : visible) {
        const auto right = [&entry](size_t i) {
            const int at = static_cast<int>(i) - 2;
            return i == 1 || (at >= 0 && at < entry->event.row().values_size() &&
                              IsNumber(entry->event.row().values(at)));
        };
        add(ColourOf(entry->mark), join(entry->mark, Cells(entry->event), right));
        for (const v1::SearchHit::Fragments& fragments : entry->event.fragments()) {
            for (const std::string& text : fragments.texts()) {
                lines.push_back(CutMarked(StrCat(kIndent, Printable(fragments.field(), 200), ": ",
                                                 MarkedText(text, size.colour)),
                                          size.columns));
            }
        }
    }
    const size_t hidden = entries_.size() - visible.size();
    add(Colour::kDim, hidden > 0 ? StrCat("  … ", server::Counted(hidden, "more hit")) : "");
    for (size_t i = 0; i < facets_.size(); ++i) lines.push_back(FacetLine(i, size));
    const size_t kept = std::max<size_t>(size.lines, 1) - 1;
    if (lines.size() > kept) lines.resize(kept);
    add(Colour::kDim, Footer());
    std::string out;
    for (size_t i = 0; i < lines.size(); ++i) StrAppend(out, i == 0 ? "" : "\n", lines[i]);
    return out;
}

std::string SearchScreen::End(const ScreenSize& size) const {
    if (empty()) return "";
    v1::SearchResponse response;
    const size_t room = size.EndRoom();
    for (const Entry& entry : entries_) {
        if (entry.mark == '-') continue;
        if (static_cast<size_t>(response.hits_size()) == room) break;
        v1::SearchHit& hit = *response.add_hits();
        hit.set_id(KeyText(entry.event.key(), kTextBytes));
        hit.set_score(entry.event.score());
        for (size_t i = 0; i < titles_.size(); ++i) {
            if (static_cast<int>(i) >= entry.event.row().values_size()) break;
            v1::SearchHit::Field& field = *hit.add_fields();
            field.set_name(titles_[i]);
            *field.mutable_value() = entry.event.row().values(static_cast<int>(i));
        }
        *hit.mutable_fragments() = entry.event.fragments();
    }
    for (const v1::Facet& facet : facets_) *response.add_facets() = facet;
    std::string out =
        SearchText(request_.search(), response, {.colour = size.colour, .width = size.columns});
    StrAppend(out, response.hits_size(), " of ", server::Counted(total_, "hit"), " · sequence ",
              sequence_, "\n");
    return out;
}

}  // namespace blasty::cli
