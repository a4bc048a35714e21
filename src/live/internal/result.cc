#include "live/internal/result.h"

#include <algorithm>
#include <utility>

#include "tables/value.h"

namespace blasty::live::internal {
namespace {

constexpr size_t kSnapshotBatchBytes = 64 << 10;

}  // namespace

void ResultSet::Add(std::string key, std::string row) {
    if (index_.contains(key)) {
        const int64_t number = ++occurrences_[key];
        tables::PutValue(key, tables::Value(number));
    }
    bytes_ += key.size() + row.size() + sizeof(Row) + 32;
    rows_.push_back({std::move(key), std::move(row)});
    const Row* added = &rows_.back();
    index_.emplace(added->key, added);
}

const std::string* ResultSet::Find(std::string_view key) const {
    const auto it = index_.find(key);
    return it == index_.end() ? nullptr : &it->second->row;
}

std::vector<Event> Diff(const ResultSet& before, const ResultSet& after, bool old_values) {
    std::vector<Event> events;
    for (const ResultSet::Row& row : after.rows()) {
        const std::string* old_row = before.Find(row.key);
        if (old_row && *old_row == row.row) continue;
        Event& event = events.emplace_back();
        event.kind = old_row ? EventKind::kChange : EventKind::kEnter;
        event.key = row.key;
        event.row = row.row;
        if (old_row && old_values) event.old_row = *old_row;
    }
    for (const ResultSet::Row& row : before.rows()) {
        if (after.Find(row.key)) continue;
        Event& event = events.emplace_back();
        event.kind = EventKind::kLeave;
        event.key = row.key;
        if (old_values) event.old_row = row.row;
    }
    std::sort(events.begin(), events.end(),
              [](const Event& a, const Event& b) { return a.key < b.key; });
    return events;
}

size_t BytesOf(const EventBatch& batch) {
    size_t bytes = sizeof(EventBatch);
    for (const Event& event : batch.events)
        bytes += sizeof(Event) + event.key.size() + event.row.size() + event.old_row.size();
    return bytes;
}

std::vector<EventBatchPtr> SnapshotBatches(const ResultSet& result, Sequence at,
                                           const std::shared_ptr<const ResultColumns>& columns) {
    std::vector<EventBatchPtr> batches;
    auto batch = std::make_shared<EventBatch>();
    const auto finish = [&] {
        batch->sequence = batch->base = at;
        batch->snapshot = true;
        batch->columns = columns;
        batch->bytes = BytesOf(*batch);
        batches.push_back(std::move(batch));
    };
    size_t bytes = 0;
    for (const ResultSet::Row& row : result.rows()) {
        if (bytes >= kSnapshotBatchBytes) {
            finish();
            batch = std::make_shared<EventBatch>();
            bytes = 0;
        }
        Event& event = batch->events.emplace_back();
        event.kind = EventKind::kRow;
        event.key = row.key;
        event.row = row.row;
        bytes += sizeof(Event) + row.key.size() + row.row.size();
    }
    batch->events.emplace_back().kind = EventKind::kReady;
    finish();
    return batches;
}

EventBatchPtr MarkBatch(EventKind kind, Sequence at, std::string reason, std::string message) {
    auto batch = std::make_shared<EventBatch>();
    batch->sequence = batch->base = at;
    batch->snapshot = kind != EventKind::kProgress;
    Event& event = batch->events.emplace_back();
    event.kind = kind;
    event.reason = std::move(reason);
    event.message = std::move(message);
    batch->bytes = BytesOf(*batch) + event.reason.size() + event.message.size();
    return batch;
}

}  // namespace blasty::live::internal
