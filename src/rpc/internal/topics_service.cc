#include "rpc/internal/topics_service.h"

#include "base/strings.h"
#include "rpc/internal/convert.h"
#include "rpc/internal/publish_stream.h"
#include "rpc/internal/publish_unary.h"
#include "rpc/internal/unary_call.h"

namespace blasty::rpc {
namespace {

// Answers with what `result` holds.
template <typename Info, typename Proto>
Status Answer(const Result<Info>& result, Proto* response) {
    BLASTY_RETURN_IF_ERROR(result.status());
    ToProto(*result, response);
    return OkStatus();
}

// A page was asked for with one element more, which tells whether there is another page.
template <typename Infos>
bool CutPage(const topics::ListOptions& options, Infos* infos) {
    if (infos->size() < options.limit) return false;
    infos->resize(options.limit - 1);
    return true;
}

}  // namespace

TopicsService::Reactor* TopicsService::Publish(Context* context, const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* response) {
    return PublishUnary(topics_, NextShard().shard, publishes_, context, request, response);
}

TopicsService::RawStream* TopicsService::PublishStream(Context* context) {
    return std::make_shared<rpc::PublishStream>(*context, streams_, topics_, NextShard().shard)
        ->Begin();
}

TopicsService::RawStream* TopicsService::Consume(Context* context) {
    return std::make_shared<ConsumeStream>(*context, streams_, topics_, admin_, NextShard())
        ->Begin();
}

TopicsService::Reactor* TopicsService::CreateTopic(Context* context,
                                                   const v1::CreateTopicRequest* request,
                                                   v1::Topic* response) {
    return RunBlocking(admin_, context, [this, request, response] {
        return Answer(topics_.CreateTopic(request->name(), FromProto(request->config())), response);
    });
}

TopicsService::Reactor* TopicsService::UpdateTopic(Context* context,
                                                   const v1::UpdateTopicRequest* request,
                                                   v1::Topic* response) {
    return RunBlocking(admin_, context, [this, request, response] {
        return Answer(topics_.UpdateTopic(request->name(), FromProto(request->config())), response);
    });
}

TopicsService::Reactor* TopicsService::DeleteTopic(Context* context,
                                                   const v1::DeleteTopicRequest* request,
                                                   v1::DeleteTopicResponse*) {
    return RunBlocking(admin_, context, [this, request] {
        return topics_.DeleteTopic(request->name(), request->confirm());
    });
}

TopicsService::Reactor* TopicsService::GetTopic(Context* context,
                                                const v1::GetTopicRequest* request,
                                                v1::Topic* response) {
    return RunBlocking(admin_, context, [this, request, response] {
        return Answer(topics_.GetTopic(request->name()), response);
    });
}

TopicsService::Reactor* TopicsService::ListTopics(Context* context,
                                                  const v1::ListTopicsRequest* request,
                                                  v1::ListTopicsResponse* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        const auto page = ListPage(request->pattern(), request->after(), request->limit());
        BLASTY_RETURN_IF_ERROR(page.status());
        BLASTY_ASSIGN_OR_RETURN(auto infos, topics_.ListTopics(*page));
        response->set_more(CutPage(*page, &infos));
        for (const auto& info : infos) ToProto(info, response->add_topics());
        return OkStatus();
    });
}

TopicsService::Reactor* TopicsService::CreateInbox(Context* context,
                                                   const v1::CreateInboxRequest* request,
                                                   v1::Inbox* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        const auto start = FromProto(request->start(), topics::Start::Kind::kOldest);
        BLASTY_RETURN_IF_ERROR(start.status());
        return Answer(topics_.CreateInbox(request->name(), FromProto(request->config()), *start),
                      response);
    });
}

TopicsService::Reactor* TopicsService::UpdateInbox(Context* context,
                                                   const v1::UpdateInboxRequest* request,
                                                   v1::Inbox* response) {
    return RunBlocking(admin_, context, [this, request, response] {
        return Answer(topics_.UpdateInbox(request->name(), FromProto(request->config())), response);
    });
}

TopicsService::Reactor* TopicsService::DeleteInbox(Context* context,
                                                   const v1::DeleteInboxRequest* request,
                                                   v1::DeleteInboxResponse*) {
    return RunBlocking(admin_, context, [this, request] {
        if (request->confirm() != request->name()) {
            return MakeError(StatusCode::kInvalidArgument, "CONFIRMATION_MISSING",
                             StrCat("deleting inbox '", Printable(request->name()),
                                    "' loses its place; repeat its name in `confirm`"));
        }
        return topics_.DeleteInbox(request->name());
    });
}

TopicsService::Reactor* TopicsService::ResetInbox(Context* context,
                                                  const v1::ResetInboxRequest* request,
                                                  v1::Inbox* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        if (request->start().at_case() == v1::Start::AT_NOT_SET) {
            return MakeError(StatusCode::kInvalidArgument, "INVALID_START",
                             "resetting an inbox needs `start`: where to go on");
        }
        const auto start = FromProto(request->start(), topics::Start::Kind::kOldest);
        BLASTY_RETURN_IF_ERROR(start.status());
        return Answer(topics_.ResetInbox(request->name(), *start), response);
    });
}

TopicsService::Reactor* TopicsService::GetInbox(Context* context,
                                                const v1::GetInboxRequest* request,
                                                v1::Inbox* response) {
    return RunBlocking(admin_, context, [this, request, response] {
        return Answer(topics_.GetInbox(request->name()), response);
    });
}

TopicsService::Reactor* TopicsService::ListInboxes(Context* context,
                                                   const v1::ListInboxesRequest* request,
                                                   v1::ListInboxesResponse* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        const auto page = ListPage(request->pattern(), request->after(), request->limit());
        BLASTY_RETURN_IF_ERROR(page.status());
        BLASTY_ASSIGN_OR_RETURN(auto infos, topics_.ListInboxes(*page));
        response->set_more(CutPage(*page, &infos));
        for (const auto& info : infos) ToProto(info, response->add_inboxes());
        return OkStatus();
    });
}

}  // namespace blasty::rpc
