#include "cli/search_live.h"

#include <string_view>
#include <utility>

#include "base/strings.h"
#include "cli/output.h"
#include "cli/value_text.h"
#include "cli/watch.h"
#include "client/client.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

// For an index that is being built: nobody waits for one answer, so as long as a server allows.
constexpr int64_t kTimeoutUs = 60'000'000;

Result<WatchOptions> OptionsOf(const SearchLiveArgs& args, v1::SearchRequest request,
                               const Session& session) {
    WatchOptions options;
    if (request.timeout_us() == 0) request.set_timeout_us(kTimeoutUs);
    *options.request.mutable_search() = std::move(request);
    options.request.set_all_matches(args.all_matches);
    options.request.set_resume(args.resume);
    if (!args.coalesce.empty()) {
        BLASTY_ASSIGN_OR_RETURN(const int64_t interval, server::ParseDuration(args.coalesce));
        options.request.set_coalesce_us(interval);
    }
    if (!args.run_for.empty()) {
        BLASTY_ASSIGN_OR_RETURN(options.for_us, server::ParseDuration(args.run_for));
    }
    options.json = session.json;
    options.snapshot = !args.no_snapshot;
    options.count = args.count;
    // A picture needs all of the result: after resuming only what changed since is known.
    options.screen = CanDrawScreen() && !session.json && !args.lines && args.resume.empty();
    options.request.set_progress(options.screen || args.progress);
    return options;
}

}  // namespace

void AddLiveOptions(CLI::App& command, SearchLiveArgs& args) {
    command.add_flag("--live", args.live, "keep going: show how the hits change");
    command.add_flag("--all-matches", args.all_matches, "with --live: every match, not the best");
    command.add_option("--resume", args.resume, "with --live: go on behind this token")
        ->type_name("TOKEN");
    command.add_option("--coalesce", args.coalesce, "with --live: one update a row in this time")
        ->type_name("TIME");
    AddCountOption(command, "--count", args.count, "with --live: stop after so many changes");
    command.add_option("--for", args.run_for, "with --live: stop after this time")
        ->type_name("TIME");
    command.add_flag("--no-snapshot", args.no_snapshot, "with --live: only what changes");
    command.add_flag("--progress", args.progress, "with --live: a line a second while idle");
    command.add_flag("--lines", args.lines, "with --live: lines on a terminal, too");
}

Status CheckLive(const SearchLiveArgs& args) {
    if (args.live) return OkStatus();
    const std::pair<std::string_view, bool> given[] = {
        {"--all-matches", args.all_matches},    {"--resume", !args.resume.empty()},
        {"--coalesce", !args.coalesce.empty()}, {"--count", args.count > 0},
        {"--for", !args.run_for.empty()},       {"--no-snapshot", args.no_snapshot},
        {"--progress", args.progress},          {"--lines", args.lines}};
    for (const auto& [flag, is_given] : given) {
        if (!is_given) continue;
        return MakeError(StatusCode::kInvalidArgument, "USAGE",
                         StrCat(flag, " is of a search that goes on: add --live"));
    }
    return OkStatus();
}

int RunSearchLive(const SearchLiveArgs& args, v1::SearchRequest request, bool quiet,
                  const std::string& again, const Session& session) {
    Result<WatchOptions> options = OptionsOf(args, std::move(request), session);
    if (!options.ok()) return PrintError(options.status());
    options->quiet = quiet;
    options->again = again + " --live";
    if (args.all_matches) options->again += " --all-matches";
    if (!args.coalesce.empty()) StrAppend(options->again, " --coalesce ", ShellWord(args.coalesce));
    return WatchUntilStopped(session, *std::move(options));
}

}  // namespace blasty::cli
