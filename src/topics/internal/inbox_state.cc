#include "topics/internal/inbox_state.h"

namespace blasty::topics::internal {

bool InboxState::Apply(const AckRecord& record) {
    if (record.epoch != epoch) return false;
    if (record.floor > floor) {
        floor = record.floor;
        acked.RemoveUpTo(floor);
    }
    for (const Run& run : record.runs) {
        if (run.last > floor) acked.Add(std::max(run.first, floor + 1), run.last);
    }
    // A run that touches the floor belongs to it.
    if (!acked.empty() && acked.runs().front().first == floor + 1) {
        floor = acked.runs().front().last;
        acked.RemoveUpTo(floor);
    }
    for (const Attempts& a : record.attempts) {
        if (a.sequence <= floor || acked.Contains(a.sequence)) continue;
        if (!attempts) attempts = std::make_unique<std::map<uint64_t, uint32_t>>();
        (*attempts)[a.sequence] = a.count;
    }
    if (attempts) {
        attempts->erase(attempts->begin(), attempts->upper_bound(floor));
        for (const Run& run : record.runs) {
            attempts->erase(attempts->lower_bound(run.first), attempts->upper_bound(run.last));
        }
        if (attempts->empty()) attempts.reset();
    }
    return true;
}

}  // namespace blasty::topics::internal
