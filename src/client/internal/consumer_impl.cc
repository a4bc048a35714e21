#include "client/internal/consumer_impl.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::client {

using internal::RawStream;
using internal::ResponseKind;
using internal::ResponseView;

namespace {

std::shared_ptr<const std::string> Encode(const v1::ConsumeRequest& request) {
    return std::make_shared<std::string>(request.SerializeAsString());
}

}  // namespace

std::shared_ptr<const std::string> Consumer::Impl::StartRequest() const {
    v1::ConsumeRequest request;
    v1::ConsumeStart& start = *request.mutable_start();
    for (const std::string& topic : options.topics) start.add_topics(topic);
    if (position != 0 && !member()) {
        start.mutable_start()->set_sequence(position);
    } else if (options.start) {
        *start.mutable_start() = *options.start;
    }
    if (member()) {
        start.set_inbox(options.inbox);
        *start.mutable_inbox_config() = options.inbox_config;
    }
    uint32_t credit = options.credit;
    if (credit != 0 && !options.replenish_credit) credit -= std::min(credit - 1, credit_taken);
    start.set_messages(credit);
    start.set_batch_bytes_max(options.batch_bytes_max);
    start.set_until_caught_up(options.until_caught_up);
    return Encode(request);
}

void Consumer::Impl::Connect() {
    core->ConnectNow(false);
    MutexLock lock(mutex);
    if (closed || ended || stream != nullptr) return;
    stream = new RawStream(*core, *this);
    usable = true;
    paused = false;
    writing = true;
    outgoing.clear();
    if (options.replenish_credit) credit_taken = 0;
    stream->Start("/blasty.v1.Topics/Consume");
    stream->Write(StartRequest());
}

void Consumer::Impl::Pump() {
    if (!usable || writing) return;
    std::shared_ptr<const std::string> next;
    if (!outgoing.empty()) {
        next = std::move(outgoing.front());
        outgoing.pop_front();
    } else {
        next = acks.Send();
    }
    if (next == nullptr) return;
    writing = true;
    stream->Write(std::move(next));
}

void Consumer::Impl::OnWritten(bool ok) {
    MutexLock lock(mutex);
    writing = false;
    // A write is done only once there is a connection.
    connected_once = connected_once || ok;
    if (ok) Pump();
}

std::function<void()> Consumer::Impl::OnNotice(const ResponseView& view) {
    const int size = static_cast<int>(view.body.size());
    switch (view.kind) {
        case ResponseKind::kStarted: {
            v1::Started message;
            message.ParseFromArray(view.body.data(), size);
            started = true;
            attempts = 0;
            created = created || message.inbox_created();
            if (position == 0) position = message.position();
            if (std::exchange(lost, false) && options.on_connection)
                return [this] { options.on_connection(OkStatus()); };
            return nullptr;
        }
        case ResponseKind::kAcked: {
            v1::Acked message;
            message.ParseFromArray(view.body.data(), size);
            acks.Confirmed(message.ack_requests());
            return nullptr;
        }
        case ResponseKind::kNotInFlight: {
            v1::NotInFlight message;
            message.ParseFromArray(view.body.data(), size);
            if (!options.on_not_in_flight) return nullptr;
            return [this, message = std::move(message)] {
                options.on_not_in_flight(std::span<const uint64_t>(
                    message.sequences().data(), static_cast<size_t>(message.sequences_size())));
            };
        }
        case ResponseKind::kGone: {
            v1::Gone message;
            message.ParseFromArray(view.body.data(), size);
            if (!options.on_gone) return nullptr;
            return [this, at = message.resumed_at()] { options.on_gone(at); };
        }
        default:
            return nullptr;
    }
}

