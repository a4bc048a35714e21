#include "client/admin.h"

#include <chrono>
#include <utility>

#include "blasty/v1/server.grpc.pb.h"
#include "blasty/v1/topics.grpc.pb.h"
#include "client/internal/core.h"

namespace blasty::client {

struct Admin::Impl {
    explicit Impl(std::shared_ptr<internal::Core> shared)
        : core(std::move(shared)),
          topics(v1::Topics::NewStub(core->channel)),
          server(v1::Server::NewStub(core->channel)) {}

    template <typename Stub, typename Request, typename Response>
    Result<Response> Call(Stub& stub,
                          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                       Response*),
                          const Request& request) {
        core->ConnectNow(true);
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::microseconds(core->options.call_timeout_us));
        Response response;
        const grpc::Status status = (stub.*method)(&context, request, &response);
        if (!status.ok()) return internal::FromGrpc(status, context, core->options.server);
        return response;
    }

    // All pages of a list. `items` takes the repeated field out of an answer.
    template <typename Item, typename Request, typename Response, typename Items>
    Result<std::vector<Item>> List(grpc::Status (v1::Topics::Stub::*method)(grpc::ClientContext*,
                                                                            const Request&,
                                                                            Response*),
                                   const std::string& pattern, Items items) {
        std::vector<Item> all;
        Request request;
        request.set_pattern(pattern);
        for (;;) {
            BLASTY_ASSIGN_OR_RETURN(Response page, Call(*topics, method, request));
            for (auto& item : *items(page)) all.push_back(std::move(item));
            if (!page.more() || all.empty()) return all;
            request.set_after(all.back().name());
        }
    }

    const std::shared_ptr<internal::Core> core;
    const std::unique_ptr<v1::Topics::Stub> topics;
    const std::unique_ptr<v1::Server::Stub> server;
};

namespace {

using TopicsStub = v1::Topics::Stub;

template <typename Request>
Request Named(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
}

}  // namespace

Admin::Admin(Client& client) : impl_(std::make_unique<Impl>(client.core())) {}
Admin::~Admin() = default;

Result<v1::Topic> Admin::CreateTopic(const std::string& name, const v1::TopicConfig& config) {
    auto request = Named<v1::CreateTopicRequest>(name);
    *request.mutable_config() = config;
    return impl_->Call(*impl_->topics, &TopicsStub::CreateTopic, request);
}

Result<v1::Topic> Admin::UpdateTopic(const std::string& name, const v1::TopicConfig& config) {
    auto request = Named<v1::UpdateTopicRequest>(name);
    *request.mutable_config() = config;
    return impl_->Call(*impl_->topics, &TopicsStub::UpdateTopic, request);
}

Status Admin::DeleteTopic(const std::string& name, const std::string& confirm) {
    auto request = Named<v1::DeleteTopicRequest>(name);
    request.set_confirm(confirm);
    return impl_->Call(*impl_->topics, &TopicsStub::DeleteTopic, request).status();
}

Result<v1::Topic> Admin::GetTopic(const std::string& name) {
    return impl_->Call(*impl_->topics, &TopicsStub::GetTopic, Named<v1::GetTopicRequest>(name));
}

Result<std::vector<v1::Topic>> Admin::ListTopics(const std::string& pattern) {
    return impl_->List<v1::Topic>(
        &TopicsStub::ListTopics, pattern,
        [](v1::ListTopicsResponse& page) { return page.mutable_topics(); });
}

Result<v1::Inbox> Admin::CreateInbox(const std::string& name, const v1::InboxConfig& config,
                                     const v1::Start& start) {
    auto request = Named<v1::CreateInboxRequest>(name);
    *request.mutable_config() = config;
    if (start.at_case() != v1::Start::AT_NOT_SET) *request.mutable_start() = start;
    return impl_->Call(*impl_->topics, &TopicsStub::CreateInbox, request);
}

Result<v1::Inbox> Admin::UpdateInbox(const std::string& name, const v1::InboxConfig& config) {
    auto request = Named<v1::UpdateInboxRequest>(name);
    *request.mutable_config() = config;
    return impl_->Call(*impl_->topics, &TopicsStub::UpdateInbox, request);
}

Status Admin::DeleteInbox(const std::string& name, const std::string& confirm) {
    auto request = Named<v1::DeleteInboxRequest>(name);
    request.set_confirm(confirm);
    return impl_->Call(*impl_->topics, &TopicsStub::DeleteInbox, request).status();
}

Result<v1::Inbox> Admin::ResetInbox(const std::string& name, const v1::Start& start) {
    auto request = Named<v1::ResetInboxRequest>(name);
    *request.mutable_start() = start;
    return impl_->Call(*impl_->topics, &TopicsStub::ResetInbox, request);
}

Result<v1::Inbox> Admin::GetInbox(const std::string& name) {
    return impl_->Call(*impl_->topics, &TopicsStub::GetInbox, Named<v1::GetInboxRequest>(name));
}

Result<std::vector<v1::Inbox>> Admin::ListInboxes(const std::string& pattern) {
    return impl_->List<v1::Inbox>(
        &TopicsStub::ListInboxes, pattern,
        [](v1::ListInboxesResponse& page) { return page.mutable_inboxes(); });
}

Result<v1::ServerInfo> Admin::GetInfo() {
    return impl_->Call(*impl_->server, &v1::Server::Stub::GetInfo, v1::GetInfoRequest());
}

Result<std::vector<Published>> Admin::Publish(const std::string& topic,
                                              std::span<const OutMessage> messages) {
    v1::PublishRequest request;
    request.set_topic(topic);
    for (const OutMessage& from : messages) {
        v1::Message& to = *request.add_messages();
        to.set_payload(std::string(from.payload));
        to.set_key(std::string(from.key));
        to.set_id(std::string(from.id));
        to.set_event_time_us(from.event_time_us);
        for (const Header& header : from.headers) {
            v1::Header& added = *to.add_headers();
            added.set_name(std::string(header.name));
            added.set_value(std::string(header.value));
        }
    }
    BLASTY_ASSIGN_OR_RETURN(const v1::PublishResponse response,
                            impl_->Call(*impl_->topics, &TopicsStub::Publish, request));
    std::vector<Published> out;
    for (const uint64_t sequence : response.sequences()) out.push_back({sequence, false});
    for (const uint32_t index : response.duplicates())
        if (index < out.size()) out[index].duplicate = true;
    return out;
}

}  // namespace blasty::client
