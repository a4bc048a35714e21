// Answers of a person or a program to deliveries: lines "ack 12 13", "nack 12 5s", "extend 12".
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/consumer.h"

namespace blasty::cli {

struct AckCommand {
    enum class Kind { kAck, kNack, kExtend };
    Kind kind = Kind::kAck;
    std::vector<uint64_t> sequences;
    int64_t delay_us = 0;
};
// INVALID_COMMAND (INVALID_ARGUMENT) with the rule.
Result<AckCommand> ParseAckCommand(std::string_view line);

// Reads lines from `fd` and hands them to `consumer` until the input ends or `stop` is set.
// `answered` counts messages acked or nacked. Mistakes are noted on standard error.
void ReadAckCommands(int fd, const std::atomic<bool>& stop, client::Consumer& consumer,
                     std::atomic<uint64_t>* answered);

}  // namespace blasty::cli
