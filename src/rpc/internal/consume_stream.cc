#include "rpc/internal/consume_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {

std::function<void()> ConsumeStream::WakeLater() {
    return [weak = std::weak_ptr<ConsumeStream>(Self())] {
        if (const auto self = weak.lock()) self->Wake();
    };
}

void ConsumeStream::OnReadsDone() {
    if (!start_seen_) {
        return End(MakeError(StatusCode::kInvalidArgument, "START_MISSING",
                             "the stream was half-closed without a request; send `start` first"));
    }
    {
        MutexLock lock(mutex_);
        half_closed_ = true;
    }
    Wake();
}

void ConsumeStream::OnEnd() {
    done_ = true;
    Wake();
}

void ConsumeStream::OnStop() {
    bool now;
    {
        MutexLock lock(mutex_);
        stopping_ = true;
        now = !opened_;
    }
    if (now) return End(ServerStopping());
    Wake();
}

void ConsumeStream::Opened(const Status& status) {
    if (!status.ok()) return End(status);
    bool stopping;
    {
        MutexLock lock(mutex_);
        opened_ = true;
        stopping = stopping_;
    }
    if (stopping) End(ServerStopping());
    Wake();
    Read();
}

void ConsumeStream::RunOnShard() {
    {
        MutexLock lock(mutex_);
        if (!opened_) return;
    }
    if (done_) {
        reader_.reset();
        inbox_.reset();
        return;
    }
    ResumeReading();
    if (!CanWrite()) return;
    if (!told_started_) {
        told_started_ = true;
        Write(StartedFrame(reader_ ? reader_->position() : 0, inbox_created_));
        return;
    }
    if (inbox_ != nullptr && !batch_turn_ && SendNews()) {
        batch_turn_ = true;
        return;
    }
    SendBatch();
    // Nothing to deliver: news that waited for its turn goes now.
    if (std::exchange(batch_turn_, false) && inbox_ != nullptr && CanWrite()) SendNews();
    if (inbox_ != nullptr && CanWrite()) EndInbox();
}

void ConsumeStream::ResumeReading() {
    if (inbox_ == nullptr || inbox_->ledger().full()) return;
    {
        MutexLock lock(mutex_);
        if (!std::exchange(paused_, false)) return;
    }
    Read();
}

bool ConsumeStream::SendNews() {
    AckLedger::News news = inbox_->ledger().Take();
    if (!news.not_in_flight.empty()) {
        Write(NotInFlightFrame(news.not_in_flight));
    } else if (news.acked > 0) {
        Write(AckedFrame(news.acked));
    } else if (!news.error.ok()) {
        End(news.error);
    } else {
        return false;
    }
    return true;
}

// A half-closed inbox stream can ack nothing more: it ends when what it acked is durable and told.
void ConsumeStream::EndInbox() {
    bool stopping, half_closed;
    {
        MutexLock lock(mutex_);
        stopping = stopping_;
        half_closed = half_closed_;
    }
    if (!stopping && !half_closed) return;
    if (!inbox_->ledger().idle()) return;
    End(stopping ? ServerStopping() : OkStatus());
}

void ConsumeStream::SendBatch() {
    TakeLimits limits{std::numeric_limits<uint64_t>::max(), batch_bytes_};
    bool half_closed;
    {
        MutexLock lock(mutex_);
        half_closed = half_closed_;
        if (stopping_ && reader_ != nullptr) return End(ServerStopping());
        if (inbox_ != nullptr && (stopping_ || half_closed_)) return;
        if (!unlimited_) limits.messages = credit_;
    }
    if (limits.messages == 0) {
        if (half_closed) End(OkStatus());
        return;
    }
    auto frame = reader_ != nullptr ? reader_->Next(limits) : inbox_->Next(limits);
    if (!frame.ok()) return End(frame.status());
    if (frame->have) {
        Write(frame->bytes);
        MutexLock lock(mutex_);
        if (!unlimited_) credit_ -= frame->messages;
    }
    if (frame->last) return End(OkStatus());
    if (frame->again) Wake();
}

}  // namespace blasty::rpc
