#include "topics/internal/topic.h"

#include <algorithm>

namespace blasty::topics::internal {

namespace {
// With a bound the floor moves run by run: many of them make it exact. Without one they only serve
// estimates and a bound that is set later.
constexpr size_t kRunsMaxBounded = 4096;
constexpr size_t kRunsMaxUnbounded = 64;
}  // namespace

size_t Topic::RunsMax() const {
    const Retention& r = config.retention;
    return r.age_us > 0 || r.bytes > 0 || r.count > 0 ? kRunsMaxBounded : kRunsMaxUnbounded;
}

void Topic::AddMessages(uint64_t first_sequence, uint64_t last_sequence, uint64_t messages,
                        uint64_t bytes, int64_t commit_time_us) {
    total_messages += messages;
    total_bytes += bytes;
    if (first == 0) first = first_sequence;
    last.store(last_sequence, std::memory_order_relaxed);
    runs.push_back({first_sequence, last_sequence, total_messages, total_bytes, commit_time_us});
    if (runs.size() > RunsMax()) MergeRuns();
}

void Topic::MergeRuns() {
    // Halves all but the newest quarter: those are where bounds usually cut.
    const size_t keep_exact = runs.size() / 4;
    const size_t merge = (runs.size() - keep_exact) / 2 * 2;
    size_t out = 0;
    for (size_t i = 0; i < merge; i += 2, ++out) {
        const uint64_t first_sequence = runs[i].first;
        runs[out] = runs[i + 1];
        runs[out].first = first_sequence;
    }
    runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(out),
               runs.begin() + static_cast<std::ptrdiff_t>(merge));
}

void Topic::SetFloor(uint64_t new_floor, uint64_t messages, uint64_t bytes) {
    floor.store(new_floor);
    removed_messages = messages;
    removed_bytes = bytes;
    while (!runs.empty() && runs.front().last < new_floor) runs.pop_front();
    if (!runs.empty() && runs.front().first < new_floor) runs.front().first = new_floor;
    first = runs.empty() ? 0 : runs.front().first;
}

bool Topic::ApplyRetention(int64_t now_us) {
    const Retention& r = config.retention;
    uint64_t remove_messages = removed_messages;  // so many, counted from the beginning
    if (r.count > 0 && total_messages > r.count) {
        remove_messages = std::max(remove_messages, total_messages - r.count);
    }
    uint64_t new_floor = 0, messages = removed_messages, bytes = removed_bytes;
    for (const MessageRun& run : runs) {
        const bool by_count = run.messages_until <= remove_messages;
        const bool by_bytes =
            r.bytes > 0 && total_bytes - bytes > r.bytes && (run.messages_until < total_messages);
        const bool by_age = r.age_us > 0 && now_us > 0 && run.commit_time_us < now_us - r.age_us;
        const uint64_t in_run = run.messages_until - messages;
        const bool contiguous = run.last - run.first + 1 == in_run;
        const uint64_t run_bytes = run.bytes_until - bytes;
        // By bytes a run goes as a whole only when what follows fills the bound by itself.
        const bool whole_by_bytes = by_bytes && total_bytes - run.bytes_until >= r.bytes;
        if (by_count || by_age || whole_by_bytes) {
            new_floor = run.last + 1;
            messages = run.messages_until;
            bytes = run.bytes_until;
            continue;
        }
        uint64_t take = remove_messages > messages ? remove_messages - messages : 0;
        if (by_bytes && contiguous && in_run > 1) {
            const uint64_t each = std::max<uint64_t>(1, run_bytes / in_run);
            take = std::max(
                take, std::min(in_run - 1, (total_bytes - bytes - r.bytes + each - 1) / each));
        }
        if (contiguous && take > 0) {
            take = std::min(take, in_run);
            new_floor = run.first + take;
            messages += take;
            bytes += run_bytes / in_run * take;
        }
        break;
    }
    if (new_floor <= floor.load()) return false;
    SetFloor(new_floor, messages, bytes);
    return true;
}

bool Topic::RaiseFloor(const FloorRaised& raised) {
    if (raised.floor.value() <= floor.load()) return false;
    SetFloor(raised.floor.value(), std::min(raised.removed_messages, total_messages),
             std::min(raised.removed_bytes, total_bytes));
    return true;
}

uint64_t Topic::MessagesAfter(uint64_t sequence) const {
    if (sequence >= last.load()) return 0;
    auto run = std::upper_bound(runs.begin(), runs.end(), sequence,
                                [](uint64_t s, const MessageRun& r) { return s < r.last; });
    if (run == runs.end()) return 0;
    const uint64_t before = run == runs.begin() ? removed_messages : std::prev(run)->messages_until;
    uint64_t after = total_messages - before;
    if (sequence >= run->first) {
        // Part of this run is before: exact when it is contiguous, else in proportion.
        const uint64_t in_run = run->messages_until - before;
        const uint64_t span = run->last - run->first + 1;
        const double share =
            static_cast<double>(sequence - run->first + 1) / static_cast<double>(span);
        after -= span == in_run ? sequence - run->first + 1
                                : static_cast<uint64_t>(share * static_cast<double>(in_run));
    }
    return after;
}

TopicInfo Topic::Info() const {
    TopicInfo info;
    info.name = *name;
    info.id = id;
    info.config = config;
    info.created_us = created_us;
    const uint64_t gone = removed_messages + compacted_messages;
    if (first != 0) {
        info.messages = total_messages > gone ? total_messages - gone : 1;
        const uint64_t gone_bytes = removed_bytes + compacted_bytes;
        info.bytes = total_bytes > gone_bytes ? total_bytes - gone_bytes : 0;
        info.first = Sequence(first);
        info.last = Sequence(last.load());
    }
    return info;
}

}  // namespace blasty::topics::internal
