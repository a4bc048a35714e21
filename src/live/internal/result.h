// The rows of a query's result at one sequence, told apart by their keys.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "live/event.h"

namespace blasty::live::internal {

// In the order of the query. Not changed once shared.
class ResultSet {
  public:
    struct Row {
        std::string key, row;
    };
    ResultSet() = default;
    ResultSet(const ResultSet&) = delete;
    ResultSet& operator=(const ResultSet&) = delete;

    // A key that is there already gets the number of its occurrence appended.
    void Add(std::string key, std::string row);
    // In place of the row with this key, or at the end.
    void Put(std::string key, std::string row);
    // Its place is taken by the last row. No row with this key: nothing happens.
    void Erase(std::string_view key);
    std::shared_ptr<ResultSet> Copy() const;
    const std::deque<Row>& rows() const { return rows_; }
    const std::string* Find(std::string_view key) const;
    size_t size() const { return rows_.size(); }
    size_t bytes() const { return bytes_; }

  private:
    static size_t BytesOf(const Row& row);

    std::deque<Row> rows_;  // the index points at the keys
    absl::flat_hash_map<std::string_view, Row*> index_;
    absl::flat_hash_map<std::string, int64_t> occurrences_;
    size_t bytes_ = 0;
};
using ResultSetPtr = std::shared_ptr<const ResultSet>;

// What leads from one result to the other, sorted by key: depends on nothing but the two sets.
std::vector<Event> Diff(const ResultSet& before, const ResultSet& after, bool old_values);

// A row of a result that has other values now, or is gone.
struct RowUpdate {
    std::string key, row;
    bool gone = false;
};
// Works updates into a result, at most one a key, and tells what Diff of before and after would.
std::vector<Event> Apply(std::vector<RowUpdate> updates, bool old_values, ResultSet* result);

// Estimate of the memory of a batch.
size_t BytesOf(const EventBatch& batch);

// A snapshot as batches of about 64 KiB; the last one ends with kReady.
std::vector<EventBatchPtr> SnapshotBatches(const ResultSet& result, Sequence at,
                                           const std::shared_ptr<const ResultColumns>& columns);

// A batch of one event without a row.
EventBatchPtr MarkBatch(EventKind kind, Sequence at, std::string reason = {},
                        std::string message = {});

}  // namespace blasty::live::internal
