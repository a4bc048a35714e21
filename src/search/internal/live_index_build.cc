// How an index gets its documents: from disk, from all rows, from changes.
#include <utility>
#include <vector>

#include "base/strings.h"
#include "index/search.h"
#include "search/internal/index_events.h"
#include "search/internal/index_folder.h"
#include "search/internal/live_index.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

// Of one batch: bounds memory, and the time until the first of it can be found.
constexpr size_t kBatchBytes = 16 << 20;
constexpr size_t kBatchDocuments = 20'000;
// Documents removed at once because a topic no longer keeps them.
constexpr size_t kRemovedAtOnce = 1000;

}  // namespace

Result<bool> LiveIndex::OpenStored(const std::shared_ptr<const tables::Table>& table) {
    auto mapping = Mapping::Make(definition_, *table);
    if (!mapping.ok()) return mapping.status();
    bool opened = false;
    for (const uint64_t generation :
         GenerationsIn(shared_.fs, StrCat(shared_.options.directory, "/", folder_))) {
        if (!opened) {
            auto stored = index::Index::Open(
                shared_.fs, {.directory = Directory(generation),
                             .definition = Fingerprint(definition_, *table),
                             .memory_bytes_max = shared_.options.memory_bytes_max});
            // At sequence 0 it was never finished.
            if (stored.ok() && (*stored)->snapshot()->sequence != Sequence(0)) {
                std::vector<index::FieldInfo> known;
                for (const auto& [name, totals] : (*stored)->snapshot()->fields)
                    known.push_back({.name = name, .kind = totals.kind});
                Serve({.index = *std::move(stored),
                       .mapping = (*mapping)->With(known),
                       .table = table,
                       .generation = generation});
                opened = true;
                continue;
            }
            if (!stored.ok()) {
                MutexLock lock(mutex_);
                problem_ = StrCat("built again: ", MessageOf(stored.status()));
            }
        }
        index::Index::Erase(shared_.fs, Directory(generation)).IgnoreError();
    }
    return opened;
}

Status LiveIndex::Build(const std::shared_ptr<const tables::Table>& table) {
    auto mapping = Mapping::Make(definition_, *table);
    if (!mapping.ok()) {
        Retire(IndexState::kFailed, std::string(MessageOf(mapping.status())));
        return mapping.status();
    }
    const Serving before = Current();
    // Of another shape the old one would give wrong answers; else it serves on.
    if (before.index != nullptr && before.table->shaped_at != table->shaped_at)
        Retire(IndexState::kBuilding, "built again: the table changed its shape");
    const std::vector<uint64_t> generations =
        GenerationsIn(shared_.fs, StrCat(shared_.options.directory, "/", folder_));
    const uint64_t generation = generations.empty() ? 1 : generations.front() + 1;
    {
        MutexLock lock(mutex_);
        if (serving_.index == nullptr) state_ = IndexState::kBuilding;
        built_ = 0;
    }
    BLASTY_ASSIGN_OR_RETURN(
        std::shared_ptr<index::Index> fresh,
        index::Index::Open(shared_.fs, {.directory = Directory(generation),
                                        .definition = Fingerprint(definition_, *table),
                                        .memory_bytes_max = shared_.options.memory_bytes_max}));
    Serving serving{.index = std::move(fresh),
                    .mapping = *std::move(mapping),
                    .table = table,
                    .generation = generation};
    Status filled = Fill(*table, &serving);
    if (filled.ok()) filled = serving.index->Checkpoint(stop_);
    if (!filled.ok()) {
        // The disk may be full: nothing of it stays.
        serving.index.reset();
        index::Index::Erase(shared_.fs, Directory(generation)).IgnoreError();
        return filled;
    }
    serving.built_here = true;
    Serve(std::move(serving));
    for (const uint64_t old : generations)
        index::Index::Erase(shared_.fs, Directory(old)).IgnoreError();
    return OkStatus();
}

Status LiveIndex::Fill(const tables::Table& table, Serving* serving) {
    // Until all is there the index stands at sequence 0: a stop in between begins anew.
    std::unique_ptr<index::Batch> batch;
    const auto add = [&](const std::vector<std::string>& rows, double done) -> Status {
        const Mapping* const before = serving->mapping.get();
        BLASTY_RETURN_IF_ERROR(Learn({rows.begin(), rows.end()}, serving));
        if (batch != nullptr && serving->mapping.get() != before)
            BLASTY_RETURN_IF_ERROR(
                serving->index->Apply(std::exchange(batch, nullptr), Sequence(0)));
        if (batch == nullptr) batch = std::make_unique<index::Batch>(serving->mapping->infos());
        for (const std::string& row : rows) {
            BLASTY_ASSIGN_OR_RETURN(const std::string key, serving->mapping->KeyOf(row));
            BLASTY_RETURN_IF_ERROR(serving->mapping->Put(key, row, batch.get()));
        }
        {
            MutexLock lock(mutex_);
            built_ = done;
        }
        if (batch->documents() < kBatchDocuments && batch->bytes() < kBatchBytes) return OkStatus();
        BLASTY_RETURN_IF_ERROR(serving->index->Apply(std::exchange(batch, nullptr), Sequence(0)));
        for (bool merging = true; merging;) {
            BLASTY_ASSIGN_OR_RETURN(merging, serving->index->Maintain(stop_));
        }
        return OkStatus();
    };
    BLASTY_ASSIGN_OR_RETURN(const Sequence sequence, source_->ReadAll(table, stop_, add));
    if (batch == nullptr) batch = std::make_unique<index::Batch>(serving->mapping->infos());
    return serving->index->Apply(std::move(batch), sequence);
}

