#include "cli/value_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "client/values.h"
#include "server/json_text.h"

namespace blasty::cli {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void AppendHex(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(kHex[byte >> 4]);
        out.push_back(kHex[byte & 15]);
    }
}

// C1 controls are U+0080 to U+009F: terminals obey some of them.
bool IsControl(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return character.size() == 2 && first == 0xc2 &&
           static_cast<unsigned char>(character[1]) < 0xa0;
}

void AppendEscaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const size_t length = Utf8Length(text);
        const std::string_view character = text.substr(0, std::max<size_t>(length, 1));
        if (character == "\n") {
            out += "\\n";
        } else if (character == "\r") {
            out += "\\r";
        } else if (character == "\t") {
            out += "\\t";
        } else if (length == 0 || IsControl(character)) {
            for (const char c : character) {
                out += "\\x";
                AppendHex(out, std::string_view(&c, 1));
            }
        } else {
            out += character;
        }
        text.remove_prefix(character.size());
    }
}

// The front of `text` that has at most `bytes_max` bytes and does not split a character.
std::string_view Front(std::string_view text, size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    size_t end = bytes_max;
    while (end > 0 && bytes_max - end < 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return text.substr(0, end);
}

bool NeedsQuotes(std::string_view text, char delimiter) {
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return true;
    return std::any_of(text.begin(), text.end(), [delimiter](char c) {
        return c == '"' || c == '\n' || c == '\r' || c == delimiter;
    });
}

}  // namespace

std::string RealText(double value) {
    if (std::isnan(value)) return "null";
    if (std::isinf(value)) return value > 0 ? "9e999" : "-9e999";
    char raw[40];
    const auto end = std::to_chars(raw, raw + sizeof(raw), value).ptr;
    std::string text(raw, static_cast<size_t>(end - raw));
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

bool IsNumber(const v1::Value& value) {
    return value.kind_case() == v1::Value::kInteger || value.kind_case() == v1::Value::kReal;
}

std::string CellText(const v1::Value& value, size_t bytes_max) {
    switch (value.kind_case()) {
        case v1::Value::kInteger:
            return StrCat(value.integer());
        case v1::Value::kReal:
            return RealText(value.real());
        case v1::Value::kBlob: {
            std::string out = "x'";
            const std::string_view bytes = value.blob();
            const size_t shown = std::min(bytes.size(), bytes_max / 2);
            AppendHex(out, bytes.substr(0, shown));
            return out += shown < bytes.size() ? "…'" : "'";
        }
        case v1::Value::kText:
        case v1::Value::kRawText: {
            const std::string_view bytes = client::BytesOf(value);
            const std::string_view shown = Front(bytes, bytes_max);
            std::string out;
            AppendEscaped(out, shown);
            if (shown.size() < bytes.size()) out += "…";
            return out;
        }
        case v1::Value::KIND_NOT_SET:
            break;
    }
    return "NULL";
}

std::string CutToWidth(std::string_view text, size_t width) {
    if (DisplayWidth(text) <= width) return std::string(text);
    if (width == 0) return "";
    size_t used = 0, end = 0;
    while (end < text.size()) {
        const size_t length = std::max<size_t>(Utf8Length(text.substr(end)), 1);
        used += DisplayWidth(text.substr(end, length));
        if (used + 1 > width) break;
        end += length;
    }
    return StrCat(text.substr(0, end), "…");
}

void AppendJson(std::string& out, const v1::Value& value) {
    switch (value.kind_case()) {
        case v1::Value::kInteger:
            return StrAppend(out, value.integer());
        case v1::Value::kReal:
            return StrAppend(out, RealText(value.real()));
        case v1::Value::kText:
            return server::AppendJsonString(out, value.text());
        case v1::Value::kBlob:
            return StrAppend(out, "{\"$base64\":\"", server::Base64(value.blob()), "\"}");
        case v1::Value::kRawText:
            return StrAppend(out, "{\"$text_base64\":\"", server::Base64(value.raw_text()), "\"}");
        case v1::Value::KIND_NOT_SET:
            break;
    }
    out += "null";
}

std::string JsonArray(const v1::Row& row) {
    std::string out = "[";
    for (const v1::Value& value : row.values()) {
        if (out.size() > 1) out += ',';
        AppendJson(out, value);
    }
    return out += ']';
}

std::string JsonRow(const std::vector<std::string>& names, const v1::Row& row) {
    std::string out = "{";
    for (int i = 0; i < row.values_size(); ++i) {
        if (i > 0) out += ',';
        const auto at = static_cast<size_t>(i);
        const std::string name = at < names.size() ? names[at] : StrCat("column", i + 1);
        server::AppendJsonString(out, IsUtf8(name) ? name : Printable(name));
        out += ':';
        AppendJson(out, row.values(i));
    }
    return out += '}';
}

std::vector<std::string> UniqueNames(const std::vector<std::string>& names) {
    const std::set<std::string> given(names.begin(), names.end());
    std::set<std::string> taken;
    std::vector<std::string> out;
    for (const std::string& name : names) {
        std::string unique = name;
        for (int n = 2; taken.contains(unique) || (n > 2 && given.contains(unique)); ++n)
            unique = StrCat(name, "_", n);
        taken.insert(unique);
        out.push_back(std::move(unique));
    }
    return out;
}

void AppendCsv(std::string& out, const v1::Value& value, char delimiter) {
    switch (value.kind_case()) {
        case v1::Value::KIND_NOT_SET:
            return;
        case v1::Value::kText:
        case v1::Value::kRawText:
            break;
        case v1::Value::kBlob:
            out += "x'";
            AppendHex(out, value.blob());
            out += '\'';
            return;
        default:
            out += CellText(value);
            return;
    }
    const std::string& text = client::BytesOf(value);
    if (!NeedsQuotes(text, delimiter)) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string QuotedName(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c;
    }
    return out += '"';
}

std::string ShellWord(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./:,=@+").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out += '\'';
}

}  // namespace blasty::cli
