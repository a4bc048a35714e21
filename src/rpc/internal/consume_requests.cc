// The requests of a consume stream: start, credit, ack, nack, extend.
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/consume_stream.h"
#include "rpc/internal/convert.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

Status Invalid(std::string_view reason, std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, reason, message);
}

Status CheckStart(const v1::ConsumeStart& start) {
    if (start.topics().empty() && start.inbox().empty()) {
        return Invalid("TOPICS_MISSING",
                       "start names neither topics nor an inbox; say what to read");
    }
    if (start.batch_bytes_max() > kBatchBytesMax) {
        return Invalid("LIMIT_TOO_LARGE",
                       StrCat("start.batch_bytes_max is ", start.batch_bytes_max(), "; at most ",
                              kBatchBytesMax));
    }
    if (start.until_caught_up() && !start.inbox().empty()) {
        return Invalid("NOT_FOR_INBOXES",
                       "start.until_caught_up is for plain readers; an inbox goes on live");
    }
    return OkStatus();
}

}  // namespace

void ConsumeStream::OnRequest(grpc::ByteBuffer& wire) {
    v1::ConsumeRequest request;
    const grpc::Status parsed =
        grpc::SerializationTraits<v1::ConsumeRequest>::Deserialize(&wire, &request);
    if (!parsed.ok()) {
        return End(Invalid("MALFORMED_REQUEST",
                           "the request is not a valid blasty.v1.ConsumeRequest; is the client "
                           "built from api/blasty/v1/topics.proto?"));
    }
    const Status status = HandleRequest(request);
    if (!status.ok()) return End(status);
    if (request.kind_case() == v1::ConsumeRequest::kStart) return;  // reads on when it is open
    if (inbox_ != nullptr) {
        MutexLock lock(mutex_);
        paused_ = inbox_->ledger().full();
        if (paused_) return;
    }
    Read();
}

Status ConsumeStream::HandleRequest(const v1::ConsumeRequest& request) {
    const auto kind = request.kind_case();
    if (kind == v1::ConsumeRequest::kStart) {
        if (std::exchange(start_seen_, true)) {
            return Invalid("START_REPEATED", "the stream has begun already; open another stream");
        }
        return HandleStart(request.start());
    }
    if (!start_seen_) {
        return Invalid("START_MISSING", "the first request of a stream must be `start`");
    }
    if (kind == v1::ConsumeRequest::kCredit) {
        {
            MutexLock lock(mutex_);
            const uint64_t room = std::numeric_limits<uint64_t>::max() - credit_;
            credit_ += std::min<uint64_t>(room, request.credit().messages());
        }
        Wake();
        return OkStatus();
    }
    if (kind == v1::ConsumeRequest::KIND_NOT_SET) {
        return Invalid("EMPTY_REQUEST",
                       "the request is empty, or of a kind that this server does not know");
    }
    if (inbox_ == nullptr) {
        return MakeError(StatusCode::kFailedPrecondition, "NOT_AN_INBOX",
                         "a plain reader has nothing to ack; name an inbox in `start`");
    }
    switch (kind) {
        case v1::ConsumeRequest::kAck:
            return HandleAck(request.ack());
        case v1::ConsumeRequest::kNack:
            if (request.nack().delay_us() < 0) {
                return Invalid("INVALID_DELAY",
                               StrCat("nack.delay_us is ", request.nack().delay_us(),
                                      "; 0 or more microseconds"));
            }
            return inbox_->Nack(Sequence(request.nack().sequence()), request.nack().delay_us());
        default:
            return inbox_->Extend(Sequence(request.extend().sequence()));
    }
}

Status ConsumeStream::HandleAck(const v1::Ack& ack) {
    uint64_t count = static_cast<uint64_t>(ack.sequences_size());
    for (const auto& run : ack.runs()) {
        count += run.count();
        if (count > kAckSequencesMax) break;
        if (run.first() > std::numeric_limits<uint64_t>::max() - run.count()) {
            return Invalid("INVALID_RUN", StrCat("an ack run of ", run.count(), " from ",
                                                 run.first(), " goes beyond the largest sequence"));
        }
    }
    if (count > kAckSequencesMax) {
        return Invalid("TOO_MANY_ACKS", StrCat("one ack names more than ", kAckSequencesMax,
                                               " sequences; send several"));
    }
    std::vector<Sequence> sequences;
    sequences.reserve(count);
    for (const uint64_t sequence : ack.sequences()) sequences.emplace_back(sequence);
    for (const auto& run : ack.runs()) {
        for (uint32_t i = 0; i < run.count(); ++i) sequences.emplace_back(run.first() + i);
    }
    inbox_->Ack(sequences);
    return OkStatus();
}

Status ConsumeStream::HandleStart(const v1::ConsumeStart& start) {
    BLASTY_RETURN_IF_ERROR(CheckStart(start));
    batch_bytes_ = start.batch_bytes_max() == 0 ? kBatchBytesDefault : start.batch_bytes_max();
    unlimited_ = start.messages() == 0;
    {
        MutexLock lock(mutex_);
        credit_ = start.messages();
    }
    auto copy = std::make_shared<v1::ConsumeStart>(start);
    admin_.Post([self = Self(), copy] {
        if (self->ended()) return;
        self->Opened(copy->inbox().empty() ? self->OpenReader(*copy) : self->JoinInbox(*copy));
    });
    return OkStatus();
}

Status ConsumeStream::OpenReader(const v1::ConsumeStart& start) {
    topics::ReaderOptions options;
    options.patterns.assign(start.topics().begin(), start.topics().end());
    BLASTY_ASSIGN_OR_RETURN(options.start, FromProto(start.start(), topics::Start::Kind::kNewest));
    ReaderSourceOptions source;
    source.topics = &topics_;
    source.fan_out = &shard_.fan_out;
    source.shard = shard_.shard;
    source.patterns = options.patterns;
    source.wake = WakeLater();
    source.stream = this;
    source.stream_ref = std::static_pointer_cast<ShardItem>(Self());
    if (start.until_caught_up()) source.stop_after = topics_.stats().log.last.value();
    auto reader = topics_.OpenReader(options, source.wake);
    BLASTY_RETURN_IF_ERROR(reader.status());
    reader_ = std::make_unique<ReaderSource>(std::move(source), start.until_caught_up(),
                                             *std::move(reader));
    return OkStatus();
}

Status ConsumeStream::JoinInbox(const v1::ConsumeStart& start) {
    topics::JoinOptions options;
    options.inbox = start.inbox();
    options.config = FromProto(start.inbox_config());
    if (!start.topics().empty()) {
        options.config.patterns.assign(start.topics().begin(), start.topics().end());
    }
    BLASTY_ASSIGN_OR_RETURN(options.start, FromProto(start.start(), topics::Start::Kind::kOldest));
    inbox_created_ = absl::IsNotFound(topics_.GetInbox(options.inbox).status());
    auto member = topics_.Join(options, WakeLater());
    BLASTY_RETURN_IF_ERROR(member.status());
    inbox_ = std::make_unique<InboxSource>(*std::move(member), WakeLater());
    return OkStatus();
}

}  // namespace blasty::rpc