bool Consumer::Impl::OnMessage(grpc::ByteBuffer& message) {
    grpc::Slice whole;
    if (!message.TrySingleSlice(&whole).ok()) message.DumpToSingleSlice(&whole);
    message.Clear();
    // On the heap first: a short slice holds its bytes inside itself.
    const auto slice = std::make_shared<const grpc::Slice>(std::move(whole));
    ResponseView view;
    const std::string_view bytes(reinterpret_cast<const char*>(slice->begin()), slice->size());
    const bool good = internal::ParseConsumeResponse(bytes, &view);
    std::function<void()> notice;
    bool read_on = true;
    {
        MutexLock lock(mutex);
        if (!good) stream->Cancel();
        if (good && view.kind == ResponseKind::kBatch) {
            incoming_bytes += slice->size();
            incoming.push_back({slice, view.body});
            paused = incoming_bytes > options.buffer_bytes_max && !closed;
            read_on = !paused;
        } else if (good) {
            notice = OnNotice(view);
        }
        changed.SignalAll();
    }
    if (notice) notice();
    return read_on;
}

void Consumer::Impl::OnEnding() {
    MutexLock lock(mutex);
    usable = false;
}

void Consumer::Impl::OnClosed(const Status& status) {
    Status why = status;
    if (why.ok() && !options.until_caught_up)
        why = MakeError(StatusCode::kUnavailable, "STREAM_ENDED", "the server ended the stream");
    bool tell = false;
    int64_t delay = -1;
    {
        MutexLock lock(mutex);
        if (member() || !why.ok()) acks.OnLost();
        if (!closed && !cancelled && !why.ok() && connected_once && options.reconnect &&
            internal::IsConnectionLoss(why)) {
            // What was not handed out comes again.
            incoming.clear();
            incoming_bytes = 0;
            delay = internal::BackoffMicros(attempts++);
            tell = !std::exchange(lost, true);
        } else {
            ended = true;
            end_status = why;
        }
    }
    if (tell && options.on_connection) options.on_connection(why);
    MutexLock lock(mutex);
    stream = nullptr;
    if (delay >= 0 && !closed) {
        internal::RetryExecutor().PostAfter(delay, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->Connect();
        });
    }
    changed.SignalAll();
}

void Consumer::Impl::GiveCredit(uint32_t messages) {
    if (options.credit == 0) return;
    credit_taken += messages;
    if (!options.replenish_credit || credit_taken < (options.credit + 1) / 2) return;
    v1::ConsumeRequest request;
    request.mutable_credit()->set_messages(std::exchange(credit_taken, 0));
    outgoing.push_back(Encode(request));
}

void Consumer::Impl::HandOut(ConsumedBatch* batch) {
    const Incoming first = std::move(incoming.front());
    incoming.pop_front();
    incoming_bytes -= first.slice->size();
    batch->messages.clear();
    if (!internal::ParseBatch(first.body, &batch->messages, &batch->position)) {
        ended = true;
        end_status = MakeError(StatusCode::kInternal, "MALFORMED_ANSWER",
                               StrCat("the server at ", core->options.server,
                                      " sent a batch that cannot be read; is it a Blasty server "
                                      "of this version?"));
        batch->messages.clear();
        incoming.clear();
    }
    batch->bytes = first.slice;
    GiveCredit(static_cast<uint32_t>(batch->messages.size()));
    if (member()) {
        acks.RemoveAcked(&batch->messages);
        acks.HandedOut(batch->messages);
    } else if (batch->position != 0) {
        position = batch->position;
    }
    if (paused && incoming_bytes <= options.buffer_bytes_max / 2 && usable) {
        paused = false;
        stream->ContinueReading();
    }
    Pump();
}

void Consumer::Impl::Close() {
    MutexLock lock(mutex);
    closed = true;
    // After OnEnding the stream is on its way out and must not be touched.
    if (stream != nullptr && usable) {
        stream->Cancel();
        if (std::exchange(paused, false)) stream->ContinueReading();
    }
    while (stream != nullptr) changed.Wait(mutex);
}

}  // namespace blasty::client
