#include "index/index.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "index/internal/manifest.h"
#include "index/internal/merge_policy.h"
#include "index/internal/segment.h"
#include "index/internal/segment_builder.h"
#include "index/internal/segment_merger.h"
#include "index/internal/snapshot_edit.h"

namespace blasty::index {

using internal::DocBits;
using internal::Manifest;
using internal::MergeSource;
using internal::Segment;
using internal::SegmentBytes;
using internal::SegmentPtr;
using internal::SegmentSink;

struct Index::Impl {
    Impl(io::FileSystem& file_system, const IndexOptions& opts) : fs(file_system), options(opts) {}

    Status Load();
    Result<SegmentPtr> OpenFile(uint64_t id) const;
    // Merges neighbours of `from` into one segment, in memory or in a file.
    Result<internal::MergedSegment> MergeRun(const Snapshot& from, internal::MergeRun run,
                                             bool to_disk, const std::atomic<bool>& cancelled);
    Status Flush(const std::atomic<bool>& cancelled);
    Status WriteManifest(const Snapshot& at);
    // Files that neither the manifest nor the snapshot needs.
    void RemoveUnused(const std::set<uint64_t>& in_manifest);
    // The segments up to the busy one.
    size_t BusySegments(const Snapshot& at) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // What Maintain should do next; marks its segments as busy.
    std::optional<internal::MergeRun> TakeRun(SnapshotPtr* from);
    void Publish(std::shared_ptr<Snapshot> next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    SnapshotPtr Now() const {
        MutexLock lock(mutex);
        return snapshot;
    }

    io::FileSystem& fs;
    const IndexOptions options;
    mutable Mutex mutex;
    CondVar flushed;
    SnapshotPtr snapshot ABSL_GUARDED_BY(mutex);
    uint64_t next_id ABSL_GUARDED_BY(mutex) = 1;
    Sequence checkpoint ABSL_GUARDED_BY(mutex);
    uint64_t batches ABSL_GUARDED_BY(mutex) = 0;
    uint64_t merges ABSL_GUARDED_BY(mutex) = 0;
    uint64_t flushes ABSL_GUARDED_BY(mutex) = 0;
    bool interrupted ABSL_GUARDED_BY(mutex) = false;
    Status failed ABSL_GUARDED_BY(mutex);  // of Maintain: Apply does not wait for it any more
    // The newest segment that Maintain is merging: Apply leaves it and older ones alone.
    uint64_t busy ABSL_GUARDED_BY(mutex) = 0;
};

Result<SegmentPtr> Index::Impl::OpenFile(uint64_t id) const {
    const std::string path = internal::SegmentPath(options.directory, id);
    BLASTY_ASSIGN_OR_RETURN(const auto file, fs.Open(path, io::OpenMode::kRead));
    BLASTY_ASSIGN_OR_RETURN(auto mapping, file->Map());
    auto bytes = SegmentBytes::Open(std::move(mapping));
    if (!bytes.ok()) return Annotate(bytes.status(), path);
    auto segment = Segment::Open(*std::move(bytes));
    if (!segment.ok()) return Annotate(segment.status(), path);
    return *std::move(segment);
}

Status Index::Impl::Load() {
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(options.directory));
    auto next = std::make_shared<Snapshot>();
    MutexLock lock(mutex);
    auto bytes = io::ReadFile(fs, internal::ManifestPath(options.directory), 1ull << 32);
    if (!bytes.ok() && ReasonOf(bytes.status()) != "FILE_NOT_FOUND") return bytes.status();
    std::set<uint64_t> in_manifest;
    if (bytes.ok()) {
        BLASTY_ASSIGN_OR_RETURN(Manifest manifest, internal::DecodeManifest(*bytes));
        if (manifest.definition != options.definition) {
            return MakeError(StatusCode::kFailedPrecondition, "INDEX_OUTDATED",
                             "the index on disk was made of another definition");
        }
        for (Manifest::Entry& entry : manifest.segments) {
            in_manifest.insert(entry.id);
            auto segment = OpenFile(entry.id);
            if (segment.ok() && (*segment)->documents() != entry.documents) {
                return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED",
                                 StrCat("segment ", entry.id, " is not the one that is listed"));
            }
            if (!segment.ok()) {
                if (ReasonOf(segment.status()) == "SEGMENT_VERSION_UNKNOWN") {
                    return MakeError(StatusCode::kFailedPrecondition, "INDEX_OUTDATED",
                                     MessageOf(segment.status()));
                }
                return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED",
                                 MessageOf(segment.status()));
            }
            const Status added = internal::AddSegment(
                {.id = entry.id, .segment = *std::move(segment), .on_disk = true},
                std::move(entry.deleted), next.get());
            if (!added.ok())
                return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED", MessageOf(added));
        }
        next->sequence = checkpoint = manifest.sequence;
        next_id = manifest.next_id;
    }
    snapshot = std::move(next);
    RemoveUnused(in_manifest);
    return OkStatus();
}

