// Well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlong forms, nothing above
// U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace blasty {

// Bytes of the character at the front of `text`, 0 when it is not well-formed (or `text` is empty).
size_t Utf8Length(std::string_view text);

bool IsUtf8(std::string_view text);

}  // namespace blasty
