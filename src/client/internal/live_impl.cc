#include "client/internal/live_impl.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/strings.h"

namespace blasty::client {

using internal::RawStream;

namespace {

bool BeginsAnew(const v1::Event& event) { return event.kind() == v1::Event::RESET; }

}  // namespace

bool LiveClient::Impl::HoldsError(const LiveBatch& batch) {
    return std::any_of(batch.events.begin(), batch.events.end(),
                       [](const v1::Event& event) { return event.kind() == v1::Event::ERROR; });
}

v1::SubscribeRequest LiveClient::Impl::RequestOf(uint64_t id,
                                                 const Subscription& subscription) const {
    v1::SubscribeRequest request;
    *request.mutable_subscribe() = subscription.request;
    request.mutable_subscribe()->set_subscription(id);
    request.mutable_subscribe()->set_resume(subscription.received);
    return request;
}

void LiveClient::Impl::Send(const v1::SubscribeRequest& request) {
    if (!usable) return;  // a new connection begins with all subscriptions
    outgoing.push_back(std::make_shared<std::string>(request.SerializeAsString()));
    Pump();
}

void LiveClient::Impl::Connect() {
    core->ConnectNow(false);
    MutexLock lock(mutex);
    retrying = false;
    if (closed || ended || stream != nullptr) return;
    if (first_attempt_us == 0) first_attempt_us = SystemClock().MonotonicMicros();
    stream = new RawStream(*core, *this);
    usable = true;
    paused = false;
    writing = false;
    outgoing.clear();
    stream->Start("/blasty.v1.Live/Subscribe");
    for (const auto& [id, subscription] : subscriptions) {
        if (!subscription->ended) Send(RequestOf(id, *subscription));
    }
}

uint64_t LiveClient::Impl::Begin(SubscriptionPtr subscription) {
    bool connect = false;
    uint64_t id = 0;
    {
        MutexLock lock(mutex);
        id = next_id++;
        // A connection that is made later begins with everything that stands here.
        Send(RequestOf(id, *subscription));
        subscriptions.emplace(id, std::move(subscription));
        connect = stream == nullptr && !ended && !std::exchange(retrying, true);
    }
    if (connect) Connect();
    return id;
}

void LiveClient::Impl::ResumeReading() {
    if (!paused || !usable || incoming_bytes > options.buffer_bytes_max / 2) return;
    paused = false;
    stream->ContinueReading();
}

void LiveClient::Impl::Pump() {
    if (!usable || writing || outgoing.empty()) return;
    writing = true;
    stream->Write(std::move(outgoing.front()));
    outgoing.pop_front();
}

void LiveClient::Impl::OnWritten(bool ok) {
    std::function<void(const Status&)> tell;
    {
        MutexLock lock(mutex);
        writing = false;
        // A write is done only once there is a connection.
        connected_once = connected_once || ok;
        if (ok) Pump();
        if (ok && std::exchange(lost, false)) tell = options.on_connection;
    }
    if (tell) tell(OkStatus());
}

bool LiveClient::Impl::OnMessage(grpc::ByteBuffer& message) {
    v1::SubscribeResponse response;
    const bool good =
        grpc::SerializationTraits<v1::SubscribeResponse>::Deserialize(&message, &response).ok();
    std::vector<Incoming> calls;
    bool read_on = true;
    {
        MutexLock lock(mutex);
        attempts = 0;
        if (!good) {
            ended = true;
            end_status = MakeError(StatusCode::kInternal, "MALFORMED_ANSWER",
                                   StrCat("the server at ", core->options.server,
                                          " sent events that cannot be read; is it a Blasty "
                                          "server of this version?"));
            stream->Cancel();
        }
        for (v1::Events& events : *response.mutable_events()) Take(events, &calls);
        paused = incoming_bytes > options.buffer_bytes_max && !closed;
        read_on = !paused;
        changed.SignalAll();
    }
    Call(calls);
    return read_on;
}

void LiveClient::Impl::Take(v1::Events& events, std::vector<Incoming>* calls) {
    const auto found = subscriptions.find(events.subscription());
    if (found == subscriptions.end()) return;  // unsubscribed
    const SubscriptionPtr& subscription = found->second;
    Incoming came;
    came.subscription = subscription;
    came.batch.subscription = events.subscription();
    came.batch.more = events.more();
    came.bytes = events.ByteSizeLong();
    const auto skip = std::min<int>(static_cast<int>(events.skip()), events.events_size());
    for (int i = skip; i < events.events_size(); ++i) {
        v1::Event& event = *events.mutable_events(i);
        if (BeginsAnew(event)) {
            subscription->received.clear();
            subscription->columns_told = false;
        }
        if (!event.token().empty()) subscription->received = event.token();
        if (event.kind() == v1::Event::ROW) subscription->in_snapshot = true;
        if (event.kind() == v1::Event::READY) subscription->in_snapshot = false;
        if (event.kind() == v1::Event::ERROR) subscription->ended = true;
        came.batch.events.push_back(std::move(event));
    }
    if (events.columns_size() > 0 && !std::exchange(subscription->columns_told, true)) {
        came.batch.columns.assign(events.columns().begin(), events.columns().end());
    }
    if (!came.batch.events.empty()) Deliver(std::move(came), calls);
}

void LiveClient::Impl::Deliver(Incoming delivered, std::vector<Incoming>* calls) {
    if (delivered.subscription->callback) {
        calls->push_back(std::move(delivered));
        return;
    }
    incoming_bytes += delivered.bytes;
    incoming.push_back(std::move(delivered));
}

void LiveClient::Impl::Call(std::vector<Incoming>& calls) {
    for (Incoming& call : calls) {
        {
            MutexLock lock(mutex);
            if (!subscriptions.contains(call.batch.subscription)) continue;
            for (const v1::Event& event : call.batch.events) {
                if (!event.token().empty()) call.subscription->handed_out = event.token();
            }
        }
        const bool last = HoldsError(call.batch);
        call.subscription->callback(call.batch);
        if (!last) continue;
        MutexLock lock(mutex);
        subscriptions.erase(call.batch.subscription);
    }
}

void LiveClient::Impl::OnEnding() {
    MutexLock lock(mutex);
    usable = false;
}

void LiveClient::Impl::Restart(std::vector<Incoming>* calls) {
    for (const auto& [id, subscription] : subscriptions) {
        if (!std::exchange(subscription->in_snapshot, false) || subscription->ended) continue;
        subscription->received.clear();
        subscription->columns_told = false;
        Incoming reset;
        reset.subscription = subscription;
        reset.batch.subscription = id;
        v1::Event& event = reset.batch.events.emplace_back();
        event.set_kind(v1::Event::RESET);
        event.set_reason("SNAPSHOT_RESTARTED");
        event.set_message("the connection was lost within the snapshot, which begins again");
        Deliver(std::move(reset), calls);
    }
}

int64_t LiveClient::Impl::RetryDelay(const Status& why) {
    if (closed || cancelled || ended || !internal::IsConnectionLoss(why)) return -1;
    const int64_t delay = internal::BackoffMicros(attempts++);
    if (connected_once) return options.reconnect ? delay : -1;
    const int64_t waited = SystemClock().MonotonicMicros() - first_attempt_us;
    return waited + delay < options.first_connection_us ? delay : -1;
}

void LiveClient::Impl::OnClosed(const Status& status) {
    const Status why = status.ok() ? MakeError(StatusCode::kUnavailable, "STREAM_ENDED",
                                               "the server ended the stream")
                                   : status;
    bool tell = false;
    int64_t delay = -1;
    std::vector<Incoming> calls;
    {
        MutexLock lock(mutex);
        delay = RetryDelay(why);
        if (delay >= 0) {
            Restart(&calls);
            tell = connected_once && !std::exchange(lost, true);
        } else if (!std::exchange(ended, true)) {
            end_status = why;
        }
    }
    Call(calls);
    if (tell && options.on_connection) options.on_connection(why);
    MutexLock lock(mutex);
    stream = nullptr;
    if (delay >= 0 && !closed) {
        retrying = true;
        internal::RetryExecutor().PostAfter(delay, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->Connect();
        });
    }
    changed.SignalAll();
}

bool LiveClient::Impl::NothingLeft() const {
    return std::all_of(subscriptions.begin(), subscriptions.end(), [](const auto& each) {
        return each.second->ended || each.second->callback;
    });
}

void LiveClient::Impl::Close() {
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
