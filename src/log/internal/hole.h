// A run of vacant sequences inside a frame, left by Rewrite.
#pragma once

#include <cstdint>
#include <string>

namespace blasty::log::internal {

// Appends the encoded run. REQUIRES vacant > 0.
void PutHole(std::string& out, uint64_t vacant);

}  // namespace blasty::log::internal
