// Standard input, output and error of the command, also when it was started without some of them.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace blasty::cli {

// Fills what is closed of descriptors 0, 1 and 2, so that no file or connection opened later takes
// the number of one: reading or writing such a stream fails. Runs by itself before everything else
// in a program that this is linked into.
void HoldStandardStreams();

// USAGE (INVALID_ARGUMENT) naming `flag` when standard input cannot be read at all: it is closed.
Status CheckStandardInput(std::string_view flag);

// Standard input to its end. FILE_TOO_LARGE (RESOURCE_EXHAUSTED) above `bytes_max`, IO_ERROR.
Result<std::string> ReadStandardInput(uint64_t bytes_max);

}  // namespace blasty::cli
