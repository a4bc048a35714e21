#include "client/publisher.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "client/internal/core.h"
#include "client/internal/publish_queue.h"
#include "client/internal/raw_stream.h"

namespace blasty::client {

using internal::Answer;
using internal::RawStream;

struct Publisher::Impl : internal::StreamHandler, std::enable_shared_from_this<Publisher::Impl> {
    Impl(std::shared_ptr<internal::Core> shared, PublisherOptions opts)
        : core(std::move(shared)), options(std::move(opts)), queue(options) {}

    void OnWritten(bool ok) override;
    bool OnMessage(grpc::ByteBuffer& message) override;
    void OnEnding() override;
    void OnClosed(const Status& status) override;

    void Connect();
    void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // What a closed stream means: try again after the returned delay, or (negative) give up.
    int64_t AfterClose(const Status& status, std::vector<Answer>* answers)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // Runs callbacks without the lock and takes them off `answering`.
    void Run(std::vector<Answer> answers);
    void Close();

    const std::shared_ptr<internal::Core> core;
    const PublisherOptions options;
    Mutex mutex;
    CondVar changed;
    internal::PublishQueue queue ABSL_GUARDED_BY(mutex);
    RawStream* stream ABSL_GUARDED_BY(mutex) = nullptr;  // from Connect to OnClosed
    bool usable ABSL_GUARDED_BY(mutex) = false;          // from Connect to OnEnding
    bool writing ABSL_GUARDED_BY(mutex) = false;
    bool retry_waiting ABSL_GUARDED_BY(mutex) = false;
    bool connected_once ABSL_GUARDED_BY(mutex) = false;
    bool lost ABSL_GUARDED_BY(mutex) = false;  // told on_connection so
    bool closed ABSL_GUARDED_BY(mutex) = false;
    int attempts ABSL_GUARDED_BY(mutex) = 0;
    int64_t first_attempt_us ABSL_GUARDED_BY(mutex) = 0;
    int answering ABSL_GUARDED_BY(mutex) = 0;  // callbacks running
    Status ended ABSL_GUARDED_BY(mutex);       // why no more is accepted
    Status first_error ABSL_GUARDED_BY(mutex);
    v1::PublishStreamResponse answer;  // only read by OnMessage, reused
};

void Publisher::Impl::Connect() {
    core->ConnectNow(false);
    MutexLock lock(mutex);
    retry_waiting = false;
    if (closed || stream != nullptr) return;
    if (first_attempt_us == 0) first_attempt_us = SystemClock().MonotonicMicros();
    stream = new RawStream(*core, *this);
    usable = true;
    writing = false;
    stream->Start("/blasty.v1.Topics/PublishStream");
    Pump();
}

void Publisher::Impl::Pump() {
    if (!usable || writing || !queue.CanSend()) return;
    writing = true;
    stream->Write(queue.Send());
}

void Publisher::Impl::OnWritten(bool ok) {
    MutexLock lock(mutex);
    writing = false;
    // A write is done only once there is a connection.
    connected_once = connected_once || ok;
    if (ok) Pump();
}

bool Publisher::Impl::OnMessage(grpc::ByteBuffer& message) {
    std::vector<Answer> answers;
    bool good =
        grpc::SerializationTraits<v1::PublishStreamResponse>::Deserialize(&message, &answer).ok();
    bool back = false;
    {
        MutexLock lock(mutex);
        good = good && queue.OnAnswer(answer, &answers);
        if (!good) stream->Cancel();
        connected_once = true;
        attempts = 0;
        back = std::exchange(lost, false);
        ++answering;
        Pump();
    }
    if (back && options.on_connection) options.on_connection(OkStatus());
    Run(std::move(answers));
    return true;
}

void Publisher::Impl::Run(std::vector<Answer> answers) {
    Status error;
    for (auto& [done, result] : answers) {
        if (error.ok() && !result.ok()) error = result.status();
        done(std::move(result));
    }
    answers.clear();
    MutexLock lock(mutex);
    if (first_error.ok()) first_error = error;
    --answering;
    changed.SignalAll();
}

void Publisher::Impl::OnEnding() {
    MutexLock lock(mutex);
    usable = false;
}

int64_t Publisher::Impl::AfterClose(const Status& status, std::vector<Answer>* answers) {
    Status why = status;
    if (why.ok()) {
        why = MakeError(StatusCode::kUnavailable, "STREAM_ENDED", "the server ended the stream");
    }
    const uint64_t failed_before = queue.stats().failed;
    int64_t delay = -1;
    const std::string reason = ReasonOf(why);
    const bool lost_connection = internal::IsConnectionLoss(why);
    const bool may_wait =
        connected_once || options.wait_for_server ||
        SystemClock().MonotonicMicros() - first_attempt_us < options.first_connection_us;
    if (lost_connection && options.reconnect && may_wait) {
        queue.OnLost(why, answers);
        ++queue.stats().reconnects;
        delay = internal::BackoffMicros(attempts++);
    } else if (reason == "OVERLOADED") {
        queue.OnRefused(why, true, answers);
        delay = internal::BackoffMicros(attempts++);
    } else if (why.code() == StatusCode::kInvalidArgument || why.code() == StatusCode::kNotFound ||
               why.code() == StatusCode::kFailedPrecondition) {
        // The server told about the input, not about itself: others go on.
        queue.OnRefused(why, false, answers);
        connected_once = true;
        delay = 0;
    } else {
        queue.FailAll(why, answers);
        ended = why;
    }
    if (queue.stats().failed > failed_before && first_error.ok()) first_error = why;
    return delay;
}

void Publisher::Impl::OnClosed(const Status& status) {
    std::vector<Answer> answers;
    bool tell = false;
    int64_t delay = -1;
    {
        MutexLock lock(mutex);
        if (!closed) {
            delay = AfterClose(status, &answers);
            tell = delay > 0 && !std::exchange(lost, true);
        }
        ++answering;
    }
    if (tell && options.on_connection) options.on_connection(status);
    for (auto& [done, result] : answers) done(std::move(result));
    answers.clear();
    MutexLock lock(mutex);
    --answering;
    stream = nullptr;
    if (delay >= 0 && !closed) {
        retry_waiting = true;
        internal::RetryExecutor().PostAfter(delay, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->Connect();
        });
    }
    changed.SignalAll();
}

