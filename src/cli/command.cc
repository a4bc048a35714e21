#include "cli/command.h"

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/strings.h"
#include "server/units.h"

namespace blasty::cli {

client::ClientOptions Session::client_options() const {
    client::ClientOptions options;
    options.server = server;
    return options;
}

void AddServerOption(CLI::App& command, Session& session) {
    command.add_option("--server", session.server, "address of the server [127.0.0.1:6868]")
        ->type_name("ADDR")
        ->envname("BLASTY_SERVER");
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
    uint64_t sequence = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
    if (error == std::errc() && end == text.data() + text.size()) {
        start.set_sequence(sequence);
        return start;
    }
    const Result<int64_t> time = server::ParseTime(text, SystemClock().NowMicros());
    if (!time.ok()) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_START",
                         StrCat("--from '", Printable(text),
                                "' is neither oldest, newest, a sequence nor a time; times are "
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
