#include "cli/command.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/clock.h"
#include "base/strings.h"
#include "server/config.h"
#include "server/units.h"

namespace blasty::cli {

client::ClientOptions Session::client_options() const {
    client::ClientOptions options;
    options.server = server;
    return options;
}

void AddServerOption(CLI::App& command, Session& session) {
    // Not envname(): the options of all commands share one variable, and it would win over the
    // flag.
    command
        .add_option("--server", session.server, "HOST:PORT, else $BLASTY_SERVER [127.0.0.1:6868]")
        ->type_name("ADDR");
}

Status ResolveServer(Session& session) {
    const char* const environment = std::getenv("BLASTY_SERVER");
    std::string_view place = "--server";
    if (session.server.empty() && environment != nullptr && *environment != 0) {
        session.server = environment;
        place = "BLASTY_SERVER";
    }
    if (session.server.empty()) session.server = client::ClientOptions().server;
    const auto address = server::ParseAddress(session.server);
    if (address.ok()) return OkStatus();
    return MakeError(address.status().code(), ReasonOf(address.status()),
                     StrCat(place, ": ", MessageOf(address.status())));
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

void AddCountOption(CLI::App& command, const std::string& flag, uint64_t& count,
                    const std::string& what) {
    command
        .add_option_function<std::string>(
            flag,
            [&count, flag](const std::string& text) {
                count = ParseNumber(text).value_or(0);
                if (count == 0)
                    throw CLI::ValidationError(
                        flag, StrCat("'", Printable(text), "' is not a number of 1 or more"));
            },
            what)
        ->type_name("N");
}

void AddJsonOption(CLI::App& command, Session& session) {
    command.add_flag("--json", session.json, "print JSON, one object a line");
}

void AddExamples(CLI::App& command, const std::vector<std::string>& lines) {
    std::string text = "Examples:";
    for (const std::string& line : lines) StrAppend(text, line.empty() ? "\n" : "\n  ", line);
    command.footer(text);
}

Result<v1::Start> ParseStart(const std::string& text) {
    v1::Start start;
    if (text == "oldest") {
        start.set_oldest(true);
        return start;
    }
    if (text == "newest") {
        start.set_newest(true);
        return start;
    }
    if (const auto sequence = ParseNumber(text); sequence.value_or(0) > 0) {
        start.set_sequence(*sequence);
        return start;
    }
    const Result<int64_t> time = server::ParseTime(text, SystemClock().NowMicros());
    if (!time.ok()) {
        return MakeError(
            StatusCode::kInvalidArgument, "INVALID_START",
            StrCat("--from '", Printable(text),
                   "' is neither oldest, newest, a sequence (from 1) nor a time; times are "
                   "2026-01-02T03:04:05Z, 2026-01-02, @1700000000 or -15m"));
    }
    start.set_time_us(*time);
    return start;
}

std::string DidYouMean(const std::string& word, const std::vector<std::string>& known) {
    std::string best;
    size_t best_distance = 3;
    for (const std::string& candidate : known) {
        // Edit distance with one row.
        std::vector<size_t> row(candidate.size() + 1);
        for (size_t j = 0; j < row.size(); ++j) row[j] = j;
        for (size_t i = 0; i < word.size(); ++i) {
            size_t diagonal = row[0];
            row[0] = i + 1;
            for (size_t j = 0; j < candidate.size(); ++j) {
                const size_t replaced = diagonal + (word[i] == candidate[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
            }
        }
        size_t distance = row.back();
        if (candidate.starts_with(word) && word.size() >= 2) distance = 1;
        if (distance < best_distance && distance < candidate.size()) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace blasty::cli
