// Asking before something is removed for ever.
#pragma once

#include <string>

#include "base/status.h"

namespace blasty::cli {

// What the person typed when asked for `name` on the terminal, or `given` (--confirm) when not
// empty. CONFIRMATION_MISSING (INVALID_ARGUMENT) when it is not the name, or nobody can be asked.
Result<std::string> Confirm(const std::string& what, const std::string& name,
                            const std::string& given);

}  // namespace blasty::cli
