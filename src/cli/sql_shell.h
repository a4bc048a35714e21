// `blasty sql` at a terminal: statements as they are typed.
#pragma once

#include "cli/command.h"
#include "cli/sql_runner.h"

namespace blasty::cli {

// Until Ctrl-D or .quit. Returns the exit code; that a statement failed does not end it.
int RunShell(SqlRunOptions options, const Session& session);

}  // namespace blasty::cli
