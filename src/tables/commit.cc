#include "tables/commit.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "tables/internal/record_codec.h"

namespace blasty::tables {
namespace {

constexpr uint32_t kLargeCommit = 1 << 16;

// A row by its table and key.
struct RowId {
    TableId table;
    std::string_view key;
    friend bool operator==(const RowId&, const RowId&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const RowId& id) {
        return H::combine(std::move(state), id.table, id.key);
    }
};

// What became of a row. A null `data()` of an image: the row was not there.
struct RowHistory {
    RowId id;
    std::string_view before, after;
    bool was_there = false;
    bool is_there = false;
    Sequence sequence;  // of its last change
    size_t last = 0;    // place of its last change
};

class NetWalk {
  public:
    void Add(const RowChange& change) {
        const bool moved = change.kind == ChangeKind::kUpdate && change.old_key != change.key;
        if (moved) {
            Touch(change, change.old_key, true, false);
            Touch(change, change.key, false, true);
            return;
        }
        Touch(change, change.key, change.kind != ChangeKind::kInsert,
              change.kind != ChangeKind::kDelete);
    }

    std::vector<RowChange> Finish() const {
        std::vector<const RowHistory*> ordered(places_, nullptr);
        for (const RowHistory& row : rows_) ordered[row.last] = &row;
        std::vector<RowChange> out;
        for (const RowHistory* row : ordered) {
            if (row == nullptr) continue;
            if (!row->was_there && !row->is_there) continue;
            if (row->was_there && row->is_there && row->before == row->after) continue;
            RowChange& net = out.emplace_back();
            net.sequence = row->sequence;
            net.table = row->id.table;
            net.key = row->id.key;
            net.kind = !row->was_there  ? ChangeKind::kInsert
                       : !row->is_there ? ChangeKind::kDelete
                                        : ChangeKind::kUpdate;
            if (row->was_there) net.old_row = row->before;
            if (row->is_there) net.new_row = row->after;
            if (net.kind == ChangeKind::kUpdate) net.old_key = net.key;
        }
        return out;
    }

  private:
    void Touch(const RowChange& change, std::string_view key, bool had_row, bool has_row) {
        const RowId id{change.table, key};
        const auto [it, is_new] = index_.try_emplace(id, rows_.size());
        if (is_new) {
            RowHistory& row = rows_.emplace_back();
            row.id = id;
            row.was_there = had_row;
            if (had_row) row.before = change.old_row;
        }
        RowHistory& row = rows_[it->second];
        row.is_there = has_row;
        row.after = has_row ? change.new_row : std::string_view();
        row.sequence = change.sequence;
        row.last = places_++;
    }

    absl::flat_hash_map<RowId, size_t> index_;
    std::vector<RowHistory> rows_;
    size_t places_ = 0;
};

}  // namespace

Result<Commit> DecodeCommit(const log::FramePtr& frame) {
    Commit commit;
    commit.frame = frame;
    commit.time_us = frame->commit_time_us;
    log::RecordIterator records = frame->Records();
    log::RecordView record;
    internal::TableRecord table_record;
    while (records.Next(&record)) {
        if (record.kind != log::RecordKind::kTable) continue;
        if (commit.first.value() == 0) commit.first = record.sequence;
        commit.last = record.sequence;
        BLASTY_RETURN_IF_ERROR(internal::DecodeTableRecord(record, &table_record));
        switch (table_record.kind) {
            case internal::TableRecordKind::kInsert:
            case internal::TableRecordKind::kUpdate:
            case internal::TableRecordKind::kDelete:
                // Of a large commit, at once: growing would hold it twice.
                if (commit.changes.empty() && frame->count >= kLargeCommit)
                    commit.changes.reserve(frame->last().value() - record.sequence.value() + 1);
                commit.changes.push_back(table_record.change);
                break;
            case internal::TableRecordKind::kSchema:
                commit.schema_changed = true;
                for (const std::string_view sql : table_record.schema.statements)
                    commit.schema_sql.push_back(sql);
                break;
            case internal::TableRecordKind::kRequest:
                break;
        }
    }
    BLASTY_RETURN_IF_ERROR(records.status());
    return commit;
}

std::vector<RowChange> NetChanges(const std::vector<RowChange>& changes) {
    NetWalk walk;
    for (const RowChange& change : changes) walk.Add(change);
    return walk.Finish();
}

}  // namespace blasty::tables
