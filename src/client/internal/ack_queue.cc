#include "client/internal/ack_queue.h"

#include <algorithm>

#include "base/bytes.h"

namespace blasty::client::internal {
namespace {

// Above this the oldest memory of acked messages is dropped: they may then come twice.
constexpr size_t kAckedBeforeMax = 2'000'000;
constexpr size_t kAckSequencesMax = 65'536;  // of one request

}  // namespace

void AppendAckRuns(std::string& ack, std::span<const uint64_t> sequences) {
    for (size_t i = 0; i < sequences.size();) {
        size_t end = i + 1;
        while (end < sequences.size() && sequences[end] == sequences[end - 1] + 1) ++end;
        std::string run;
        run.push_back(1 << 3);
        PutVarint(run, sequences[i]);
        run.push_back(2 << 3);
        PutVarint(run, end - i);
        ack.push_back(2 << 3 | 2);
        PutSized(ack, run);
        i = end;
    }
}

void AckQueue::HandedOut(std::span<const InMessage> messages) {
    for (const InMessage& message : messages) in_flight_.insert(message.sequence);
}

void AckQueue::Ack(std::span<const uint64_t> sequences) {
    for (const uint64_t sequence : sequences) {
        // What is in flight on this connection, or was never handed out: the server tells.
        if (in_flight_.erase(sequence) == 0 && handed_out_before_.erase(sequence) > 0) {
            acked_before_.insert(sequence);
        } else {
            waiting_.push_back(sequence);
        }
    }
}

std::shared_ptr<const std::string> AckQueue::Send() {
    if (waiting_.empty()) return nullptr;
    std::vector<uint64_t>& sequences = sent_.emplace_back();
    if (waiting_.size() <= kAckSequencesMax) {
        sequences.swap(waiting_);
    } else {
        sequences.assign(waiting_.begin(), waiting_.begin() + kAckSequencesMax);
        waiting_.erase(waiting_.begin(), waiting_.begin() + kAckSequencesMax);
    }
    std::sort(sequences.begin(), sequences.end());
    sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
    std::string ack;
    AppendAckRuns(ack, sequences);
    auto request = std::make_shared<std::string>();
    request->push_back(3 << 3 | 2);
    PutSized(*request, ack);
    return request;
}

void AckQueue::Confirmed(uint64_t requests) {
    for (; confirmed_ < requests && !sent_.empty(); ++confirmed_) sent_.pop_front();
}

void AckQueue::OnLost() {
    if (acked_before_.size() > kAckedBeforeMax) acked_before_.clear();
    if (handed_out_before_.size() > kAckedBeforeMax) handed_out_before_.clear();
    for (const auto& sequences : sent_) {
        acked_before_.insert(sequences.begin(), sequences.end());
        uncertain_ += sequences.size();
    }
    uncertain_ += waiting_.size();
    acked_before_.insert(waiting_.begin(), waiting_.end());
    sent_.clear();
    waiting_.clear();
    confirmed_ = 0;
    handed_out_before_.insert(in_flight_.begin(), in_flight_.end());
    in_flight_.clear();
}

void AckQueue::RemoveAcked(std::vector<InMessage>* messages) {
    if (acked_before_.empty() && handed_out_before_.empty()) return;
    std::erase_if(*messages, [this](const InMessage& message) {
        handed_out_before_.erase(message.sequence);
        if (acked_before_.erase(message.sequence) == 0) return false;
        waiting_.push_back(message.sequence);
        return true;
    });
}

}  // namespace blasty::client::internal