void Index::Impl::RemoveUnused(const std::set<uint64_t>& in_manifest) {
    auto entries = fs.List(options.directory);
    if (!entries.ok()) return;
    for (const io::DirectoryEntry& entry : *entries) {
        const uint64_t id = internal::SegmentIdOf(entry.name);
        // A file that cannot be removed now is tried again at the next flush.
        if (id != 0 && !in_manifest.contains(id))
            fs.Remove(options.directory + "/" + entry.name).IgnoreError();
    }
}

size_t Index::Impl::BusySegments(const Snapshot& at) const {
    for (size_t i = at.segments.size(); i > 0 && busy != 0; --i) {
        if (at.segments[i - 1].id == busy) return i;
    }
    return 0;
}

std::optional<internal::MergeRun> Index::Impl::TakeRun(SnapshotPtr* from) {
    MutexLock lock(mutex);
    *from = snapshot;
    auto run = internal::LargeRun(**from, options);
    if (run) busy = (*from)->segments[run->first + run->count - 1].id;
    return run;
}

void Index::Impl::Publish(std::shared_ptr<Snapshot> next) {
    snapshot = std::move(next);
    flushed.SignalAll();
}

Result<std::unique_ptr<Index>> Index::Open(io::FileSystem& fs, const IndexOptions& options) {
    auto impl = std::make_unique<Impl>(fs, options);
    BLASTY_RETURN_IF_ERROR(impl->Load());
    return std::unique_ptr<Index>(new Index(std::move(impl)));
}

