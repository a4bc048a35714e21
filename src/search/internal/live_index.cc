#include "search/internal/live_index.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "search/internal/sql_text.h"
#include "tables/commit.h"
#include "tables/query.h"

namespace blasty::search::internal {
namespace {

// Of one batch: bounds memory, and the time until the first of it can be found.
constexpr size_t kBatchBytes = 16 << 20;
constexpr size_t kBatchChanges = 20'000;
constexpr size_t kRowsAtOnce = 1000;
// Snapshots are kept so long, and so many, for SELECTs that began before the last commits.
constexpr int64_t kRecentUs = 2'000'000;
constexpr size_t kRecentMax = 64;
constexpr int64_t kGatherUs = 500;
// After an error of the disk or the log.
constexpr int64_t kRetryUs = 1'000'000;

// A name as a folder: letters and digits stay.
std::string FolderOf(std::string_view name) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += StrCat("%", kHex.substr(byte >> 4, 1), kHex.substr(byte & 15, 1));
        }
    }
    return out;
}

Status Failed(std::string_view name, std::string_view problem) {
    return MakeError(StatusCode::kUnavailable, "INDEX_FAILED",
                     StrCat("index '", Printable(name), "' cannot be searched: ", problem));
}

}  // namespace

LiveIndex::LiveIndex(Shared& shared, std::string name, Definition definition, std::string sql)
    : shared_(shared),
      name_(std::move(name)),
      definition_(std::move(definition)),
      sql_(std::move(sql)) {}

LiveIndex::~LiveIndex() { Stop(); }

void LiveIndex::Start() {
    thread_ = std::thread([this] { Run(); });
}

void LiveIndex::Wake() {
    MutexLock lock(mutex_);
    changed_.SignalAll();
}

void LiveIndex::Rebuild() {
    MutexLock lock(mutex_);
    rebuild_ = true;
    changed_.SignalAll();
}

void LiveIndex::Stop() {
    stop_ = true;
    Wake();
    if (thread_.joinable()) thread_.join();
}

void LiveIndex::Close() {
    Stop();
    const Serving serving = Current();
    const std::atomic<bool> never{false};
    // What cannot be written is read from the log again at the next start.
    if (serving.index != nullptr) serving.index->Checkpoint(never).IgnoreError();
}

void LiveIndex::Drop() {
    Stop();
    for (const uint64_t generation : Generations())
        index::Index::Erase(shared_.fs, Directory(generation)).IgnoreError();
}

std::string LiveIndex::Directory(uint64_t generation) const {
    return StrCat(shared_.options.directory, "/", FolderOf(name_), "/", generation);
}

std::vector<uint64_t> LiveIndex::Generations() const {
    std::vector<uint64_t> generations;
    const auto entries = shared_.fs.List(StrCat(shared_.options.directory, "/", FolderOf(name_)));
    if (!entries.ok()) return generations;
    for (const io::DirectoryEntry& entry : *entries) {
        uint64_t number = 0;
        const char* const end = entry.name.data() + entry.name.size();
        if (std::from_chars(entry.name.data(), end, number).ptr == end && number != 0)
            generations.push_back(number);
    }
    std::sort(generations.rbegin(), generations.rend());
    return generations;
}

void LiveIndex::Run() {
    while (!stopping()) {
        const Status done = Step();
        if (stopping()) return;
        MutexLock lock(mutex_);
        if (!done.ok()) {
            problem_ = std::string(MessageOf(done));
            if (serving_.index == nullptr) state_ = IndexState::kFailed;
            changed_.SignalAll();
            changed_.WaitFor(mutex_, kRetryUs);
            continue;
        }
        const auto behind = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
            return rebuild_ || serving_.index == nullptr ||
                   serving_.index->snapshot()->sequence.value() < shared_.announced.load();
        };
        while (!stopping() && !behind()) changed_.Wait(mutex_);
        // A SELECT that has just begun asks for what was before this commit: let it say so.
        if (!stopping() && serving_.index != nullptr) changed_.WaitFor(mutex_, kGatherUs);
    }
}

