// The `blasty` command.
#pragma once

namespace blasty::cli {

// Runs one command line and returns its exit code (exit_codes.h). Prints to stdout and stderr; no
// exception leaves it. Called once, on the main thread.
int Run(int argc, char** argv);

}  // namespace blasty::cli