void Publisher::Impl::Close() {
    std::vector<Answer> answers;
    {
        MutexLock lock(mutex);
        closed = true;
        ended = MakeError(StatusCode::kCancelled, "PUBLISHER_CLOSED", "the publisher was closed");
        if (stream != nullptr) {
            // An idle stream ends politely.
            if (usable && !writing && queue.empty()) {
                stream->HalfClose();
                const int64_t end = SystemClock().MonotonicMicros() + 2'000'000;
                while (stream != nullptr && SystemClock().MonotonicMicros() < end)
                    changed.WaitFor(mutex, 100'000);
            }
            if (stream != nullptr && usable) stream->Cancel();
        }
        while (stream != nullptr || answering > 0) changed.Wait(mutex);
        queue.FailAll(ended, &answers);
        changed.SignalAll();
    }
    for (auto& [done, result] : answers) done(std::move(result));
}

Publisher::Publisher(Client& client, PublisherOptions options)
    : impl_(std::make_shared<Impl>(client.core(), std::move(options))) {}

Publisher::~Publisher() { impl_->Close(); }

Status Publisher::Publish(std::string_view topic, const OutMessage& message, PublishDone done) {
    Impl& impl = *impl_;
    bool connect = false;
    {
        MutexLock lock(impl.mutex);
        while (impl.ended.ok() && impl.queue.waiting_bytes() > impl.options.queue_bytes_max) {
            if (!impl.options.block_when_full) {
                return MakeError(StatusCode::kResourceExhausted, "PUBLISH_QUEUE_FULL",
                                 StrCat("more than ", impl.options.queue_bytes_max,
                                        " bytes wait to be published; publish more slowly"));
            }
            impl.changed.Wait(impl.mutex);
        }
        if (!impl.ended.ok()) return impl.ended;
        impl.queue.Add(topic, message, std::move(done));
        connect = impl.stream == nullptr && !impl.retry_waiting;
        if (!connect) impl.Pump();
    }
    if (connect) {
        impl.core->ConnectNow(true);
        impl.Connect();
    }
    return OkStatus();
}

Result<Published> Publisher::PublishAndWait(std::string_view topic, const OutMessage& message,
                                            int64_t timeout_us) {
    struct Slot {
        Mutex mutex;
        CondVar done;
        bool ready = false;
        Result<Published> result = Published();
    };
    auto slot = std::make_shared<Slot>();
    BLASTY_RETURN_IF_ERROR(Publish(topic, message, [slot](Result<Published> result) {
        MutexLock lock(slot->mutex);
        slot->result = std::move(result);
        slot->ready = true;
        slot->done.SignalAll();
    }));
    const int64_t end = SystemClock().MonotonicMicros() + timeout_us;
    MutexLock lock(slot->mutex);
    while (!slot->ready) {
        const int64_t left = end - SystemClock().MonotonicMicros();
        if (left <= 0) {
            return MakeError(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                             StrCat("no answer from ", impl_->core->options.server,
                                    " in time, the message may or may not be stored"));
        }
        slot->done.WaitFor(slot->mutex, left);
    }
    return slot->result;
}

Status Publisher::Flush(int64_t timeout_us) {
    Impl& impl = *impl_;
    const int64_t end = SystemClock().MonotonicMicros() + timeout_us;
    MutexLock lock(impl.mutex);
    while (!impl.queue.empty() || impl.answering > 0) {
        const int64_t left = end - SystemClock().MonotonicMicros();
        if (left <= 0) {
            return MakeError(
                StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                StrCat("messages for ", impl.core->options.server, " are still not answered"));
        }
        impl.changed.WaitFor(impl.mutex, left);
    }
    return std::exchange(impl.first_error, OkStatus());
}

PublisherStats Publisher::stats() const {
    MutexLock lock(impl_->mutex);
    PublisherStats stats = impl_->queue.stats();
    stats.waiting_bytes = impl_->queue.waiting_bytes();
    return stats;
}

}  // namespace blasty::client