Status LiveIndex::Step() {
    // First what was announced, then the schema: that one is as new then, or newer.
    const Sequence limit(shared_.announced.load());
    const tables::SchemaPtr schema = shared_.tables.schema();
    const tables::Table* found = schema->Find(definition_.table);
    if (found == nullptr) {
        Retire(IndexState::kFailed,
               StrCat("table '", Printable(definition_.table), "' does not exist"));
        return Failed(name_, StrCat("table '", Printable(definition_.table), "' does not exist"));
    }
    const std::shared_ptr<const tables::Table> table(schema, found);
    bool rebuild = false;
    {
        MutexLock lock(mutex_);
        rebuild = std::exchange(rebuild_, false);
    }
    if (rebuild) {
        const Status built = Build(table);
        MutexLock lock(mutex_);
        rebuild_ = rebuild_ || !built.ok();
        return built;
    }
    Serving serving = Current();
    if (serving.index == nullptr) {
        BLASTY_ASSIGN_OR_RETURN(const bool opened, OpenStored(table));
        if (!opened) return Build(table);
        serving = Current();
        // Damage may have been found already.
        if (serving.index == nullptr) return OkStatus();
    }
    const Sequence position = serving.index->snapshot()->sequence;
    // Rows before a change of the table's shape cannot be read like those after it.
    const bool reshaped =
        serving.table->id != table->id || serving.table->shaped_at != table->shaped_at;
    if (reshaped || Next(position) < shared_.tables.history_from()) return Build(table);
    return Follow(serving, StopBefore(position, limit));
}

