#include "live/coalesce.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "live/internal/result.h"

namespace blasty::live {
namespace {

struct Merged {
    Event event;
    bool was_there = false;  // before the first batch
    bool is_there = false;
    bool gone = false;  // superseded by a later place, or nothing happened in the end
};

bool RowEvent(EventKind kind) {
    return kind == EventKind::kEnter || kind == EventKind::kChange || kind == EventKind::kLeave;
}

// Puts `next` after what `before` says of the same row.
void Follow(Merged* before, const Event& next, Merged* out) {
    out->event = next;
    out->event.merged += before->event.merged + 1;
    out->was_there = before->was_there;
    out->is_there = next.kind != EventKind::kLeave;
    if (!out->was_there)
        out->event.old_row.clear();
    else if (before->event.kind != EventKind::kEnter)
        out->event.old_row = std::move(before->event.old_row);
    if (out->is_there) out->event.kind = out->was_there ? EventKind::kChange : EventKind::kEnter;
    before->gone = true;
    // Events of searches may have no columns, and marks beside them.
    const bool rows_tell = out->event.details == nullptr && !out->event.row.empty();
    const bool same =
        rows_tell && out->was_there && out->is_there && out->event.row == out->event.old_row;
    if (same || (!out->was_there && !out->is_there)) out->gone = true;
}

}  // namespace

EventBatchPtr Coalesce(const std::vector<EventBatchPtr>& batches) {
    if (batches.size() == 1) return batches.front();
    std::vector<Merged> merged;
    absl::flat_hash_map<std::string_view, size_t> places;  // keys of the batches, which live on
    const Event* counts = nullptr;
    for (const EventBatchPtr& batch : batches) {
        for (const Event& event : batch->events) {
            if (event.kind == EventKind::kCounts) counts = &event;
            if (!RowEvent(event.kind)) continue;
            const auto [place, fresh] = places.try_emplace(event.key, merged.size());
            Merged next;
            if (fresh) {
                next.event = event;
                next.was_there = event.kind != EventKind::kEnter;
                next.is_there = event.kind != EventKind::kLeave;
            } else {
                Follow(&merged[place->second], event, &next);
                place->second = merged.size();
            }
            merged.push_back(std::move(next));
        }
    }
    auto out = std::make_shared<EventBatch>();
    out->base = batches.front()->base;
    out->sequence = batches.back()->sequence;
    out->columns = batches.back()->columns;
    for (Merged& row : merged)
        if (!row.gone) out->events.push_back(std::move(row.event));
    std::sort(out->events.begin(), out->events.end(),
              [](const Event& a, const Event& b) { return a.key < b.key; });
    if (counts != nullptr) out->events.push_back(*counts);
    if (out->events.empty()) out->events.emplace_back().kind = EventKind::kProgress;
    out->bytes = internal::BytesOf(*out);
    return out;
}

}  // namespace blasty::live
