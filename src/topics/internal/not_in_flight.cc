#include <string>

#include "base/bytes.h"
#include "base/strings.h"
#include "topics/internal/live_inbox.h"
#include "topics/member.h"

namespace blasty::topics {

namespace {
constexpr char kSequencesUrl[] = "blasty.sequences";  // payload of the status: varints
}  // namespace

std::vector<Sequence> NotInFlightOf(const Status& status) {
    std::vector<Sequence> sequences;
    const auto payload = status.GetPayload(kSequencesUrl);
    if (!payload) return sequences;
    const std::string bytes(*payload);
    for (ByteReader reader(bytes); !reader.done();) {
        const uint64_t sequence = reader.Varint();
        if (!reader.ok()) break;
        sequences.emplace_back(sequence);
    }
    return sequences;
}

namespace internal {

Status NotInFlight(std::span<const Sequence> sequences) {
    Status status = MakeError(
        StatusCode::kFailedPrecondition, "NOT_IN_FLIGHT",
        StrCat("message ", sequences.front().value(),
               sequences.size() > 1 ? StrCat(" and ", sequences.size() - 1, " more") : "",
               " not in flight with this member: acked before, or the ack wait ended and the "
               "message was taken back"));
    std::string bytes;
    for (const Sequence sequence : sequences) PutVarint(bytes, sequence.value());
    status.SetPayload(kSequencesUrl, absl::Cord(bytes));
    return status;
}

}  // namespace internal
}  // namespace blasty::topics
