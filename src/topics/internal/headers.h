// Encoding of headers without an allocation each.
#pragma once

#include <span>
#include <string>

#include "topics/message.h"

namespace blasty::topics::internal {

// Appends what EncodeHeaders returns.
void AppendHeaders(std::span<const HeaderView> headers, std::string* out);

}  // namespace blasty::topics::internal
