// Retention: floors, latest-per-key, and giving space back.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "topics/internal/keeper.h"

namespace blasty::topics::internal {

namespace {
// Segments read in one round of cleaning, at most: bounds the disk traffic of the background.
constexpr int kRewritesPerRound = 4;
}  // namespace

Status Keeper::Clean() {
    MutexLock lock(work_mutex_);
    // Without knowing what the log says nothing can be told to be superfluous.
    BLASTY_RETURN_IF_ERROR(core_.CheckFollowed());
    BLASTY_RETURN_IF_ERROR(RaiseFloorsByAge());
    BLASTY_RETURN_IF_ERROR(CompactTopics());
    BLASTY_RETURN_IF_ERROR(RewriteSegments());
    return RemoveSegments();
}

Status Keeper::RaiseFloorsByAge() {
    const int64_t now = core_.clock.NowMicros();
    View& view = core_.view;
    TopicQueues::Key after;
    for (size_t looked = kTopicsPerLook; looked == kTopicsPerLook;) {
        // Decided here, but changed by records only, so that a replay comes to the same.
        log::Batch batch;
        const auto raise = [&](const Topic& topic) {
            const int64_t oldest_kept = now - topic.config.retention.age_us;
            FloorRaised raised;
            for (const MessageRun& run : topic.runs) {
                if (run.commit_time_us >= oldest_kept) break;
                raised = {topic.id, Sequence(run.last + 1), run.messages_until, run.bytes_until};
            }
            if (raised.floor.value() > topic.floor.load()) core_.AddControl(raised, &batch);
        };
        view.LetFramesGoFirst();
        {
            MutexLock lock(view.mutex);
            looked = view.queues.VisitAged(now, kTopicsPerLook, &after, raise);
        }
        if (batch.empty()) continue;
        BLASTY_RETURN_IF_ERROR(core_.AppendAndWait(std::move(batch)).status());
    }
    return OkStatus();
}

Status Keeper::RefineFloor(const TopicPtr& topic) {
    Retention bounds;
    uint64_t messages = 0, bytes = 0, total_messages = 0, total_bytes = 0, applied = 0;
    {
        MutexLock lock(core_.view.mutex);
        bounds = topic->config.retention;
        messages = topic->removed_messages;
        bytes = topic->removed_bytes;
        total_messages = topic->total_messages;
        total_bytes = topic->total_bytes;
        applied = core_.view.applied().value();
    }
    if (bounds.age_us == 0 && bounds.bytes == 0 && bounds.count == 0) return OkStatus();
    const int64_t oldest_kept =
        bounds.age_us > 0 ? core_.clock.NowMicros() - bounds.age_us : INT64_MIN;
    Scanner scanner(core_, {*topic->name}, "", Sequence(1));
    FloorRaised raised{topic->id, Sequence(0), messages, bytes};
    while (true) {
        Scanned scanned;
        BLASTY_ASSIGN_OR_RETURN(const ScanResult result, scanner.Next(UINT64_MAX, &scanned));
        if (result != ScanResult::kMessage) break;
        const uint64_t sequence = scanned.record->sequence.value();
        if (sequence > applied || *scanned.topic != topic) break;
        const bool over = (bounds.count > 0 && total_messages - messages > bounds.count) ||
                          (bounds.bytes > 0 && total_bytes - bytes > bounds.bytes) ||
                          (*scanned.frame)->commit_time_us < oldest_kept;
        if (!over) break;
        bytes += RecordBytes(*scanned.record);
        raised = {topic->id, Sequence(sequence + 1), ++messages, bytes};
    }
    if (raised.floor.value() <= topic->floor.load()) return OkStatus();
    return core_.AppendControl(raised).status();
}

Status Keeper::NoteTrimmed(uint64_t before) {
    {
        MutexLock lock(core_.view.mutex);
        if (core_.view.trimmed_before >= before) return OkStatus();
    }
    return core_.AppendControl(Trimmed{Sequence(before)}).status();
}

Status Keeper::RemoveSegments() {
    // Control and ack records go only when both checkpoints hold what they say.
    uint64_t live = core_.view.applied().value() + 1;
    uint64_t first = 0;
    for (bool found = false; !found;) {
        core_.view.LetFramesGoFirst();
        MutexLock lock(core_.view.mutex);
        found = core_.view.queues.FindFirst(kTopicsPerLook, &first);
    }
    live = std::min(live, first);
    if (core_.options.tables_keep_from) {
        live = std::min(live, core_.options.tables_keep_from().value());
    }
    const std::vector<log::SegmentInfo> segments = core_.log->Segments();
    if (segments.empty() || !segments.front().sealed || segments.front().last.value() >= live) {
        return OkStatus();
    }
    if (previous_sequence_ < live - 1) {
        // Two: the one before must cover what is removed as well.
        BLASTY_RETURN_IF_ERROR(NoteTrimmed(live));
        BLASTY_RETURN_IF_ERROR(CheckpointLocked());
        BLASTY_RETURN_IF_ERROR(core_.AppendControl(Probe{}).status());
        BLASTY_RETURN_IF_ERROR(CheckpointLocked());
    }
    const uint64_t covered = std::min(checkpoint_sequence_, previous_sequence_);
    return core_.log->RemoveBefore(Sequence(std::min(live, covered + 1))).status();
}

namespace {

// Whether a record must stay in the log.
class Keep {
  public:
    Keep(Core& core, uint64_t covered) : core_(core), covered_(covered) {
        if (core.options.tables_keep_from) tables_from_ = core.options.tables_keep_from().value();
    }
    // Messages of this topic stay only when they are the newest of their key.
    void CompactOnly(StreamId topic, const absl::flat_hash_map<std::string, uint64_t>* newest) {
        compacted_ = topic;
        newest_ = newest;
    }
    bool operator()(const log::RecordView& record) {
        if (record.kind == log::RecordKind::kTable) return record.sequence.value() >= tables_from_;
        if (record.kind != log::RecordKind::kMessage) return record.sequence.value() > covered_;
        if (record.stream != last_id_ || !looked_up_) {
            last_ = core_.view.FindTopic(record.stream);
            last_id_ = record.stream;
            looked_up_ = true;
        }
        // Deleted topics; floors. (A topic is known before its first message can be read.)
        if (!last_ || record.sequence.value() < last_->floor.load()) return false;
        if (newest_ == nullptr || record.stream != compacted_ || record.key.empty()) return true;
        auto found = newest_->find(std::string(record.key));
        if (found == newest_->end() || found->second <= record.sequence.value()) return true;
        ++compacted_messages;
        compacted_bytes += RecordBytes(record);
        return false;
    }
    uint64_t compacted_messages = 0, compacted_bytes = 0;

