// `blasty search --live`: a search that keeps answering.
#pragma once

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"
#include "base/status.h"
#include "blasty/v1/search.pb.h"
#include "cli/command.h"

namespace blasty::cli {

struct SearchLiveArgs {
    bool live = false, all_matches = false, no_snapshot = false, progress = false, lines = false;
    std::string resume, coalesce, run_for;
    uint64_t count = 0;
};

// --live and what goes with it.
void AddLiveOptions(CLI::App& command, SearchLiveArgs& args);

// USAGE: something of these without --live.
Status CheckLive(const SearchLiveArgs& args);

// Follows the search until it is stopped: the exit code. `again`: the command as it was, for the
// options of `args` and a token to be put behind.
int RunSearchLive(const SearchLiveArgs& args, v1::SearchRequest request, bool quiet,
                  const std::string& again, const Session& session);

}  // namespace blasty::cli
