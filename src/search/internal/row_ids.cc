#include "search/internal/row_ids.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "search/mapping.h"

namespace blasty::search::internal {
namespace {

// Of an id of several columns each may be a number or a text.
constexpr size_t kKeysOfIdMax = 16;

std::optional<int64_t> Integer(std::string_view text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::string IdOf(const tables::Row& key) {
    std::string id;
    for (const tables::Value& value : key) {
        if (!id.empty()) id += ',';
        id += AsText(tables::ViewOf(value)).value_or("");
    }
    return id;
}

std::vector<std::string> KeysOf(std::string_view id, size_t columns) {
    std::vector<std::string> keys = {""};
    for (size_t i = 0; i < columns; ++i) {
        // A key of one column may have commas in it.
        const size_t comma = i + 1 < columns ? id.find(',') : id.size();
        if (comma == std::string_view::npos) return {};
        const std::string_view part = id.substr(0, comma);
        id.remove_prefix(std::min(comma + 1, id.size()));
        const auto number = Integer(part);
        std::vector<std::string> longer;
        for (std::string& key : keys) {
            if (number && 2 * keys.size() <= kKeysOfIdMax) {
                std::string with = key;
                tables::PutValue(with, tables::Value(*number));
                longer.push_back(std::move(with));
            }
            tables::PutValue(key, tables::Value(tables::Text{std::string(part)}));
            longer.push_back(std::move(key));
        }
        keys = std::move(longer);
    }
    return keys;
}

std::string KeyText(std::string_view key) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : key) {
        const auto byte = static_cast<unsigned char>(c);
        text += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return text;
}

std::optional<std::string> ReadKeyText(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string key;
    for (; !text.empty(); text.remove_prefix(2)) {
        unsigned byte = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
        if (error != std::errc() || end != text.data() + 2) return std::nullopt;
        key.push_back(static_cast<char>(byte));
    }
    return key;
}

}  // namespace blasty::search::internal
