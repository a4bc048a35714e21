#include "topics/internal/scanner.h"

#include <algorithm>
#include <utility>

#include "topics/names.h"

namespace blasty::topics::internal {

namespace {
constexpr size_t kKnownMax = 65'536;  // topics remembered by a scanner; forgotten all at once
}  // namespace

Scanner::Scanner(Core& core, std::vector<std::string> patterns, std::string excluded, Sequence from)
    : core_(core),
      patterns_(std::move(patterns)),
      excluded_(std::move(excluded)),
      single_(patterns_.size() == 1 && !IsWildcard(patterns_[0])),
      position_(std::max<uint64_t>(from.value(), 1)) {}

bool Scanner::Wants(std::string_view name) const {
    if (!excluded_.empty() && name == excluded_) return false;
    for (const std::string& pattern : patterns_) {
        if (Matches(pattern, name)) return true;
    }
    return false;
}

const TopicPtr& Scanner::Lookup(StreamId id) {
    if (id == last_id_) return last_topic_;
    auto found = known_.find(id);
    if (found == known_.end()) {
        if (known_.size() >= kKnownMax) known_.clear();
        TopicPtr topic = core_.view.FindTopic(id);
        if (topic && !Wants(*topic->name)) topic.reset();
        found = known_.emplace(id, std::move(topic)).first;
    }
    last_id_ = id;
    last_topic_ = found->second;
    return last_topic_;
}

bool Scanner::Prepare() {
    if (!single_) {
        if (!cursor_) cursor_ = core_.log->NewCursor({Sequence(position_), std::nullopt});
        return true;
    }
    if (single_topic_ && !single_topic_->deleted.load(std::memory_order_relaxed)) return true;
    TopicPtr topic = core_.view.FindTopic(patterns_[0]);
    if (topic != single_topic_ || !topic) {
        Seek(Sequence(position_));
        cursor_.reset();
        single_topic_ = std::move(topic);
        known_.clear();
        last_id_ = StreamId(UINT32_MAX);
    }
    if (!single_topic_) return false;
    if (!cursor_) cursor_ = core_.log->NewCursor({Sequence(position_), single_topic_->id});
    return true;
}

void Scanner::Seek(Sequence to) {
    position_ = std::max<uint64_t>(to.value(), 1);
    frame_.reset();
    records_.reset();
    ahead_.reset();
    if (cursor_) cursor_->Seek(Sequence(position_));
}

Result<bool> Scanner::NextFrame(uint64_t applied) {
    log::FramePtr next = std::move(ahead_);
    ahead_.reset();
    if (!next) {
        Result<log::FramePtr> read = cursor_->Next();
        if (!read.ok() && ReasonOf(read.status()) == "SEQUENCE_GONE") {
            // Only whole segments without a live message are removed: nothing of ours was there,
            // or a floor says so.
            skipped_ = true;
            cursor_->Seek(core_.log->state().oldest);
            read = cursor_->Next();
        }
        if (!read.ok()) return read.status();
        next = *std::move(read);
    }
    if (!next) return false;
    if (next->first.value() > applied) {
        ahead_ = std::move(next);
        return false;
    }
    frame_ = std::move(next);
    records_.emplace(frame_->Records());
    return true;
}

Result<ScanResult> Scanner::Next(uint64_t budget_bytes, Scanned* out) {
    uint64_t read_bytes = 0;
    if (!Prepare()) {
        position_ = std::max(position_, core_.view.applied().value() + 1);
        return ScanResult::kCaughtUp;
    }
    while (true) {
        while (records_ && records_->Next(&record_)) {
            const uint64_t sequence = record_.sequence.value();
            if (sequence < position_ || record_.kind != log::RecordKind::kMessage) continue;
            const TopicPtr& topic = Lookup(record_.stream);
            if (!topic || topic->deleted.load(std::memory_order_relaxed)) continue;
            if (sequence < topic->floor.load(std::memory_order_relaxed)) {
                skipped_ = true;
                continue;
            }
            position_ = sequence + 1;
            *out = {&record_, &frame_, &topic};
            return ScanResult::kMessage;
        }
        if (records_) {
            BLASTY_RETURN_IF_ERROR(records_->status());
            position_ = std::max(position_, frame_->last().value() + 1);
            read_bytes += frame_->records.size();
            frame_.reset();
            records_.reset();
            if (read_bytes >= budget_bytes) return ScanResult::kBudgetSpent;
        }
        const uint64_t applied = core_.view.applied().value();
        BLASTY_ASSIGN_OR_RETURN(const bool more, NextFrame(applied));
        if (!more) {
            position_ = std::max(position_, applied + 1);
            return ScanResult::kCaughtUp;
        }
    }
}

std::optional<Scanner::Gone> Scanner::FindGone(Sequence position, uint64_t moved_after) {
    std::optional<Gone> gone;
    const auto consider = [&](const Topic& topic) {
        const uint64_t floor = topic.floor.load();
        if (topic.deleted || floor <= position.value() || (gone && gone->floor <= floor)) return;
        if (topic.floor_moved_at.load() > moved_after && Wants(*topic.name)) {
            gone = Gone{topic.name, floor};
        }
    };
    if (single_) {
        if (const TopicPtr topic = core_.view.FindTopic(patterns_[0])) consider(*topic);
        return gone;
    }
    View& view = core_.view;
    TopicQueues::Key after{moved_after, StreamId(UINT32_MAX)};
    size_t looked_at = 0;
    for (bool more = true; more;) {
        if (looked_at > 0) view.LetFramesGoFirst();
        MutexLock lock(view.mutex);
        // Floors that move meanwhile come again. When that goes on and on: the rest at once.
        const bool slices = looked_at <= view.topics_by_id.size();
        const size_t looks = slices ? kTopicsPerLook : SIZE_MAX;
        const size_t looked = view.queues.VisitMoved(looks, &after, consider);
        looked_at += looked;
        more = looked == looks;
    }
    return gone;
}

Result<Sequence> SequenceAtTime(Core& core, int64_t time_us) {
    Sequence from = core.log->state().oldest;
    // Skips the segments that end before that time.
    for (const log::SegmentInfo& segment : core.log->Segments()) {
        if (!segment.sealed || segment.last_commit_time_us >= time_us) break;
        from = Next(segment.last);
    }
    const uint64_t applied = core.view.applied().value();
    if (from.value() < 1) from = Sequence(1);
    std::unique_ptr<log::Cursor> cursor = core.log->NewCursor({from, std::nullopt});
    while (true) {
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor->Next());
        if (!frame || frame->first.value() > applied) return Sequence(applied + 1);
        if (frame->commit_time_us >= time_us) return std::max(from, frame->first);
    }
}

}  // namespace blasty::topics::internal
