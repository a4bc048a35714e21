#include "rpc/internal/inbox_source.h"

#include <algorithm>
#include <utility>

#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

constexpr char kNotInFlight[] = "NOT_IN_FLIGHT";

}  // namespace

uint64_t AckLedger::Open(size_t sequences) {
    MutexLock lock(mutex_);
    requests_.push_back({sequences, false});
    sequences_ += sequences;
    return base_ + requests_.size();
}

void AckLedger::Close(uint64_t number, const Status& status, const std::vector<Sequence>& refused) {
    MutexLock lock(mutex_);
    if (!status.ok() && error_.ok()) error_ = status;
    for (const Sequence sequence : refused) not_in_flight_.push_back(sequence.value());
    // A request that could not be stored stays open: nothing after it is counted.
    requests_[number - base_ - 1].closed = status.ok();
    while (!requests_.empty() && requests_.front().closed) {
        sequences_ -= requests_.front().sequences;
        requests_.pop_front();
        ++base_;
    }
}

void AckLedger::Refuse(uint64_t sequence) {
    MutexLock lock(mutex_);
    not_in_flight_.push_back(sequence);
}

AckLedger::News AckLedger::Take() {
    MutexLock lock(mutex_);
    News news;
    if (!not_in_flight_.empty()) {
        news.not_in_flight.swap(not_in_flight_);
    } else if (base_ > told_) {
        news.acked = told_ = base_;
    } else {
        news.error = error_;
    }
    return news;
}

bool AckLedger::idle() {
    MutexLock lock(mutex_);
    return requests_.empty() && base_ == told_ && not_in_flight_.empty();
}

bool AckLedger::full() {
    MutexLock lock(mutex_);
    return requests_.size() >= kAcksPendingMax || sequences_ >= kAckSequencesMax ||
           not_in_flight_.size() >= kNotInFlightMax;
}

Result<Frame> InboxSource::Next(const TakeLimits& limits) {
    Frame frame;
    deliveries_.clear();
    Status status = member_->Fetch(
        {static_cast<size_t>(std::min<uint64_t>(limits.messages, kBatchMessages)), limits.bytes},
        &deliveries_);
    std::string body;
    for (const topics::Delivery& delivery : deliveries_) {
        if (!status.ok()) break;
        status = AppendDelivered(delivery.message, delivery.attempt, &body);
    }
    frame.messages = deliveries_.size();
    std::vector<topics::Delivery>().swap(deliveries_);
    BLASTY_RETURN_IF_ERROR(status);
    if (frame.messages == 0) return frame;
    frame.have = true;
    frame.bytes = BatchFrame({SliceOf(std::move(body))}, 0);
    return frame;
}

void InboxSource::Ack(std::span<const Sequence> sequences) {
    const uint64_t number = ledger_->Open(sequences.size());
    if (sequences.empty()) {
        ledger_->Close(number, OkStatus(), {});
        return wake_();
    }
    member_->Ack(sequences, [number, ledger = ledger_, wake = wake_](const Status& status) {
        const bool refused = ReasonOf(status) == kNotInFlight;
        ledger->Close(number, refused ? OkStatus() : status, topics::NotInFlightOf(status));
        wake();
    });
}

Status InboxSource::Refuse(const Status& status, Sequence sequence) {
    if (ReasonOf(status) != kNotInFlight) return status;
    ledger_->Refuse(sequence.value());
    wake_();
    return OkStatus();
}

Status InboxSource::Nack(Sequence sequence, int64_t delay_us) {
    return Refuse(member_->Nack(sequence, delay_us), sequence);
}

Status InboxSource::Extend(Sequence sequence) {
    return Refuse(member_->Extend(sequence), sequence);
}

}  // namespace blasty::rpc
