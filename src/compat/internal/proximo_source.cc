#include "compat/internal/proximo_source.h"

#include <charconv>
#include <utility>

#include "base/strings.h"
#include "compat/internal/proximo_errors.h"
#include "compat/internal/proximo_names.h"
#include "topics/names.h"

namespace blasty::compat {
namespace {

// Fetched ahead of the client; what is taken here no other member of the consumer gets.
constexpr size_t kFetchMessages = 64;
constexpr size_t kFetchBytes = 256 << 10;
// Ids that a client may still confirm; the oldest are forgotten first. Well above what an inbox
// lets be in flight, so only ids of messages that were delivered again are forgotten.
constexpr size_t kIdsMax = 65'536;
constexpr size_t kConfirmedMax = 4096;  // waiting for the disk; reading pauses above

std::string Hex(uint64_t value) {
    std::string out(16, '0');
    for (size_t i = 16; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
    return out;
}

}  // namespace

std::string DeliveryIds::Add(Sequence sequence) {
    uint64_t id;
    do {
        id = random_.Next();
    } while (!sequences_.emplace(id, sequence).second);
    order_.push_back(id);
    while (!order_.empty() &&
           (sequences_.size() > kIdsMax || !sequences_.contains(order_.front()))) {
        sequences_.erase(order_.front());
        order_.pop_front();
    }
    // One old id that is never confirmed must not keep those that were behind it.
    if (order_.size() > 2 * sequences_.size() + kIdsMax) {
        std::erase_if(order_, [this](uint64_t each) { return !sequences_.contains(each); });
    }
    return Hex(id);
}

bool DeliveryIds::Confirm(const std::string& id, Sequence* sequence) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number, 16);
    if (error != std::errc() || end != id.data() + id.size() || Hex(number) != id) return false;
    const auto found = sequences_.find(number);
    if (found == sequences_.end()) return false;
    *sequence = found->second;
    sequences_.erase(found);
    return true;
}

void ProximoSource::OnRequest(::proximo::ConsumerRequest& request) {
    const Status status = HandleRequest(request);
    if (!status.ok()) return End(status);
    if (request.has_startrequest()) return;  // reads on when it has joined
    {
        MutexLock lock(mutex_);
        paused_ = confirmed_.size() >= kConfirmedMax;
        if (paused_) return;
    }
    Read();
}

Status ProximoSource::HandleRequest(const ::proximo::ConsumerRequest& request) {
    if (request.has_startrequest()) {
        if (std::exchange(started_, true)) return AlreadyStarted();
        return Start(request.startrequest());
    }
    if (!request.has_confirmation()) return InvalidRequest();
    if (!started_) return InvalidConfirmation();
    return Confirm(request.confirmation().msgid());
}

Status ProximoSource::Start(const ::proximo::StartConsumeRequest& request) {
    BLASTY_RETURN_IF_ERROR(topics::CheckName("topic", request.topic()));
    topics::JoinOptions options;
    BLASTY_ASSIGN_OR_RETURN(options.inbox, InboxOf(request.topic(), request.consumer()));
    options.config.patterns = {request.topic()};
    options.start.kind = request.initial_offset() == ::proximo::OFFSET_NEWEST
                             ? topics::Start::Kind::kNewest
                             : topics::Start::Kind::kOldest;
    pool_.Post([self = Self(), options = std::move(options)] {
        if (!self->ended()) self->Join(options);
    });
    return OkStatus();
}

void ProximoSource::Join(const topics::JoinOptions& options) {
    auto member = topics_.Join(options, [weak = std::weak_ptr<ProximoSource>(Self())] {
        if (auto self = weak.lock()) self->turns_.Ask(self);
    });
    if (!member.ok()) return End(member.status());
    {
        MutexLock lock(mutex_);
        if (!done_) member_ = *std::move(member);
    }
    turns_.Ask(Self());
    Read();
}

void ProximoSource::Turn() {
    std::shared_ptr<topics::Member> member, left;
    {
        MutexLock lock(mutex_);
        if (done_) {
            // What was confirmed is acked before leaving.
            if (!acking_ && confirmed_.empty()) left.swap(member_);
            ready_.clear();
        } else if (ready_.empty() && !draining_) {
            member = member_;
        }
    }
    if (member != nullptr && !ended()) {
        const Status status = member->Fetch({kFetchMessages, kFetchBytes}, &fetched_);
        if (!status.ok()) {
            fetched_.clear();
            return End(status);
        }
        MutexLock lock(mutex_);
        for (const topics::Delivery& delivery : fetched_) {
            ::proximo::Message& message = ready_.emplace_back();
            message.set_data(delivery.message.payload.data(), delivery.message.payload.size());
            message.set_key(delivery.message.key.data(), delivery.message.key.size());
            message.set_id(ids_.Add(delivery.message.sequence));
        }
    }
    std::vector<topics::Delivery>().swap(fetched_);
    SendNext();
}

void ProximoSource::SendNext() {
    MutexLock lock(mutex_);
    if (ready_.empty() || draining_ || !CanWrite()) return;
    Write(std::move(ready_.front()));
    ready_.pop_front();
}

void ProximoSource::OnWritten() {
    bool empty;
    {
        MutexLock lock(mutex_);
        empty = ready_.empty();
    }
    if (empty) return turns_.Ask(Self());
    SendNext();
}

Status ProximoSource::Confirm(const std::string& id) {
    {
        MutexLock lock(mutex_);
        Sequence sequence;
        if (!ids_.Confirm(id, &sequence)) {
            return ProtocolError(StrCat("no message to confirm with id: ", id));
        }
        confirmed_.push_back(sequence);
    }
    SendAcks();
    return OkStatus();
}

void ProximoSource::SendAcks() {
    std::vector<Sequence> sequences;
    std::shared_ptr<topics::Member> member;
    {
        MutexLock lock(mutex_);
        if (acking_ || confirmed_.empty() || member_ == nullptr) return;
        acking_ = true;
        sequences.swap(confirmed_);
        member = member_;
    }
    member->Ack(sequences, [self = Self()](const Status& status) { self->OnAcked(status); });
}

void ProximoSource::OnAcked(const Status& status) {
    // Not in flight: delivered again meanwhile, perhaps to another stream. The protocol has no word
    // for that, and at least once is what it promises.
    if (!status.ok() && ReasonOf(status) != "NOT_IN_FLIGHT") {
        MutexLock lock(mutex_);
        draining_ = true;
        drained_status_ = status;
        confirmed_.clear();  // the log takes nothing any more
    }
    bool more, read, done;
    {
        MutexLock lock(mutex_);
        acking_ = false;
        done = done_;
        more = !confirmed_.empty();
        read = std::exchange(paused_, false);
    }
    if (more) SendAcks();
    if (read) Read();
    if (done) return turns_.Ask(Self());
    EndWhenDrained();
}

void ProximoSource::EndWhenDrained() {
    Status status;
    {
        MutexLock lock(mutex_);
        if (!draining_ || acking_ || !confirmed_.empty()) return;
        status = drained_status_;
    }
    End(status);
}

void ProximoSource::OnReadsDone() {
    {
        MutexLock lock(mutex_);
        draining_ = true;
    }
    EndWhenDrained();
}

void ProximoSource::OnStop() {
    {
        MutexLock lock(mutex_);
        draining_ = true;
        drained_status_ = rpc::ServerStopping();
    }
    EndWhenDrained();
}

void ProximoSource::OnEnd() {
    SendAcks();
    {
        MutexLock lock(mutex_);
        done_ = true;
    }
    turns_.Ask(Self());
}

}  // namespace blasty::compat
