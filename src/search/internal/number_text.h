// Numbers as text.
#pragma once

#include <optional>
#include <string_view>

namespace blasty::search::internal {

// A whole number or decimal, as "12", "-1.5", "+2" or "1e3"; spaces around it do not count.
// Nothing: something else ("inf", "0x1"), or too large for a double.
std::optional<double> ReadNumber(std::string_view text);

}  // namespace blasty::search::internal