  private:
    Core& core_;
    const uint64_t covered_;
    uint64_t tables_from_ = UINT64_MAX;
    StreamId compacted_;
    const absl::flat_hash_map<std::string, uint64_t>* newest_ = nullptr;
    StreamId last_id_;
    bool looked_up_ = false;
    TopicPtr last_;
};

}  // namespace

Status Keeper::CompactTopics() {
    std::vector<StreamId> due;
    StreamId after(0);
    for (size_t looked = kTopicsPerLook; looked == kTopicsPerLook;) {
        core_.view.LetFramesGoFirst();
        MutexLock lock(core_.view.mutex);
        looked = core_.view.queues.VisitUncompacted(
            kTopicsPerLook, &after, [&due](const Topic& topic) { due.push_back(topic.id); });
    }
    for (const StreamId id : due) {
        const TopicPtr topic = core_.view.FindTopic(id);
        if (!topic) continue;  // deleted meanwhile
        const std::vector<log::SegmentInfo> segments = core_.log->Segments();
        if (segments.size() < 2) return OkStatus();
        absl::flat_hash_map<std::string, uint64_t> newest;
        Scanner scanner(core_, {*topic->name}, "", Sequence(1));
        while (true) {
            Scanned scanned;
            BLASTY_ASSIGN_OR_RETURN(const ScanResult result, scanner.Next(UINT64_MAX, &scanned));
            if (result != ScanResult::kMessage) break;
            if (stopped_) return OkStatus();  // closing does not wait for a large topic
            newest[std::string(scanned.record->key)] = scanned.record->sequence.value();
        }
        Keep keep(core_, 0);
        keep.CompactOnly(topic->id, &newest);
        for (const log::SegmentInfo& segment : segments) {
            if (!segment.sealed || segment.last.value() < topic->first) continue;
            if (stopped_) return OkStatus();
            uint64_t dead = 0, all = 0;
            const uint64_t messages = keep.compacted_messages, bytes = keep.compacted_bytes;
            const auto wanted = [&keep](const log::RecordView& record) { return keep(record); };
            BLASTY_RETURN_IF_ERROR(CountSegment(segment, wanted, &dead, &all));
            if (keep.compacted_messages == messages) continue;
            // Counted once, although each record is shown twice.
            keep.compacted_messages = messages;
            keep.compacted_bytes = bytes;
            BLASTY_RETURN_IF_ERROR(core_.log->Rewrite(segment.first, wanted).status());
        }
        BLASTY_RETURN_IF_ERROR(
            core_.AppendControl(Compacted{topic->id, keep.compacted_messages, keep.compacted_bytes})
                .status());
    }
    return OkStatus();
}

Status Keeper::RewriteSegments() {
    uint64_t live_bytes = 0;
    {
        MutexLock lock(core_.view.mutex);
        live_bytes = core_.view.queues.live_bytes();
    }
    const log::LogState state = core_.log->state();
    if (state.stored_bytes < 2 * live_bytes + 2 * core_.options.log.segment_bytes) {
        return OkStatus();
    }
    std::vector<log::SegmentInfo> segments = core_.log->Segments();
    std::erase_if(segments, [](const log::SegmentInfo& s) { return !s.sealed; });
    int looked_at = 0;
    const uint64_t covered = std::min(checkpoint_sequence_, previous_sequence_);
    for (const log::SegmentInfo& segment : segments) {
        if (segment.first.value() < rewrite_next_) continue;
        if (++looked_at > kRewritesPerRound || stopped_) return OkStatus();
        rewrite_next_ = segment.first.value() + 1;
        Keep keep(core_, covered);
        uint64_t dead = 0, all = 0;
        const auto wanted = [&keep](const log::RecordView& record) { return keep(record); };
        BLASTY_RETURN_IF_ERROR(CountSegment(segment, wanted, &dead, &all));
        if (dead < all / 2 || dead == 0) continue;
        BLASTY_RETURN_IF_ERROR(NoteTrimmed(covered + 1));
        BLASTY_RETURN_IF_ERROR(core_.log->Rewrite(segment.first, wanted).status());
    }
    rewrite_next_ = 0;
    return OkStatus();
}

Status Keeper::CountSegment(const log::SegmentInfo& segment,
                            const std::function<bool(const log::RecordView&)>& keep, uint64_t* dead,
                            uint64_t* all) {
    const std::unique_ptr<log::Cursor> cursor = core_.log->NewCursor({segment.first, std::nullopt});
    while (true) {
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor->Next());
        if (!frame || frame->first > segment.last) return OkStatus();
        log::RecordIterator records = frame->Records();
        log::RecordView record;
        while (records.Next(&record)) {
            const uint64_t bytes = RecordBytes(record);
            const bool kept = keep(record);
            if (all != nullptr) *all += bytes;
            if (dead != nullptr && !kept) *dead += bytes;
        }
        BLASTY_RETURN_IF_ERROR(records.status());
    }
}

}  // namespace blasty::topics::internal