Status LiveIndex::Learn(const std::vector<std::string_view>& rows, Serving* serving) {
    if (!serving->mapping->dynamic()) return OkStatus();
    std::vector<index::FieldInfo> found;
    for (const std::string_view row : rows)
        BLASTY_RETURN_IF_ERROR(serving->mapping->Discover(row, &found));
    if (!found.empty()) serving->mapping = serving->mapping->With(found);
    return OkStatus();
}

Status LiveIndex::ApplyChanges(const std::vector<tables::RowChange>& changes, Sequence sequence,
                               Serving* serving) {
    const std::vector<tables::RowChange> net = tables::NetChanges(changes);
    std::vector<std::string_view> rows;
    for (const tables::RowChange& change : net) {
        if (change.kind != tables::ChangeKind::kDelete) rows.push_back(change.new_row);
    }
    BLASTY_RETURN_IF_ERROR(Learn(rows, serving));
    const Mapping& mapping = *serving->mapping;
    auto batch = std::make_unique<index::Batch>(mapping.infos());
    for (const tables::RowChange& change : net) {
        const std::string_view old_key = change.old_key.empty() ? change.key : change.old_key;
        if (change.kind != tables::ChangeKind::kInsert)
            BLASTY_RETURN_IF_ERROR(mapping.Remove(old_key, change.old_row, batch.get()));
        if (change.kind != tables::ChangeKind::kDelete)
            BLASTY_RETURN_IF_ERROR(mapping.Put(change.key, change.new_row, batch.get()));
    }
    const Sequence base = serving->index->snapshot()->sequence;
    BLASTY_RETURN_IF_ERROR(Apply(std::move(batch), sequence, *serving));
    if (shared_.topics != nullptr) {
        const uint64_t documents = serving->index->snapshot()->documents;
        TellRefresh(*shared_.topics, name_,
                    {.base = base, .sequence = sequence, .documents = documents}, net);
    }
    return OkStatus();
}

Status LiveIndex::Apply(std::unique_ptr<index::Batch> batch, Sequence sequence,
                        const Serving& serving) {
    const index::SnapshotPtr before = serving.index->snapshot();
    {
        // First: who sees the snapshot must know its fields.
        MutexLock lock(mutex_);
        if (serving_.index == serving.index) serving_.mapping = serving.mapping;
    }
    BLASTY_RETURN_IF_ERROR(serving.index->Apply(std::move(batch), sequence));
    MutexLock lock(mutex_);
    Remember(before);
    changed_.SignalAll();
    return OkStatus();
}

Status LiveIndex::RemoveBefore(Sequence floor, Serving* serving) {
    if (floor.value() <= removed_before_.load()) return OkStatus();
    while (!stopping()) {
        const index::SnapshotPtr snapshot = serving->index->snapshot();
        // All score alike, so they come as they were added: the oldest ones first.
        BLASTY_ASSIGN_OR_RETURN(
            const index::SearchResult oldest,
            index::Search(*snapshot, {.query = index::MakeQuery(index::AllQuery()),
                                      .size = kRemovedAtOnce,
                                      .exact_total = false}));
        auto batch = std::make_unique<index::Batch>(serving->mapping->infos());
        size_t gone = 0;
        for (const index::Hit& hit : oldest.hits) {
            BLASTY_ASSIGN_OR_RETURN(const tables::Row key, tables::DecodeRow(hit.key));
            const auto* const sequence = key.empty() ? nullptr : std::get_if<int64_t>(&key[0]);
            if (sequence == nullptr || Sequence(static_cast<uint64_t>(*sequence)) >= floor) break;
            // Its words are not known any more: the numbers of documents with them are settled when
            // segments are merged.
            batch->Remove(hit.key);
            batch->End();
            ++gone;
        }
        if (gone > 0) BLASTY_RETURN_IF_ERROR(Apply(std::move(batch), snapshot->sequence, *serving));
        if (gone < kRemovedAtOnce) {
            removed_before_ = floor.value();
            return OkStatus();
        }
    }
    return OkStatus();
}

}  // namespace blasty::search::internal
