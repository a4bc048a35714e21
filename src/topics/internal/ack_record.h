// What the ack stream of the log says: progress of an inbox. Format: one byte version, inbox,
// epoch, floor, then counted runs (gap from the end of the one before, length - 1) and counted
// attempts (sequence, count), all varints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "topics/internal/run_set.h"

namespace blasty::topics::internal {

struct Attempts {
    uint64_t sequence = 0;
    uint32_t count = 0;
    friend bool operator==(const Attempts&, const Attempts&) = default;
};

struct AckRecord {
    uint32_t inbox = 0;
    uint64_t epoch = 0;              // sequence of the InboxReset it was written after (0: none)
    uint64_t floor = 0;              // everything up to here is acked
    std::vector<Run> runs;           // acked, ascending
    std::vector<Attempts> attempts;  // deliveries that ended without ack, ascending
    friend bool operator==(const AckRecord&, const AckRecord&) = default;
};

void EncodeAck(const AckRecord& record, std::string* out);
// Errors as DecodeControl. Reuses the memory of `record`.
Status DecodeAck(std::string_view bytes, AckRecord* record);

}  // namespace blasty::topics::internal
