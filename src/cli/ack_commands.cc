#include "cli/ack_commands.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/output.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

std::vector<std::string_view> Words(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const size_t start = line.find_first_not_of(" \t\r");
        if (start == std::string_view::npos) break;
        line.remove_prefix(start);
        const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

void Execute(const AckCommand& command, client::Consumer& consumer,
             std::atomic<uint64_t>* answered) {
    switch (command.kind) {
        case AckCommand::Kind::kAck:
            consumer.Ack(command.sequences);
            answered->fetch_add(command.sequences.size());
            break;
        case AckCommand::Kind::kNack:
            consumer.Nack(command.sequences.front(), command.delay_us);
            answered->fetch_add(1);
            break;
        case AckCommand::Kind::kExtend:
            for (const uint64_t sequence : command.sequences) consumer.Extend(sequence);
            break;
    }
}

}  // namespace

Result<AckCommand> ParseAckCommand(std::string_view line) {
    const auto bad = [line] {
        return MakeError(
            StatusCode::kInvalidArgument, "INVALID_COMMAND",
            StrCat("'", Printable(line), "' is none of: ack SEQ…, nack SEQ [DELAY], extend SEQ…"));
    };
    std::vector<std::string_view> words = Words(line);
    if (words.size() < 2) return bad();
    AckCommand command;
    if (words[0] == "nack") {
        command.kind = AckCommand::Kind::kNack;
        if (words.size() > 3) return bad();
        if (words.size() == 3) {
            const Result<int64_t> delay = server::ParseDuration(words[2]);
            if (!delay.ok()) return delay.status();
            command.delay_us = *delay;
            words.pop_back();
        }
    } else if (words[0] == "extend") {
        command.kind = AckCommand::Kind::kExtend;
    } else if (words[0] != "ack") {
        return bad();
    }
    for (size_t i = 1; i < words.size(); ++i) {
        std::string_view word = words[i];
        if (word.starts_with('#')) word.remove_prefix(1);
        const uint64_t sequence = ParseNumber(word).value_or(0);
        if (sequence == 0) return bad();
        command.sequences.push_back(sequence);
    }
    return command;
}

void ReadAckCommands(int fd, const std::atomic<bool>& stop, client::Consumer& consumer,
                     std::atomic<uint64_t>* answered) {
    std::string pending;
    while (!stop.load()) {
        pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, 100) <= 0) continue;
        char raw[4096];
        const ssize_t n = read(fd, raw, sizeof(raw));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 && pending.empty()) return;
        // The last line may lack its end.
        pending.append(n > 0 ? std::string_view(raw, static_cast<size_t>(n)) : "\n");
        size_t start = 0;
        for (size_t end; (end = pending.find('\n', start)) != std::string::npos; start = end + 1) {
            const std::string_view line = std::string_view(pending).substr(start, end - start);
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            const Result<AckCommand> command = ParseAckCommand(line);
            if (command.ok()) {
                Execute(*command, consumer, answered);
            } else {
                PrintError(command.status());
            }
        }
        pending.erase(0, start);
    }
}

}  // namespace blasty::cli
