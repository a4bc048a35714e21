#include "search/internal/live_index.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "search/internal/index_folder.h"
#include "search/internal/table_source.h"
#include "search/internal/topic_source.h"

namespace blasty::search::internal {
namespace {

// Snapshots are kept so long, and so many, for SELECTs that began before the last commits.
constexpr int64_t kRecentUs = 2'000'000;
constexpr size_t kRecentMax = 64;
constexpr int64_t kGatherUs = 500;
// After an error of the disk or the log.
constexpr int64_t kRetryUs = 1'000'000;

Status Failed(std::string_view name, std::string_view problem) {
    return MakeError(StatusCode::kUnavailable, "INDEX_FAILED",
                     StrCat("index '", Printable(name), "' cannot be searched: ", problem));
}

}  // namespace

LiveIndex::LiveIndex(Shared& shared, std::string name, Definition definition, std::string sql,
                     std::string folder)
    : shared_(shared),
      name_(std::move(name)),
      definition_(std::move(definition)),
      sql_(std::move(sql)),
      folder_(std::move(folder)),
      source_(MakeSource()) {}

LiveIndex::~LiveIndex() {
    Stop();
    waker_->Forget();
}

std::shared_ptr<Source> LiveIndex::MakeSource() {
    if (!definition_.topic) {
        return std::make_shared<TableSource>(shared_.tables, shared_.log, shared_.announced,
                                             definition_.table);
    }
    // Not called any more once the thread has stopped; kept from then on by who searches.
    return std::make_shared<TopicSource>(*shared_.topics, definition_.table,
                                         [waker = waker_] { waker->Wake(); });
}

void LiveIndex::Start() {
    thread_ = std::thread([this] { Run(); });
}

void Waker::Wake() {
    MutexLock lock(mutex_);
    if (index_ != nullptr) index_->Wake();
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
    if (const Serving serving = Current(); serving.index != nullptr) serving.index->Interrupt();
    if (thread_.joinable()) thread_.join();
    Tell();
}

void LiveIndex::Watch(const std::shared_ptr<const std::function<void()>>& watcher) {
    MutexLock lock(mutex_);
    watchers_.push_back(watcher);
}

void LiveIndex::Promoted() {
    MutexLock lock(mutex_);
    serving_.since = Next(shared_.log.state().last);
}

void LiveIndex::Tell() {
    std::vector<std::shared_ptr<const std::function<void()>>> watchers;
    {
        MutexLock lock(mutex_);
        std::erase_if(watchers_, [](const auto& watcher) { return watcher.expired(); });
        for (const auto& weak : watchers_) {
            if (auto watcher = weak.lock()) watchers.push_back(std::move(watcher));
        }
    }
    for (const auto& watcher : watchers) (*watcher)();
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
    EraseFolder(shared_.fs, StrCat(shared_.options.directory, "/", folder_));
}

std::string LiveIndex::Directory(uint64_t generation) const {
    return StrCat(shared_.options.directory, "/", folder_, "/", generation);
}

void LiveIndex::Run() {
    while (!stopping()) {
        const Status done = Step();
        if (stopping()) return;
        Tell();
        MutexLock lock(mutex_);
        if (!done.ok()) {
            problem_ = std::string(MessageOf(done));
            if (serving_.index == nullptr) state_ = IndexState::kFailed;
            changed_.SignalAll();
            changed_.WaitFor(mutex_, kRetryUs);
            continue;
        }
        const auto behind = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
            return rebuild_ || purge_ || serving_.index == nullptr ||
                   source_->Behind(serving_.index->snapshot()->sequence);
        };
        while (!stopping() && !behind()) changed_.Wait(mutex_);
        // A SELECT that has just begun asks for what was before this commit: let it say so.
        if (!stopping() && serving_.index != nullptr) changed_.WaitFor(mutex_, kGatherUs);
    }
}

