// The commands below `blasty search`.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"

namespace blasty::cli {

// indexes, rebuild, analyze. `index`: what `blasty search INDEX` was given, to tell when a word was
// taken for one of them.
void AddIndexCommands(CLI::App& search, Session& session,
                      const std::shared_ptr<const std::string>& index);

// suggest; as above.
void AddSuggest(CLI::App& search, Session& session,
                const std::shared_ptr<const std::string>& index);

}  // namespace blasty::cli
