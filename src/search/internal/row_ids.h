// The ids of rows as people write them, and the keys they stand for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/value.h"

namespace blasty::search::internal {

// The values of a row's key, for people: joined by commas.
std::string IdOf(const tables::Row& key);
// The encoded keys that an id may stand for: with the text of each of its parts, and with the
// number that it says. Nothing when it has not `columns` parts.
std::vector<std::string> KeysOf(std::string_view id, size_t columns);

// A key as text, for results to go on behind it, and back; nothing: it is none.
std::string KeyText(std::string_view key);
std::optional<std::string> ReadKeyText(std::string_view text);

}  // namespace blasty::search::internal
