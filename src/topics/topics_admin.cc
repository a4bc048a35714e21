// Administration of topics.

#include <utility>
#include <variant>

#include "base/strings.h"
#include "topics/internal/core.h"
#include "topics/internal/state.h"
#include "topics/names.h"
#include "topics/topics.h"

namespace blasty::topics {

using internal::Core;
using internal::TopicPtr;

namespace {

Status CheckConfig(const std::string& name, const TopicConfig& config) {
    if (config.retention.age_us < 0 || config.message_bytes_max > kMessageBytesMax) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_CONFIG",
                         StrCat("topic '", Printable(name), "': the age must not be negative, and ",
                                "messages may have at most ", kMessageBytesMax, " bytes"));
    }
    return OkStatus();
}

}  // namespace

Result<TopicInfo> Topics::Impl::InfoOf(const std::string& name) {
    MutexLock lock(core->view.mutex);
    auto found = core->view.topics.find(name);
    if (found == core->view.topics.end() || !found->second->exists) {
        return internal::TopicNotFound(name);
    }
    TopicInfo info = found->second->Info();
    info.inboxes = core->view.InboxesOf(name);
    return info;
}

Result<TopicInfo> Topics::CreateTopic(const std::string& name, const TopicConfig& config) {
    Core& core = *impl_->core;
    BLASTY_RETURN_IF_ERROR(CheckName("topic", name));
    BLASTY_RETURN_IF_ERROR(CheckConfig(name, config));
    bool exists = false;
    const TopicPtr topic = core.view.ReserveTopic(name, &exists);
    if (!topic) {
        return MakeError(StatusCode::kResourceExhausted, "LIMIT_REACHED",
                         StrCat("there are ", kTopicsMax, " topics; delete some first"));
    }
    if (!exists) {
        BLASTY_RETURN_IF_ERROR(core.AppendControl(internal::TopicCreated{topic->id, name, config,
                                                                         core.clock.NowMicros()})
                                   .status());
    }
    // Someone else may have created it first, with another configuration.
    BLASTY_ASSIGN_OR_RETURN(TopicInfo info, impl_->InfoOf(name));
    if (info.config == core.WithDefaults(config)) return info;
    return MakeError(StatusCode::kAlreadyExists, "TOPIC_EXISTS",
                     StrCat("topic '", name, "' exists with another configuration; ",
                            "`blasty topics set ", name, "` changes it"));
}

Result<TopicInfo> Topics::UpdateTopic(const std::string& name, const TopicConfig& config) {
    Core& core = *impl_->core;
    BLASTY_RETURN_IF_ERROR(CheckConfig(name, config));
    const TopicPtr topic = core.view.FindTopic(name);
    if (!topic) return internal::TopicNotFound(name);
    BLASTY_RETURN_IF_ERROR(core.AppendControl(internal::TopicUpdated{topic->id, config}).status());
    BLASTY_RETURN_IF_ERROR(impl_->keeper.RefineFloor(topic));
    return impl_->InfoOf(name);
}

Status Topics::DeleteTopic(const std::string& name, const std::string& confirm) {
    Core& core = *impl_->core;
    const TopicPtr topic = core.view.FindTopic(name);
    if (!topic) return internal::TopicNotFound(name);
    if (confirm != name) {
        return MakeError(
            StatusCode::kInvalidArgument, "CONFIRMATION_MISSING",
            StrCat("deleting topic '", name, "' removes its messages: repeat its name to confirm"));
    }
    return core.AppendControl(internal::TopicDeleted{topic->id}).status();
}

Result<TopicInfo> Topics::GetTopic(const std::string& name) { return impl_->InfoOf(name); }

Result<std::vector<TopicInfo>> Topics::ListTopics(const ListOptions& options) {
    BLASTY_RETURN_IF_ERROR(CheckPattern(options.pattern));
    internal::View& view = impl_->core->view;
    std::vector<TopicInfo> infos;
    view.ListTopics(options, [&](const internal::Topic& topic) ABSL_NO_THREAD_SAFETY_ANALYSIS {
        infos.push_back(topic.Info());
        infos.back().inboxes = view.InboxesOf(*topic.name);
    });
    return infos;
}

}  // namespace blasty::topics