Result<bool> LiveIndex::OpenStored(const std::shared_ptr<const tables::Table>& table) {
    auto mapping = Mapping::Make(definition_, *table);
    if (!mapping.ok()) return mapping.status();
    bool opened = false;
    for (const uint64_t generation : Generations()) {
        if (!opened) {
            auto stored = index::Index::Open(
                shared_.fs, {.directory = Directory(generation),
                             .definition = Fingerprint(definition_, *table),
                             .memory_bytes_max = shared_.options.memory_bytes_max});
            // At sequence 0 it was never finished.
            if (stored.ok() && (*stored)->snapshot()->sequence != Sequence(0)) {
                Serve({.index = *std::move(stored),
                       .mapping = *mapping,
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

void LiveIndex::Serve(Serving serving) {
    cursor_.reset();
    MutexLock lock(mutex_);
    serving_ = std::move(serving);
    recent_.clear();  // of another shape, perhaps
    state_ = IndexState::kReady;
    built_ = 1;
    changed_.SignalAll();
}

void LiveIndex::Retire(IndexState state, std::string why) {
    cursor_.reset();
    MutexLock lock(mutex_);
    serving_ = Serving();
    state_ = state;
    problem_ = std::move(why);
    changed_.SignalAll();
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
    const std::vector<uint64_t> generations = Generations();
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
    BLASTY_RETURN_IF_ERROR(FillFromTable(**mapping, *table, fresh.get()));
    BLASTY_RETURN_IF_ERROR(fresh->Checkpoint(stop_));
    Serve(
        {.index = std::move(fresh), .mapping = *mapping, .table = table, .generation = generation});
    for (const uint64_t old : generations)
        index::Index::Erase(shared_.fs, Directory(old)).IgnoreError();
    return OkStatus();
}

Status LiveIndex::FillFromTable(const Mapping& mapping, const tables::Table& table,
                                index::Index* index) {
    const std::string columns = QuotedNames(mapping.columns());
    tables::ReadRequest count;
    count.statement.sql = StrCat("SELECT count(*) FROM ", QuotedName(table.name));
    uint64_t expected = 0;
    if (auto query = shared_.tables.Read(count); query.ok()) {
        std::vector<std::string> rows;
        if ((*query)->Next(1, 1 << 20, &rows).ok() && rows.size() == 1) {
            if (auto row = tables::DecodeRow(rows[0]); row.ok() && row->size() == 1)
                expected = static_cast<uint64_t>(std::get<int64_t>((*row)[0]));
        }
    }
    tables::ReadRequest request;
    request.statement.sql = StrCat("SELECT ", columns, " FROM ", QuotedName(table.name));
    request.timeout_us = int64_t{24} * 3'600'000'000;
    BLASTY_ASSIGN_OR_RETURN(const auto query, shared_.tables.Read(request));
    // Until all is there the index stands at sequence 0: a stop in between begins anew.
    auto batch = std::make_unique<index::Batch>(mapping.infos());
    std::vector<std::string> rows;
    uint64_t read = 0;
    for (bool more = true; more;) {
        if (stopping()) return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped");
        rows.clear();
        BLASTY_ASSIGN_OR_RETURN(more, query->Next(kRowsAtOnce, 4 << 20, &rows));
        for (const std::string& row : rows) {
            BLASTY_ASSIGN_OR_RETURN(const std::string key, mapping.KeyOf(row));
            BLASTY_RETURN_IF_ERROR(mapping.Put(key, row, batch.get()));
        }
        read += rows.size();
        if (batch->documents() < kBatchChanges && batch->bytes() < kBatchBytes) continue;
        BLASTY_RETURN_IF_ERROR(index->Apply(
            std::exchange(batch, std::make_unique<index::Batch>(mapping.infos())), Sequence(0)));
        for (bool merging = true; merging;) {
            BLASTY_ASSIGN_OR_RETURN(merging, index->Maintain(stop_));
        }
        MutexLock lock(mutex_);
        built_ = expected == 0
                     ? 0
                     : std::min(0.999, static_cast<double>(read) / static_cast<double>(expected));
    }
    return index->Apply(std::move(batch), query->sequence());
}

Status LiveIndex::Follow(const Serving& serving, Sequence limit) {
    const Sequence position = serving.index->snapshot()->sequence;
    if (position >= limit) return OkStatus();
    if (cursor_ == nullptr) {
        cursor_ = shared_.log.NewCursor(
            {.from = Next(position), .stream = tables::StreamOf(serving.table->id)});
    }
    std::vector<tables::Commit> commits;  // keep the frames of the changes
    std::vector<tables::RowChange> changes;
    size_t bytes = 0;
    while (!stopping()) {
        if (cursor_->position() > limit) break;
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor_->Next());
        if (frame == nullptr) break;
        BLASTY_ASSIGN_OR_RETURN(tables::Commit commit, tables::DecodeCommit(frame));
        if (commit.empty() || commit.last <= position) continue;
        if (commit.first > limit) {
            cursor_->Seek(commit.first);
            break;
        }
        for (const tables::RowChange& change : commit.changes) {
            if (change.table != serving.table->id) continue;
            changes.push_back(change);
            bytes += change.new_row.size() + change.old_row.size();
        }
        const Sequence last = commit.last;
        commits.push_back(std::move(commit));
        if (changes.size() < kBatchChanges && bytes < kBatchBytes) continue;
        BLASTY_RETURN_IF_ERROR(ApplyChanges(serving, changes, last));
        changes.clear();
        commits.clear();
        bytes = 0;
    }
    if (stopping()) return OkStatus();
    return ApplyChanges(serving, changes, limit);
}

Status LiveIndex::ApplyChanges(const Serving& serving,
                               const std::vector<tables::RowChange>& changes, Sequence sequence) {
    auto batch = std::make_unique<index::Batch>(serving.mapping->infos());
    for (const tables::RowChange& change : tables::NetChanges(changes)) {
        const std::string_view old_key = change.old_key.empty() ? change.key : change.old_key;
        if (change.kind != tables::ChangeKind::kInsert)
            BLASTY_RETURN_IF_ERROR(serving.mapping->Remove(old_key, change.old_row, batch.get()));
        if (change.kind != tables::ChangeKind::kDelete)
            BLASTY_RETURN_IF_ERROR(serving.mapping->Put(change.key, change.new_row, batch.get()));
    }
    const index::SnapshotPtr before = serving.index->snapshot();
    BLASTY_RETURN_IF_ERROR(serving.index->Apply(std::move(batch), sequence));
    MutexLock lock(mutex_);
    Remember(before);
    changed_.SignalAll();
    return OkStatus();
}

Result<LiveIndex::View> LiveIndex::WaitFor(Sequence fresh, int64_t timeout_us) const {
    const int64_t until = shared_.clock.MonotonicMicros() + timeout_us;
    MutexLock lock(mutex_);
    for (;;) {
        if (state_ == IndexState::kFailed) return Failed(name_, problem_);
        if (serving_.index != nullptr) {
            View view{.snapshot = serving_.index->snapshot(),
                      .mapping = serving_.mapping,
                      .table = serving_.table};
            if (view.snapshot->sequence >= fresh) return view;
        }
        const int64_t left = until - shared_.clock.MonotonicMicros();
        if (left > 0 && !stopping()) {
            changed_.WaitFor(mutex_, left);
            continue;
        }
        if (serving_.index == nullptr) {
            return MakeError(StatusCode::kUnavailable, "INDEX_BUILDING",
                             StrCat("index '", Printable(name_), "' is still being built (",
                                    static_cast<int>(built_ * 100), " %); ask again soon"));
        }
        return MakeError(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                         StrCat("index '", Printable(name_), "' did not get to sequence ",
                                fresh.value(), " in time"));
    }
}

void LiveIndex::ForgetOld() {
    const int64_t oldest = shared_.clock.MonotonicMicros() - kRecentUs;
    while (!recent_.empty() && (recent_.size() > kRecentMax || recent_.front().at_us < oldest))
        recent_.pop_front();
}

void LiveIndex::Remember(const index::SnapshotPtr& snapshot) {
    recent_.push_back({.at_us = shared_.clock.MonotonicMicros(), .snapshot = snapshot});
    ForgetOld();
}

Sequence LiveIndex::StopBefore(Sequence position, Sequence limit) const {
    MutexLock lock(mutex_);
    const auto stop = stops_.upper_bound(position);
    return stop == stops_.end() ? limit : std::min(limit, *stop);
}

Result<LiveIndex::View> LiveIndex::At(Sequence at, int64_t timeout_us) {
    {
        MutexLock lock(mutex_);
        stops_.insert(at);
        changed_.SignalAll();
    }
    auto view = WaitFor(at, timeout_us);
    MutexLock lock(mutex_);
    stops_.erase(stops_.find(at));
    if (!view.ok() || view->snapshot->sequence == at) return view;
    // It is past that already. One that holds until the next one began will do.
    for (size_t i = recent_.size(); i > 0; --i) {
        const index::SnapshotPtr& snapshot = recent_[i - 1].snapshot;
        if (snapshot->sequence != at) continue;
        view->snapshot = snapshot;
        return view;
    }
    return MakeError(StatusCode::kAborted, "INDEX_MOVED_ON",
                     StrCat("index '", Printable(name_), "' is past sequence ", at.value(),
                            " already; ask again"));
}

void LiveIndex::Damaged(const index::SnapshotPtr& snapshot) {
    MutexLock lock(mutex_);
    if (serving_.index == nullptr || snapshot->segments.empty()) return;
    serving_ = Serving();
    state_ = IndexState::kBuilding;
    problem_ = "built again: a file of it was damaged";
    rebuild_ = true;
    changed_.SignalAll();
}

bool LiveIndex::Maintain(int64_t now_us) {
    Serving serving;
    {
        MutexLock lock(mutex_);
        ForgetOld();
        serving = serving_;
    }
    if (serving.index == nullptr || stopping()) return false;
    const auto more = serving.index->Maintain(stop_);
    if (!more.ok()) {
        MutexLock lock(mutex_);
        problem_ = std::string(MessageOf(more.status()));
        return false;
    }
    if (*more) return true;
    if (now_us < checkpoint_at_us_) return false;
    checkpoint_at_us_ = now_us + shared_.options.checkpoint_every_us;
    // What cannot be written now is tried again; the log has it all.
    serving.index->Checkpoint(stop_).IgnoreError();
    return false;
}

IndexInfo LiveIndex::Info() const {
    IndexInfo info;
    info.name = name_;
    info.table = definition_.table;
    for (const FieldDefinition& field : definition_.fields) {
        info.fields.push_back({.name = field.name,
                               .type = std::string(NameOf(field.type)),
                               .analyzer = field.analyzer,
                               .boost = field.boost});
    }
    MutexLock lock(mutex_);
    info.state = state_;
    info.built = built_;
    info.problem = problem_;
    if (serving_.index != nullptr) info.stats = serving_.index->stats();
    return info;
}

}  // namespace blasty::search::internal
