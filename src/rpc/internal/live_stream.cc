#include "rpc/internal/live_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "rpc/grpc_status.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/live_convert.h"

namespace blasty::rpc {
namespace {

Status Invalid(std::string_view reason, std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, reason, message);
}

// Around the events of an answer: numbers, lengths, and columns now and then.
constexpr size_t kHeadBytes = 64;

bool EndsSubscription(const live::EventBatch& batch) {
    return !batch.events.empty() && batch.events.back().kind == live::EventKind::kError;
}

}  // namespace

void LiveStream::OnStop() { End(ServerStopping()); }

void LiveStream::OnReadsDone() {
    {
        MutexLock lock(mutex_);
        half_closed_ = true;
    }
    Wake();
}

void LiveStream::OnEnd() {
    done_ = true;
    Wake();
}

void LiveStream::OnRequest(grpc::ByteBuffer& wire) {
    v1::SubscribeRequest request;
    const bool parsed =
        grpc::SerializationTraits<v1::SubscribeRequest>::Deserialize(&wire, &request).ok();
    if (!parsed) {
        return End(Invalid("MALFORMED_REQUEST",
                           "the request is not a valid blasty.v1.SubscribeRequest; is the client "
                           "built from api/blasty/v1/live.proto?"));
    }
    const Status status = HandleRequest(request);
    if (!status.ok()) return End(status);
    Read();
}

Status LiveStream::HandleRequest(const v1::SubscribeRequest& request) {
    const auto kind = request.kind_case();
    bool wake = true;
    {
        MutexLock lock(mutex_);
        const bool first = !std::exchange(first_seen_, true);
        switch (kind) {
            case v1::SubscribeRequest::kSubscribe:
                BLASTY_RETURN_IF_ERROR(HandleSubscribe(request.subscribe()));
                wake = !waiting_.empty();
                break;
            case v1::SubscribeRequest::kUnsubscribe:
                HandleUnsubscribe(request.unsubscribe().subscription());
                break;
            case v1::SubscribeRequest::kCredit:
                limited_ = limited_ || first;
                credit_ +=
                    std::min(request.credit(), std::numeric_limits<uint64_t>::max() - credit_);
                break;
            case v1::SubscribeRequest::KIND_NOT_SET:
                return Invalid("EMPTY_REQUEST",
                               "the request is empty, or of a kind that this server does not "
                               "know");
        }
    }
    if (wake) Wake();
    return OkStatus();
}

std::function<void()> LiveStream::Waker() {
    return [weak = std::weak_ptr<LiveStream>(Self())] {
        if (const auto self = weak.lock()) self->Wake();
    };
}

Status LiveStream::HandleSubscribe(const v1::Subscribe& request) {
    const uint64_t id = request.subscription();
    if (subscriptions_.contains(id)) {
        return MakeError(StatusCode::kAlreadyExists, "ID_IN_USE",
                         StrCat("subscription ", id,
                                " is in use on this stream; choose another number, or "
                                "unsubscribe it first"));
    }
    const Result<bool> search = IsSearch(request);
    Status status = search.status();
    if (status.ok()) status = *search ? SubscribeSearch(request) : SubscribeQuery(request);
    subscriptions_[id].search = search.ok() && *search;
    if (!status.ok()) waiting_.push_back({id, nullptr, {}, 0, std::move(status)});
    return OkStatus();
}

Status LiveStream::SubscribeQuery(const v1::Subscribe& request) {
    BLASTY_ASSIGN_OR_RETURN(const auto options, QueryOptionsOf(request));
    if (queries_ == nullptr) queries_ = live_.NewSession(Waker());
    return queries_->Subscribe(request.subscription(), options);
}

Status LiveStream::SubscribeSearch(const v1::Subscribe& request) {
    if (searches_ == nullptr) {
        return Invalid("LIVE_REFUSED", "this server has no search indexes to follow");
    }
    BLASTY_ASSIGN_OR_RETURN(const auto options, SearchOptionsOf(request));
    if (search_session_ == nullptr) search_session_ = searches_->NewSession(Waker());
    return search_session_->Subscribe(request.subscription(), options);
}

