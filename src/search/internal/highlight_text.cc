#include "search/internal/highlight_text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/utf8.h"

namespace blasty::search::internal {
namespace {

// Bytes of what counts as one character: a broken byte is one.
size_t CharacterBytes(std::string_view text, size_t at) {
    return std::max<size_t>(Utf8Length(text.substr(at)), 1);
}

// Something that belongs to the character before it.
bool Continues(std::string_view text, size_t at) {
    if (at >= text.size()) return false;
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80 || Utf8Length(text.substr(at)) == 0) return (first & 0xc0) == 0x80;
    UChar32 c = 0;
    int32_t offset = 0;
    U8_NEXT(text.data() + at, offset, static_cast<int32_t>(std::min<size_t>(text.size() - at, 4)),
            c);
    return c == 0x200d || u_hasBinaryProperty(c, UCHAR_GRAPHEME_EXTEND) != 0 ||
           u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) != 0 ||
           u_charType(c) == U_COMBINING_SPACING_MARK;
}

// The character before `at`.
size_t Before(std::string_view text, size_t at) {
    size_t begin = at - 1;
    while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80)
        --begin;
    return begin + CharacterBytes(text, begin) == at ? begin : at - 1;
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Forward by `characters`, but not beyond the end.
size_t Forward(std::string_view text, size_t at, size_t characters) {
    for (; characters > 0 && at < text.size(); --characters) at += CharacterBytes(text, at);
    return std::min(at, text.size());
}

size_t Back(std::string_view text, size_t at, size_t characters) {
    for (; characters > 0 && at > 0; --characters) at = Before(text, at);
    return at;
}

// How far a cut may move to stand between words.
constexpr size_t kWordCharacters = 24;

// Moves the begin right to where a word begins, at most to `most`.
size_t CutBegin(std::string_view text, size_t begin, size_t most) {
    if (begin == 0 || begin >= most) return std::min(begin, most);
    const size_t limit = std::min(most, Forward(text, begin, kWordCharacters));
    if (!IsSpace(text[begin - 1])) {
        for (size_t at = begin; at < limit; at += CharacterBytes(text, at)) {
            if (!IsSpace(text[at])) continue;
            begin = at;
            break;
        }
    }
    while (begin < most && IsSpace(text[begin])) ++begin;
    while (begin < most && Continues(text, begin)) begin += CharacterBytes(text, begin);
    return std::min(begin, most);
}

// Moves the end left to where a word ends, at least to `least`.
size_t CutEnd(std::string_view text, size_t end, size_t least) {
    if (end >= text.size() || end <= least) return std::max(end, least);
    if (!IsSpace(text[end])) {
        const size_t limit = std::max(least, Back(text, end, kWordCharacters));
        for (size_t at = end; at > limit; at = Before(text, at)) {
            if (!IsSpace(text[at - 1])) continue;
            end = at;
            break;
        }
    }
    while (end > least && IsSpace(text[end - 1])) --end;
    while (end > least && Continues(text, end)) end = Before(text, end);
    return std::max(end, least);
}

struct Window {
    size_t first = 0, last = 0;  // marks
    size_t different = 0;
    size_t characters = 0;  // from the first mark's start to the last one's end
};

bool Better(const Window& a, const Window& b) {
    if (a.different != b.different) return a.different > b.different;
    const size_t a_count = a.last - a.first, b_count = b.last - b.first;
    return a_count != b_count ? a_count > b_count : a.first < b.first;
}

// For each mark the longest window that begins with it and fits.
std::vector<Window> Windows(std::string_view text, const std::vector<Mark>& marks, size_t most) {
    // Characters before each mark's start and end.
    std::vector<std::pair<size_t, size_t>> places;
    for (size_t i = 0; i < marks.size(); ++i) {
        places.emplace_back(marks[i].start, 2 * i);
        places.emplace_back(marks[i].end, 2 * i + 1);
    }
    std::sort(places.begin(), places.end());
    std::vector<size_t> characters(places.size());
    size_t at = 0, count = 0;
    for (const auto& [byte, which] : places) {
        for (; at < byte; at += CharacterBytes(text, at)) ++count;
        characters[which] = count;
    }
    std::vector<Window> windows;
    absl::flat_hash_map<uint32_t, size_t> inside;
    size_t next = 0;  // behind the last mark of the window
    for (size_t first = 0; first < marks.size(); ++first) {
        for (; next < marks.size(); ++next) {
            if (next > first && characters[2 * next + 1] - characters[2 * first] > most) break;
            ++inside[marks[next].what];
        }
        windows.push_back({.first = first,
                           .last = next - 1,
                           .different = inside.size(),
                           .characters = characters[2 * next - 1] - characters[2 * first]});
        const auto leaving = inside.find(marks[first].what);
        if (--leaving->second == 0) inside.erase(leaving);
    }
    return windows;
}

