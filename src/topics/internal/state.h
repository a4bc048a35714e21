// What stands behind Topics.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "topics/internal/core.h"
#include "topics/internal/keeper.h"
#include "topics/topics.h"

namespace blasty::topics {

struct Topics::Impl {
    explicit Impl(std::shared_ptr<internal::Core> shared_core)
        : core(std::move(shared_core)), keeper(*core) {}

    Result<TopicInfo> InfoOf(const std::string& topic);
    Result<InboxInfo> InboxInfoOf(const std::string& inbox);
    // Of those that exist, in the order given.
    std::vector<InboxInfo> InboxInfosOf(const std::vector<std::string>& inboxes);
    Status CheckInboxConfig(const std::string& name, const InboxConfig& config);
    // Creates topics that plain patterns name. TOPIC_NOT_FOUND when that is not allowed.
    Status EnsurePatterns(const std::vector<std::string>& patterns);
    // Returns the id.
    Result<uint32_t> MakeInbox(const std::string& name, const InboxConfig& config,
                               const Start& start, bool must_be_same);

    const std::shared_ptr<internal::Core> core;
    internal::Keeper keeper;
};

}  // namespace blasty::topics