Status Index::Erase(io::FileSystem& fs, const std::string& directory) {
    auto entries = fs.List(directory);
    if (!entries.ok())
        return ReasonOf(entries.status()) == "FILE_NOT_FOUND" ? OkStatus() : entries.status();
    // The list first: what is left of the segments after a crash is then of no index.
    for (const bool manifest : {true, false}) {
        for (const io::DirectoryEntry& entry : *entries) {
            if ((entry.name == "manifest") != manifest) continue;
            if (!manifest && internal::SegmentIdOf(entry.name) == 0 && entry.name != "manifest.tmp")
                continue;
            BLASTY_RETURN_IF_ERROR(fs.Remove(directory + "/" + entry.name));
        }
        BLASTY_RETURN_IF_ERROR(fs.SyncDirectory(directory));
    }
    return OkStatus();
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::~Index() = default;

SnapshotPtr Index::snapshot() const { return impl_->Now(); }

void Index::Interrupt() {
    MutexLock lock(impl_->mutex);
    impl_->interrupted = true;
    impl_->flushed.SignalAll();
}

Status Index::Apply(std::unique_ptr<Batch> batch, Sequence sequence) {
    Impl& impl = *impl_;
    SegmentPtr made;
    if (!batch->builder_->empty()) {
        SegmentSink sink;
        BLASTY_RETURN_IF_ERROR(batch->builder_->Finish(sink));
        BLASTY_ASSIGN_OR_RETURN(auto bytes, SegmentBytes::Open(sink.TakeBytes(), true));
        BLASTY_ASSIGN_OR_RETURN(made, Segment::Open(std::move(bytes)));
    }
    static const std::atomic<bool> kNever{false};
    MutexLock lock(impl.mutex);
    while (internal::MemoryBytes(*impl.snapshot) > 2 * impl.options.memory_bytes_max &&
           impl.failed.ok()) {
        if (impl.interrupted) return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped");
        impl.flushed.Wait(impl.mutex);
    }
    auto next = std::make_shared<Snapshot>(*impl.snapshot);
    next->sequence = sequence;
    internal::Deletions deletions;
    for (const auto* keys : {&batch->removed_, &batch->put_}) {
        for (const std::string& key : *keys) deletions.Delete(key, next.get());
    }
    deletions.Install(next.get());
    if (made != nullptr) {
        BLASTY_RETURN_IF_ERROR(internal::AddSegment(
            {.id = impl.next_id++, .segment = std::move(made)}, DocBits(), next.get()));
    }
    ++impl.batches;
    // Small merges are done at once, so that there are never many segments.
    while (const auto run = internal::SmallRun(*next, impl.options, impl.BusySegments(*next))) {
        BLASTY_ASSIGN_OR_RETURN(auto merged, impl.MergeRun(*next, *run, false, kNever));
        merged.id = impl.next_id++;
        BLASTY_RETURN_IF_ERROR(internal::ReplaceRun(merged, next.get()));
        ++impl.merges;
    }
    impl.Publish(std::move(next));
    return OkStatus();
}

Result<internal::MergedSegment> Index::Impl::MergeRun(const Snapshot& from, internal::MergeRun run,
                                                      bool to_disk,
                                                      const std::atomic<bool>& cancelled) {
    internal::MergedSegment merged;
    std::vector<MergeSource> sources;
    for (size_t i = run.first; i < run.first + run.count; ++i) {
        const SnapshotSegment& part = from.segments[i];
        merged.sources.push_back(part);
        sources.push_back({.segment = part.segment});
        if (part.deleted != nullptr) sources.back().deleted = *part.deleted;
    }
    if (!to_disk) {
        SegmentSink sink;
        BLASTY_ASSIGN_OR_RETURN(merged.numbers, internal::Merge(sources, sink, cancelled));
        BLASTY_ASSIGN_OR_RETURN(auto bytes, SegmentBytes::Open(sink.TakeBytes(), true));
        BLASTY_ASSIGN_OR_RETURN(merged.segment, Segment::Open(std::move(bytes)));
        return merged;
    }
    merged.on_disk = true;
    {
        MutexLock lock(mutex);
        merged.id = next_id++;
    }
    const std::string path = internal::SegmentPath(options.directory, merged.id);
    BLASTY_ASSIGN_OR_RETURN(auto file, fs.Open(path, io::OpenMode::kCreateNew));
    SegmentSink sink(std::move(file));
    auto numbers = internal::Merge(sources, sink, cancelled);
    if (!numbers.ok()) {
        fs.Remove(path).IgnoreError();
        return numbers.status();
    }
    merged.numbers = *std::move(numbers);
    BLASTY_ASSIGN_OR_RETURN(merged.segment, OpenFile(merged.id));
    return merged;
}

Status Index::Impl::WriteManifest(const Snapshot& at) {
    Manifest manifest{.definition = options.definition, .sequence = at.sequence};
    {
        MutexLock lock(mutex);
        manifest.next_id = next_id;
    }
    std::set<uint64_t> files;
    for (const SnapshotSegment& part : at.segments) {
        BLASTY_CHECK(part.on_disk);
        files.insert(part.id);
        manifest.segments.push_back(
            {.id = part.id,
             .documents = part.segment->documents(),
             .deleted = part.deleted == nullptr ? DocBits() : *part.deleted});
    }
    BLASTY_RETURN_IF_ERROR(fs.SyncDirectory(options.directory));
    BLASTY_RETURN_IF_ERROR(io::WriteFileAtomically(fs, internal::ManifestPath(options.directory),
                                                   internal::EncodeManifest(manifest)));
    SnapshotPtr now;
    {
        MutexLock lock(mutex);
        checkpoint = at.sequence;
        now = snapshot;
    }
    for (const SnapshotSegment& part : now->segments) files.insert(part.id);
    RemoveUnused(files);
    return OkStatus();
}

Status Index::Impl::Flush(const std::atomic<bool>& cancelled) {
    SnapshotPtr from;
    internal::MergeRun run;
    {
        MutexLock lock(mutex);
        from = snapshot;
        run = internal::MemoryRun(*from);
        if (run.count > 0) busy = from->segments.back().id;
    }
    auto flushed_snapshot = std::make_shared<Snapshot>(*from);
    if (run.count > 0) {
        auto made = MergeRun(*from, run, true, cancelled);
        MutexLock lock(mutex);
        busy = 0;
        BLASTY_ASSIGN_OR_RETURN(const auto merged, std::move(made));
        BLASTY_RETURN_IF_ERROR(internal::ReplaceRun(merged, flushed_snapshot.get()));
        auto next = std::make_shared<Snapshot>(*snapshot);
        BLASTY_RETURN_IF_ERROR(internal::ReplaceRun(merged, next.get()));
        Publish(std::move(next));
        ++flushes;
    }
    return WriteManifest(*flushed_snapshot);
}

Result<bool> Index::Maintain(const std::atomic<bool>& cancelled) {
    Impl& impl = *impl_;
    const auto work = [&]() -> Result<bool> {
        if (internal::MemoryBytes(*impl.Now()) > impl.options.memory_bytes_max) {
            BLASTY_RETURN_IF_ERROR(impl.Flush(cancelled));
            return true;
        }
        SnapshotPtr from;
        const auto run = impl.TakeRun(&from);
        if (!run) return false;
        const bool to_disk = from->segments[run->first].on_disk;
        auto made = impl.MergeRun(*from, *run, to_disk, cancelled);
        MutexLock lock(impl.mutex);
        impl.busy = 0;
        BLASTY_ASSIGN_OR_RETURN(auto merged, std::move(made));
        if (!to_disk) merged.id = impl.next_id++;
        auto next = std::make_shared<Snapshot>(*impl.snapshot);
        BLASTY_RETURN_IF_ERROR(internal::ReplaceRun(merged, next.get()));
        impl.Publish(std::move(next));
        ++impl.merges;
        return true;
    };
    auto done = work();
    MutexLock lock(impl.mutex);
    impl.failed = done.status();
    impl.flushed.SignalAll();
    return done;
}

Status Index::Checkpoint(const std::atomic<bool>& cancelled) {
    Impl& impl = *impl_;
    {
        MutexLock lock(impl.mutex);
        if (impl.checkpoint == impl.snapshot->sequence) return OkStatus();
    }
    return impl.Flush(cancelled);
}

IndexStats Index::stats() const {
    MutexLock lock(impl_->mutex);
    const Snapshot& now = *impl_->snapshot;
    IndexStats stats{.documents = now.documents, .segments = now.segments.size()};
    for (const SnapshotSegment& part : now.segments) {
        stats.deleted += part.segment->documents() - part.living;
        (part.on_disk ? stats.disk_bytes : stats.memory_bytes) += part.segment->bytes();
    }
    stats.batches = impl_->batches;
    stats.merges = impl_->merges;
    stats.flushes = impl_->flushes;
    stats.sequence = now.sequence;
    stats.checkpoint = impl_->checkpoint;
    return stats;
}

}  // namespace blasty::index