class Writer {
  public:
    Writer(std::string_view text, const HighlightOptions& options)
        : text_(text), options_(options) {}

    void Separator() { out_ += options_.separator; }
    void Plain(size_t begin, size_t end) {
        for (size_t at = begin; at < end;) {
            const auto c = static_cast<unsigned char>(text_[at]);
            if (c < 0x80) {
                Ascii(static_cast<char>(c));
                ++at;
                continue;
            }
            const size_t bytes = Utf8Length(text_.substr(at, end - at));
            // C1 controls steer terminals too.
            const bool control =
                bytes == 2 && c == 0xc2 && static_cast<unsigned char>(text_[at + 1]) < 0xa0;
            if (bytes == 0)
                out_ += "\xef\xbf\xbd";
            else if (control && options_.drop_controls)
                out_ += ' ';
            else
                out_ += text_.substr(at, bytes);
            at += std::max<size_t>(bytes, 1);
        }
    }
    void Marked(size_t begin, size_t end) {
        out_ += options_.begin;
        Plain(begin, end);
        out_ += options_.end;
    }
    std::string Take() { return std::move(out_); }

  private:
    void Ascii(char c) {
        if (options_.escape_html) {
            if (c == '<') return void(out_ += "&lt;");
            if (c == '>') return void(out_ += "&gt;");
            if (c == '&') return void(out_ += "&amp;");
            if (c == '"') return void(out_ += "&#34;");
            if (c == '\'') return void(out_ += "&#39;");
        }
        const bool control = (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
        out_ += options_.drop_controls && control ? ' ' : c;
    }

    const std::string_view text_;
    const HighlightOptions& options_;
    std::string out_;
};

}  // namespace

std::vector<Part> BestParts(std::string_view text, const std::vector<Mark>& marks,
                            const HighlightOptions& options) {
    const size_t most = std::max<size_t>(options.fragment_characters, 1);
    std::vector<Window> windows = Windows(text, marks, most);
    std::sort(windows.begin(), windows.end(), Better);
    std::vector<Part> parts;
    for (const Window& window : windows) {
        if (parts.size() >= options.fragments_max) break;
        const size_t start = marks[window.first].start;
        size_t end = marks[window.last].end;
        for (size_t i = window.first; i < window.last; ++i)
            end = std::max<size_t>(end, marks[i].end);
        // A mark that is longer than a fragment is cut.
        if (window.characters > most) end = Forward(text, start, most);
        const size_t spare = window.characters > most ? 0 : most - window.characters;
        Part part{.begin = Back(text, start, spare / 2), .end = Forward(text, end, spare / 2)};
        // What one side does not need, the other gets.
        if (part.begin == 0) part.end = std::max(part.end, Forward(text, 0, most));
        if (part.end == text.size())
            part.begin = std::min(part.begin, Back(text, text.size(), most));
        bool overlaps = false;
        for (const Part& other : parts) {
            overlaps = overlaps || (start < other.end && other.begin < end);
            if (other.end <= start) part.begin = std::max(part.begin, other.end);
            if (other.begin >= end) part.end = std::min(part.end, other.begin);
        }
        if (overlaps) continue;
        part.begin = CutBegin(text, part.begin, start);
        part.end = CutEnd(text, part.end, end);
        parts.push_back(part);
    }
    return parts;
}

std::string WritePart(std::string_view text, const std::vector<Mark>& marks, const Part& part,
                      const HighlightOptions& options) {
    Writer writer(text, options);
    if (part.begin > 0) writer.Separator();
    size_t at = part.begin;
    for (size_t i = 0; i < marks.size();) {
        size_t start = marks[i].start, end = marks[i].end;
        for (++i; i < marks.size() && marks[i].start < end; ++i)
            end = std::max<size_t>(end, marks[i].end);
        start = std::max(start, at);
        end = std::min(end, part.end);
        if (start >= end) continue;
        writer.Plain(at, start);
        writer.Marked(start, end);
        at = end;
    }
    writer.Plain(at, part.end);
    if (part.end < text.size()) writer.Separator();
    return writer.Take();
}

}  // namespace blasty::search::internal
