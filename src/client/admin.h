// Administration: blocking calls, one request and one answer each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "blasty/v1/server.pb.h"
#include "blasty/v1/topics.pb.h"
#include "client/client.h"
#include "client/message.h"

namespace blasty::client {

// Thread-safe. Errors: those of api/blasty/v1/topics.proto, SERVER_UNREACHABLE, DEADLINE_EXCEEDED.
class Admin {
  public:
    explicit Admin(Client& client);
    ~Admin();

    Result<v1::Topic> CreateTopic(const std::string& name, const v1::TopicConfig& config);
    Result<v1::Topic> UpdateTopic(const std::string& name, const v1::TopicConfig& config);
    // `confirm` repeats the name.
    Status DeleteTopic(const std::string& name, const std::string& confirm);
    Result<v1::Topic> GetTopic(const std::string& name);
    // All pages. An empty pattern lists everything.
    Result<std::vector<v1::Topic>> ListTopics(const std::string& pattern);

    // An unset start means oldest.
    Result<v1::Inbox> CreateInbox(const std::string& name, const v1::InboxConfig& config,
                                  const v1::Start& start);
    Result<v1::Inbox> UpdateInbox(const std::string& name, const v1::InboxConfig& config);
    Status DeleteInbox(const std::string& name, const std::string& confirm);
    Result<v1::Inbox> ResetInbox(const std::string& name, const v1::Start& start);
    Result<v1::Inbox> GetInbox(const std::string& name);
    Result<std::vector<v1::Inbox>> ListInboxes(const std::string& pattern);

    Result<v1::ServerInfo> GetInfo();
    // One commit, all or none; answered when durable.
    Result<std::vector<Published>> Publish(const std::string& topic,
                                           std::span<const OutMessage> messages);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::client