void LiveStream::HandleUnsubscribe(uint64_t subscription) {
    const auto known = subscriptions_.find(subscription);
    if (known == subscriptions_.end()) return;
    // A session may be missing when the subscription was refused.
    if (known->second.search) {
        if (search_session_ != nullptr) search_session_->Unsubscribe(subscription);
    } else if (queries_ != nullptr) {
        queries_->Unsubscribe(subscription);
    }
    subscriptions_.erase(known);
    std::erase_if(waiting_, [subscription](const Waiting& waiting) {
        return waiting.subscription == subscription;
    });
}

void LiveStream::RunOnShard() {
    if (done_) {
        std::unique_ptr<live::Session> queries;  // destroyed after the lock
        std::unique_ptr<search::LiveSession> searches;
        MutexLock lock(mutex_);
        queries.swap(queries_);
        searches.swap(search_session_);
        waiting_.clear();
        return;
    }
    if (!CanWrite()) return;
    LiveAnswer answer;
    bool over = false;
    {
        MutexLock lock(mutex_);
        if (!limited_ || credit_ > 0) {
            Fetch();
            Fill(&answer);
            if (limited_) credit_ -= std::min<uint64_t>(credit_, answer.size());
        }
        over = half_closed_ && subscriptions_.empty() && waiting_.empty();
    }
    if (!answer.empty()) {
        Write(answer.Take());
        return;  // OnWritten comes and looks again
    }
    if (over) End(OkStatus());
}

void LiveStream::Fetch() {
    // What was left over goes first, and holds no more than one fetch.
    if (!waiting_.empty()) return;
    fetched_.clear();
    const bool both = queries_ != nullptr && search_session_ != nullptr;
    const size_t bytes_max = both ? kLiveFetchBytes / 2 : kLiveFetchBytes;
    if (queries_ != nullptr) queries_->Fetch(bytes_max, &fetched_);
    if (search_session_ != nullptr) search_session_->Fetch(bytes_max, &fetched_);
    for (live::Session::Fetched& fetched : fetched_) {
        const std::string_view events = EncodedEvents(*fetched.batch);
        waiting_.push_back({fetched.subscription, std::move(fetched.batch), events,
                            static_cast<uint32_t>(fetched.skip), OkStatus()});
    }
    fetched_.clear();
}

void LiveStream::Fill(LiveAnswer* answer) {
    while (!waiting_.empty() && AddFront(answer)) {
    }
}

bool LiveStream::AddFront(LiveAnswer* answer) {
    Waiting& front = waiting_.front();
    const auto known = subscriptions_.find(front.subscription);
    if (known == subscriptions_.end()) {  // it ended in this answer
        waiting_.pop_front();
        return true;
    }
    if (!front.error.ok()) {
        answer->AddError(front.subscription, front.error);
        subscriptions_.erase(known);
        waiting_.pop_front();
        return true;
    }
    LiveAnswer::Head head;
    head.subscription = front.subscription;
    const auto& columns = front.batch->columns;
    if (columns != nullptr && columns != known->second.columns) head.columns = columns.get();
    const size_t used = answer->size() + kHeadBytes;
    const size_t room = kLiveAnswerBytesMax - std::min(kLiveAnswerBytesMax, used);
    if (front.events.size() <= room) {
        head.skip = front.skip;
        answer->Add(head, front.batch, front.events);
        if (head.columns != nullptr) known->second.columns = columns;
        if (EndsSubscription(*front.batch)) subscriptions_.erase(known);
        waiting_.pop_front();
        return true;
    }
    // A commit is cut only when no answer could hold it.
    if (!answer->empty()) return false;
    const EventsCut cut = CutEvents(front.events, room);
    head.skip = std::min(front.skip, cut.count);
    head.more = cut.events.size() < front.events.size();
    answer->Add(head, front.batch, cut.events);
    if (head.columns != nullptr) known->second.columns = columns;
    front.events.remove_prefix(cut.events.size());
    front.skip -= head.skip;
    if (front.events.empty()) {
        if (EndsSubscription(*front.batch)) subscriptions_.erase(known);
        waiting_.pop_front();
    }
    return false;
}

}  // namespace blasty::rpc
