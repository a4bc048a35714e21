#include "live/internal/result.h"

#include <algorithm>
#include <utility>

#include "tables/value.h"

namespace blasty::live::internal {
namespace {

constexpr size_t kSnapshotBatchBytes = 64 << 10;

void SortByKey(std::vector<Event>* events) {
    std::sort(events->begin(), events->end(),
              [](const Event& a, const Event& b) { return a.key < b.key; });
}

}  // namespace

void ResultSet::Add(std::string key, std::string row) {
    if (index_.contains(key)) {
        const int64_t number = ++occurrences_[key];
        tables::PutValue(key, tables::Value(number));
    }
    rows_.push_back({std::move(key), std::move(row)});
    Row* added = &rows_.back();
    bytes_ += BytesOf(*added);
    index_.emplace(added->key, added);
}

size_t ResultSet::BytesOf(const Row& row) {
    return row.key.size() + row.row.size() + sizeof(Row) + 32;
}

void ResultSet::Put(std::string key, std::string row) {
    const auto it = index_.find(key);
    if (it == index_.end()) return Add(std::move(key), std::move(row));
    Row& held = *it->second;
    bytes_ -= BytesOf(held);
    held.row = std::move(row);
    bytes_ += BytesOf(held);
}

void ResultSet::Erase(std::string_view key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return;
    Row* const row = it->second;
    index_.erase(it);
    bytes_ -= BytesOf(*row);
    Row* const last = &rows_.back();
    if (row != last) {
        index_.erase(last->key);
        *row = std::move(*last);
        index_.emplace(row->key, row);
    }
    rows_.pop_back();
}

std::shared_ptr<ResultSet> ResultSet::Copy() const {
    auto copy = std::make_shared<ResultSet>();
    for (const Row& row : rows_) copy->Add(row.key, row.row);
    copy->occurrences_ = occurrences_;
    return copy;
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
    SortByKey(&events);
    return events;
}

std::vector<Event> Apply(std::vector<RowUpdate> updates, bool old_values, ResultSet* result) {
    std::vector<Event> events;
    for (RowUpdate& update : updates) {
        const std::string* old_row = result->Find(update.key);
        if (update.gone ? !old_row : old_row && *old_row == update.row) continue;
        Event& event = events.emplace_back();
        event.kind = update.gone ? EventKind::kLeave
                     : old_row   ? EventKind::kChange
                                 : EventKind::kEnter;
        event.key = update.key;
        event.row = update.row;
        if (old_row && old_values) event.old_row = *old_row;
        if (update.gone)
            result->Erase(event.key);
        else
            result->Put(std::move(update.key), std::move(update.row));
    }
    SortByKey(&events);
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
