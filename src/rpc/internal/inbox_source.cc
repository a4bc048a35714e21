#include "rpc/internal/inbox_source.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

constexpr char kNotInFlight[] = "NOT_IN_FLIGHT";

// The sequence that a NOT_IN_FLIGHT names: the first number of its message that was asked for.
uint64_t RefusedOf(const Status& status, const std::vector<Sequence>& asked) {
    const std::string_view text = MessageOf(status);
    for (size_t i = 0; i < text.size();) {
        uint64_t number = 0;
        size_t digits = 0;
        for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
             ++i, ++digits) {
            number = number * 10 + static_cast<uint64_t>(text[i] - '0');
        }
        if (digits == 0) {
            ++i;
        } else if (std::find(asked.begin(), asked.end(), Sequence(number)) != asked.end()) {
            return number;
        }
    }
    return asked.front().value();
}

}  // namespace

uint64_t AckLedger::Open() {
    MutexLock lock(mutex_);
    closed_.push_back(false);
    return base_ + closed_.size();
}

void AckLedger::Close(uint64_t number, const Status& status, const std::vector<uint64_t>& refused) {
    MutexLock lock(mutex_);
    if (!status.ok() && error_.ok()) error_ = status;
    not_in_flight_.insert(not_in_flight_.end(), refused.begin(), refused.end());
    // A request that could not be stored stays open: nothing after it is counted.
    closed_[number - base_ - 1] = status.ok();
    while (!closed_.empty() && closed_.front()) {
        closed_.pop_front();
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
    return closed_.empty() && base_ == told_ && not_in_flight_.empty();
}

bool AckLedger::full() {
    MutexLock lock(mutex_);
    return closed_.size() >= kAcksPendingMax || not_in_flight_.size() >= kNotInFlightMax;
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

void InboxSource::Ack(std::vector<Sequence> sequences) {
    const uint64_t number = ledger_->Open();
    if (sequences.empty()) {
        ledger_->Close(number, OkStatus(), {});
        return wake_();
    }
    const std::span<const Sequence> view(sequences);
    // Kept for the error case; the span stays valid because moving a vector keeps its elements.
    auto asked = std::make_shared<const std::vector<Sequence>>(std::move(sequences));
    member_->Ack(view, [asked, number, ledger = ledger_, wake = wake_](const Status& status) {
        if (ReasonOf(status) == kNotInFlight) {
            ledger->Close(number, OkStatus(), {RefusedOf(status, *asked)});
        } else {
            ledger->Close(number, status, {});
        }
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
