// Numbers as text.
#pragma once

#include <optional>
#include <string_view>

namespace blasty::search::internal {

// Of a column: as std::from_chars has it, spaces around it do not count. Nothing: something else.
// (What people write in queries is read by ParseNumber, which takes no "inf".)
std::optional<double> ReadNumber(std::string_view text);

}  // namespace blasty::search::internal