Status LiveIndex::Step() {
    // First what is known, then the shape: that one is as new then, or newer.
    const Sequence limit = source_->Known();
    const auto shape = source_->Shape();
    if (!shape.ok()) {
        Retire(IndexState::kFailed, std::string(MessageOf(shape.status())));
        return shape.status();
    }
    bool rebuild = false;
    {
        MutexLock lock(mutex_);
        rebuild = std::exchange(rebuild_, false);
        purge_ = false;
    }
    if (rebuild) {
        const Status built = Build(*shape);
        MutexLock lock(mutex_);
        rebuild_ = rebuild_ || !built.ok();
        return built;
    }
    Serving serving = Current();
    if (serving.index == nullptr) {
        BLASTY_ASSIGN_OR_RETURN(const bool opened, OpenStored(*shape));
        if (!opened) return Build(*shape);
        serving = Current();
        // Damage may have been found already.
        if (serving.index == nullptr) return OkStatus();
    }
    const Sequence position = serving.index->snapshot()->sequence;
    // Rows before a change of the shape cannot be read like those after it.
    const bool reshaped =
        serving.table->id != (*shape)->id || serving.table->shaped_at != (*shape)->shaped_at;
    if (reshaped || !source_->CanFollow(position)) return Build(*shape);
    const Status followed =
        source_->Follow(*serving.table, position, StopBefore(position, limit), stop_,
                        [&](const std::vector<tables::RowChange>& changes, Sequence sequence) {
                            return ApplyChanges(changes, sequence, &serving);
                        });
    if (!followed.ok()) {
        // What was read and not applied is read again.
        source_->Restart();
        return followed;
    }
    return RemoveBefore(source_->Floor(), &serving);
}

void LiveIndex::Serve(Serving serving) {
    serving.since = shared_.log.state().last;
    source_->Restart();
    MutexLock lock(mutex_);
    serving_ = std::move(serving);
    recent_.clear();  // of another shape, perhaps
    state_ = IndexState::kReady;
    built_ = 1;
    changed_.SignalAll();
}

void LiveIndex::Retire(IndexState state, std::string why) {
    source_->Restart();
    MutexLock lock(mutex_);
    serving_ = Serving();
    state_ = state;
    problem_ = std::move(why);
    changed_.SignalAll();
}

bool LiveIndex::CanReplace(const LiveIndex& other) const {
    Sequence wanted;
    {
        MutexLock lock(other.mutex_);
        if (other.serving_.index != nullptr) wanted = other.serving_.index->snapshot()->sequence;
    }
    MutexLock lock(mutex_);
    return serving_.index != nullptr && serving_.index->snapshot()->sequence >= wanted;
}

Result<LiveIndex::View> LiveIndex::WaitFor(Sequence fresh, int64_t timeout_us) const {
    const int64_t until = shared_.clock.MonotonicMicros() + timeout_us;
    MutexLock lock(mutex_);
    for (;;) {
        if (state_ == IndexState::kFailed) return Failed(name_, problem_);
        if (serving_.index != nullptr) {
            View view{.snapshot = serving_.index->snapshot(),
                      .mapping = serving_.mapping,
                      .table = serving_.table,
                      .source = source_,
                      .of_topic = definition_.topic,
                      .generation = serving_.generation,
                      .since = serving_.since,
                      .built_here = serving_.built_here};
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
    if (source_->Floor().value() > removed_before_.load()) {
        MutexLock lock(mutex_);
        purge_ = true;
        changed_.SignalAll();
    }
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
    (definition_.topic ? info.topic : info.table) = definition_.table;
    for (const FieldDefinition& field : definition_.fields) {
        info.fields.push_back({.name = field.name,
                               .type = std::string(NameOf(field.type)),
                               .analyzer = field.analyzer,
                               .boost = field.boost,
                               .column = field.column,
                               .path = field.path});
    }
    const Serving serving = Current();
    if (serving.mapping != nullptr) {
        const auto& uses = serving.mapping->fields().all;
        for (size_t i = uses.size() - serving.mapping->discovered(); i < uses.size(); ++i) {
            const auto column = static_cast<size_t>(serving.mapping->ColumnOf(i));
            info.fields.push_back({.name = uses[i].name,
                                   .type = std::string(NameOf(serving.mapping->TypeOf(i))),
                                   .boost = uses[i].boost,
                                   .column = serving.mapping->columns()[column],
                                   .dynamic = true});
        }
    }
    MutexLock lock(mutex_);
    info.state = state_;
    info.built = built_;
    info.problem = problem_;
    if (serving_.index != nullptr) info.stats = serving_.index->stats();
    return info;
}

}  // namespace blasty::search::internal
