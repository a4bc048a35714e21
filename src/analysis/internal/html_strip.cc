// The text of an HTML page, as far as words go: tags and comments away, entities read.

#include <unicode/utf8.h>

#include <algorithm>
#include <charconv>

#include "analysis/internal/char_filter.h"

namespace blasty::analysis::internal {
namespace {

// Tags inside words; all others separate words.
constexpr std::string_view kInline[] = {"a",    "abbr", "b",    "bdi",   "big",    "cite",   "code",
                                        "dfn",  "em",   "font", "i",     "ins",    "del",    "kbd",
                                        "mark", "s",    "samp", "small", "span",   "sub",    "sup",
                                        "tt",   "u",    "var",  "wbr",   "strong", "acronym"};

struct Entity {
    std::string_view name;
    std::string_view text;
};
constexpr Entity kEntities[] = {
    {"AElig", "Æ"},    {"Aacute", "Á"},    {"Agrave", "À"}, {"Aring", "Å"},  {"Auml", "Ä"},
    {"Ccedil", "Ç"},   {"Eacute", "É"},    {"Egrave", "È"}, {"Ntilde", "Ñ"}, {"Oacute", "Ó"},
    {"Oslash", "Ø"},   {"Ouml", "Ö"},      {"Uuml", "Ü"},   {"aacute", "á"}, {"acirc", "â"},
    {"aelig", "æ"},    {"agrave", "à"},    {"amp", "&"},    {"apos", "'"},   {"aring", "å"},
    {"atilde", "ã"},   {"auml", "ä"},      {"bull", "•"},   {"ccedil", "ç"}, {"copy", "©"},
    {"eacute", "é"},   {"ecirc", "ê"},     {"egrave", "è"}, {"eth", "ð"},    {"euml", "ë"},
    {"euro", "€"},     {"gt", ">"},        {"hellip", "…"}, {"iacute", "í"}, {"icirc", "î"},
    {"igrave", "ì"},   {"iuml", "ï"},      {"laquo", "«"},  {"ldquo", "“"},  {"lsquo", "‘"},
    {"lt", "<"},       {"mdash", "—"},     {"middot", "·"}, {"nbsp", " "},   {"ndash", "–"},
    {"ntilde", "ñ"},   {"oacute", "ó"},    {"ocirc", "ô"},  {"oelig", "œ"},  {"ograve", "ò"},
    {"oslash", "ø"},   {"otilde", "õ"},    {"ouml", "ö"},   {"quot", "\""},  {"raquo", "»"},
    {"rdquo", "”"},    {"reg", "®"},       {"rsquo", "’"},  {"scaron", "š"}, {"sect", "§"},
    {"shy", ""},       {"szlig", "ß"},     {"thorn", "þ"},  {"trade", "™"},  {"uacute", "ú"},
    {"ucirc", "û"},    {"ugrave", "ù"},    {"uuml", "ü"},   {"yacute", "ý"}, {"yuml", "ÿ"},
    {"zwj", "\u200d"}, {"zwnj", "\u200c"},
};

bool IsAlpha(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool StartsWithNoCase(std::string_view text, std::string_view lower) {
    return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(),
                                                     [](char a, char b) { return a == Lower(b); });
}

// The lower-case name of the tag at the front ("<b", "</b").
std::string TagName(std::string_view tag) {
    std::string out;
    size_t i = tag.starts_with("</") ? 2 : 1;
    for (; i < tag.size() && (IsAlpha(tag[i]) || (tag[i] >= '0' && tag[i] <= '9')); ++i) {
        out += Lower(tag[i]);
        if (out.size() > 10) break;  // longer than any that matters
    }
    return out;
}

// Bytes of the tag at the front, '>' in quoted values left in; 0 when it never ends.
size_t TagSize(std::string_view text) {
    char quote = 0;
    for (size_t i = 1; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '>') {
            return i + 1;
        } else if ((c == '"' || c == '\'') && text[i - 1] == '=') {
            quote = c;
        }
    }
    return 0;
}

// The character of a number ("#233", "#xe9"); empty when there is none.
std::string NumberedCharacter(std::string_view name) {
    const bool hex = name.size() > 2 && (name[1] | 32) == 'x';
    const char* const begin = name.data() + (hex ? 2 : 1);
    const char* const end = name.data() + name.size();
    uint32_t code_point = 0;
    const auto [stop, error] = std::from_chars(begin, end, code_point, hex ? 16 : 10);
    if (error != std::errc() || stop != end || code_point == 0 || code_point > 0x10ffff ||
        U_IS_SURROGATE(code_point)) {
        return "";
    }
    char bytes[4];
    size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, code_point);
    return {bytes, size};
}

class HtmlStrip final : public CharFilter {
  public:
    void Apply(std::string_view in, FilteredText& out) const override {
        bool tags_end = true;  // false once a tag did not: none after it does either
        while (!in.empty()) {
            const size_t plain = std::min(in.find_first_of("<&"), in.size());
            out.Keep(in.substr(0, plain));
            in.remove_prefix(plain);
            if (in.empty()) return;
            size_t used = 0;
            if (in[0] == '&') {
                used = ReadEntity(in, out);
            } else if (tags_end) {
                used = ReadTag(in, out, &tags_end);
            }
            if (used == 0) {
                out.Keep(in.substr(0, 1));
                used = 1;
            }
            in.remove_prefix(used);
        }
    }

  private:
    static size_t ReadEntity(std::string_view in, FilteredText& out) {
        constexpr size_t kSizeMax = 12;
        const size_t end = in.substr(0, kSizeMax).find(';');
        if (end == std::string_view::npos || end < 2) return 0;
        const std::string_view name = in.substr(1, end - 1);
        if (name[0] == '#') {
            const std::string character = NumberedCharacter(name);
            if (character.empty()) return 0;
            out.Replace(end + 1, character);
            return end + 1;
        }
        const auto* const found =
            std::find_if(std::begin(kEntities), std::end(kEntities),
                         [name](const Entity& entity) { return entity.name == name; });
        if (found == std::end(kEntities)) return 0;
        out.Replace(end + 1, found->text);
        return end + 1;
    }

    static size_t ReadTag(std::string_view in, FilteredText& out, bool* tags_end) {
        if (in.starts_with("<!--")) {
            const size_t end = in.find("-->", 4);
            const size_t size = end == std::string_view::npos ? in.size() : end + 3;
            out.Replace(size, " ");
            return size;
        }
        if (in.size() < 2 || !(IsAlpha(in[1]) || in[1] == '/' || in[1] == '!' || in[1] == '?')) {
            return 0;
        }
        size_t size = TagSize(in);
        if (size == 0) {
            *tags_end = false;
            return 0;
        }
        const std::string name = TagName(in);
        if (in[1] != '/' && (name == "script" || name == "style")) {
            size = SkipContent(in, size, name);
        }
        const bool separates =
            std::find(std::begin(kInline), std::end(kInline), name) == std::end(kInline);
        out.Replace(size, separates ? " " : "");
        return size;
    }

    // Behind the closing tag of a script, or at the end of the text.
    static size_t SkipContent(std::string_view in, size_t at, const std::string& name) {
        for (size_t i = in.find("</", at); i != std::string_view::npos; i = in.find("</", i + 2)) {
            if (!StartsWithNoCase(in.substr(i + 2), name)) continue;
            const size_t end = in.find('>', i);
            return end == std::string_view::npos ? in.size() : end + 1;
        }
        return in.size();
    }
};

}  // namespace

std::unique_ptr<CharFilter> MakeHtmlStrip() { return std::make_unique<HtmlStrip>(); }

}  // namespace blasty::analysis::internal
