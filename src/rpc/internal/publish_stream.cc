#include "rpc/internal/publish_stream.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/place.h"
#include "base/strings.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

// Extends the last run, or begins one.
void AddRun(uint64_t first, uint32_t count, v1::PublishStreamResponse* response) {
    if (count == 0) return;
    if (response->runs_size() > 0) {
        v1::SequenceRun* last = response->mutable_runs(response->runs_size() - 1);
        if (last->first() + last->count() == first && last->count() <= UINT32_MAX - count) {
            last->set_count(last->count() + count);
            return;
        }
    }
    v1::SequenceRun* run = response->add_runs();
    run->set_first(first);
    run->set_count(count);
}

grpc::ByteBuffer Serialize(const v1::PublishStreamResponse& response) {
    grpc::Slice slice(response.ByteSizeLong());
    response.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
    return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

bool PublishStream::WindowOpen() const {
    return slots_.size() < kPublishRequestsMax && (bytes_ < kPublishBytesMax || slots_.empty());
}

void PublishStream::OnRequest(grpc::ByteBuffer& request) {
    thread_local PublishDecoder decoder;
    const Status decoded = decoder.Decode(request);
    uint64_t number;
    {
        MutexLock lock(mutex_);
        if (ending_) return;
        Slot& slot = slots_.emplace_back();
        slot.bytes = decoder.size_bytes();
        bytes_ += slot.bytes;
        number = answered_ + slots_.size();
    }
    if (!decoded.ok()) {
        Complete(number, decoded);
        decoder.Clear();
        return;
    }
    if (!decoder.topic().empty() && decoder.topic() != topic_) topic_ = decoder.topic();
    topics_.Publish(
        topic_, decoder.messages(),
        [self = std::static_pointer_cast<PublishStream>(shared_from_this()), number](
            Result<std::span<const topics::Published>> result) { self->Complete(number, result); });
    decoder.Clear();
    bool read;
    {
        MutexLock lock(mutex_);
        read = !ending_ && WindowOpen();
        paused_ = !read;
    }
    if (read) Read();
}

void PublishStream::Complete(uint64_t number,
                             const Result<std::span<const topics::Published>>& result) {
    bool wake;
    {
        MutexLock lock(mutex_);
        Slot& slot = slots_[number - answered_ - 1];
        slot.done = true;
        slot.status = result.status();
        if (!result.ok()) {
            ending_ = true;
        } else if (!result->empty()) {
            slot.first = result->front().sequence;
            slot.count = static_cast<uint32_t>(result->size());
            const bool plain = !std::any_of(result->begin(), result->end(), [](const auto& p) {
                return p.duplicate;
            }) && result->back().sequence.value() - slot.first.value() + 1 == slot.count;
            if (!plain) slot.odd.assign(result->begin(), result->end());
        }
        wake = slots_.front().done;
    }
    if (wake) Wake();
}

bool PublishStream::TakeAnswers(v1::PublishStreamResponse* response) {
    const uint64_t before = answered_;
    uint32_t index = 0;
    while (!slots_.empty() && slots_.front().done && slots_.front().status.ok() &&
           answered_ - before < kPublishAnswerRequestsMax) {
        const Slot& slot = slots_.front();
        if (slot.odd.empty()) {
            AddRun(slot.first.value(), slot.count, response);
        } else {
            for (size_t i = 0; i < slot.odd.size(); ++i) {
                AddRun(slot.odd[i].sequence.value(), 1, response);
                if (slot.odd[i].duplicate) response->add_duplicates(index + i);
            }
        }
        index += slot.count;
        bytes_ -= slot.bytes;
        slots_.pop_front();
        ++answered_;
    }
    response->set_first_request(before + 1);
    response->set_last_request(answered_);
    return answered_ != before;
}

void PublishStream::RunOnShard() {
    if (!CanWrite()) return;
    v1::PublishStreamResponse response;
    bool write, end = false, read = false;
    Status status;
    {
        MutexLock lock(mutex_);
        write = TakeAnswers(&response);
        if (!slots_.empty() && slots_.front().done && !slots_.front().status.ok()) {
            end = !write;
            status = WithPlace(slots_.front().status, StrCat("request ", answered_ + 1));
        } else if (slots_.empty() && ending_) {
            end = true;
            status = end_status_;
        }
        if (paused_ && !ending_ && WindowOpen()) {
            paused_ = false;
            read = true;
        }
    }
    if (write) Write(Serialize(response));
    if (end) return End(status);
    if (read) Read();
}

void PublishStream::EndAfterAnswers(const Status& status) {
    {
        MutexLock lock(mutex_);
        if (ending_) return;
        ending_ = true;
        end_status_ = status;
    }
    Wake();
}

void PublishStream::OnReadsDone() { EndAfterAnswers(OkStatus()); }

void PublishStream::OnStop() { EndAfterAnswers(ServerStopping()); }

}  // namespace blasty::rpc
