// Pieces of SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blasty::search::internal {

// A name in double quotes.
std::string QuotedName(std::string_view name);
// Names in double quotes with commas between them.
std::string QuotedNames(const std::vector<std::string>& names);

}  // namespace blasty::search::internal
