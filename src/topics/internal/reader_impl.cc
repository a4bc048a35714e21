#include "topics/internal/reader_impl.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::topics::internal {

namespace {
// Read in one Fetch without finding anything, at most: a wildcard over busy foreign topics gives
// the thread back now and then.
constexpr uint64_t kScanBudgetBytes = 32ull << 20;
}  // namespace

ReaderImpl::ReaderImpl(std::shared_ptr<Core> core, const ReaderOptions& options, Sequence from,
                       uint64_t tolerated_at, std::function<void()> wake)
    : core_(std::move(core)),
      waiter_(std::make_shared<Waiter>(options.patterns, "", std::move(wake))),
      scanner_(*core_, options.patterns, "", from),
      tolerated_at_(tolerated_at) {
    core_->view.AddWaiter(waiter_);
    core_->readers.fetch_add(1);
}

ReaderImpl::~ReaderImpl() {
    core_->view.RemoveWaiter(waiter_);
    core_->readers.fetch_sub(1);
}

Status ReaderImpl::CheckGone(Sequence from) {
    // Floors that were looked at before had not passed a position before this one.
    const uint64_t looked_at = floors_seen_at_ == UINT64_MAX ? 0 : floors_seen_at_;
    const auto gone = scanner_.FindGone(from, std::max(tolerated_at_, looked_at));
    if (!gone) return OkStatus();
    return MakeError(StatusCode::kOutOfRange, "SEQUENCE_GONE",
                     StrCat("topic '", *gone->topic, "' no longer holds messages from ",
                            from.value(), " on: retention removed them; go on with ", gone->floor));
}

Status ReaderImpl::CheckFloors(Sequence from) {
    const uint64_t moved_at = core_->view.floors_moved_at();
    if (moved_at == floors_seen_at_) return OkStatus();
    BLASTY_RETURN_IF_ERROR(CheckGone(from));
    floors_seen_at_ = moved_at;
    return OkStatus();
}

Status ReaderImpl::CheckSkipped(Sequence from) {
    const bool skipped = scanner_.TakeSkipped() || skipped_;
    skipped_ = false;
    if (!skipped) return OkStatus();
    Status gone = CheckGone(from);
    if (gone.ok()) return gone;
    held_ = Scanned();
    scanner_.Seek(from);
    floors_seen_at_ = UINT64_MAX;
    return gone;
}

Status ReaderImpl::Collect(const FetchLimits& limits, std::vector<Message>* out, bool* caught_up) {
    size_t count = 0, bytes = 0;
    *caught_up = false;
    while (count < limits.messages_max) {
        if (held_.record == nullptr) {
            BLASTY_ASSIGN_OR_RETURN(const ScanResult result,
                                    scanner_.Next(kScanBudgetBytes, &held_));
            if (result != ScanResult::kMessage) {
                *caught_up = result == ScanResult::kCaughtUp;
                return OkStatus();
            }
        }
        const log::RecordView& record = *held_.record;
        const size_t size = RecordBytes(record);
        if (count > 0 && bytes + size > limits.bytes_max) return OkStatus();
        const TopicPtr& topic = *held_.topic;
        if (record.sequence.value() < topic->floor.load(std::memory_order_relaxed)) {
            skipped_ = true;
        } else {
            out->push_back({record.sequence, topic->id, record.time_us, *topic->name, record.id,
                            record.key, record.headers, record.payload, *held_.frame, topic->name});
            ++count;
            bytes += size;
        }
        held_ = Scanned();
    }
    return OkStatus();
}

Status ReaderImpl::Fetch(const FetchLimits& limits, std::vector<Message>* out) {
    const size_t before = out->size();
    const Sequence from = position();
    BLASTY_RETURN_IF_ERROR(CheckFloors(from));
    bool caught_up = false;
    BLASTY_RETURN_IF_ERROR(Collect(limits, out, &caught_up));
    if (out->size() == before && limits.messages_max > 0) {
        waiter_->Arm();
        if (caught_up) {
            // Something may have come between the last look and the arming.
            BLASTY_RETURN_IF_ERROR(Collect(limits, out, &caught_up));
            if (out->size() > before) {
                waiter_->Disarm();
            } else if (!caught_up) {
                core_->Post([waiter = waiter_] { waiter->Wake(); });
            }
        } else {
            core_->Post([waiter = waiter_] { waiter->Wake(); });
        }
    }
    if (Status gone = CheckSkipped(from); !gone.ok()) {
        out->resize(before);
        return gone;
    }
    core_->delivered.fetch_add(out->size() - before, std::memory_order_relaxed);
    return OkStatus();
}

Sequence ReaderImpl::position() const {
    return held_.record != nullptr ? held_.record->sequence : scanner_.position();
}

void ReaderImpl::Skip() {
    // What is left is at or above the floors; those that moved until now are no loss.
    tolerated_at_ = core_->view.floors_moved_at();
    floors_seen_at_ = UINT64_MAX;
}

}  // namespace blasty::topics::internal
