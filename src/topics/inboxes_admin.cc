// Administration of inboxes, and joining them.

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "topics/internal/core.h"
#include "topics/internal/live_inbox.h"
#include "topics/internal/member_impl.h"
#include "topics/internal/state.h"
#include "topics/names.h"
#include "topics/topics.h"

namespace blasty::topics {

using internal::Core;
using internal::InboxState;

namespace {

Status Invalid(const std::string& inbox, std::string_view why) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_CONFIG",
                     StrCat("inbox '", Printable(inbox), "': ", why));
}

std::vector<std::string> Sorted(std::vector<std::string> patterns) {
    std::sort(patterns.begin(), patterns.end());
    return patterns;
}

Status CheckPatterns(const std::vector<std::string>& patterns) {
    if (patterns.empty() || patterns.size() > static_cast<size_t>(kPatternsMax)) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_CONFIG",
                         StrCat(patterns.size(), " topics or patterns given; 1 to ", kPatternsMax));
    }
    for (const std::string& pattern : patterns) BLASTY_RETURN_IF_ERROR(CheckPattern(pattern));
    return OkStatus();
}

}  // namespace

Status Topics::Impl::CheckInboxConfig(const std::string& name, const InboxConfig& config) {
    BLASTY_RETURN_IF_ERROR(CheckName("inbox", name));
    BLASTY_RETURN_IF_ERROR(CheckPatterns(config.patterns));
    if (config.ack_wait_us <= 0 || config.ack_wait_us > kAckWaitMaxUs) {
        return Invalid(name, "the ack wait must be positive, and 30 days at most");
    }
    if (config.max_in_flight == 0 || config.max_in_flight > kMaxInFlightMax) {
        return Invalid(name, StrCat("max in flight must be 1 to ", kMaxInFlightMax));
    }
    const std::string dead = internal::DeadLetterTopicOf(name, config);
    BLASTY_RETURN_IF_ERROR(CheckName("topic", dead));
    if (IsOwnTopic(dead)) {
        return MakeError(
            StatusCode::kInvalidArgument, "INVALID_NAME",
            StrCat("dead letters cannot go to '", dead, "', which is written by the server alone"));
    }
    if (config.max_deliveries > 0 &&
        std::find(config.patterns.begin(), config.patterns.end(), dead) != config.patterns.end()) {
        return Invalid(name, "it must not read its own dead-letter topic");
    }
    return OkStatus();
}

Status Topics::Impl::EnsurePatterns(const std::vector<std::string>& patterns) {
    BLASTY_RETURN_IF_ERROR(CheckPatterns(patterns));
    for (const std::string& pattern : patterns) {
        if (IsWildcard(pattern)) continue;
        BLASTY_RETURN_IF_ERROR(core->EnsureTopic(pattern).status());
    }
    return OkStatus();
}

std::vector<InboxInfo> Topics::Impl::InboxInfosOf(const std::vector<std::string>& names) {
    struct Part {
        InboxInfo info;
        uint32_t id = 0;
        uint64_t acked = 0;
    };
    std::vector<Part> parts;
    std::vector<internal::InboxPending> pending;  // of the same inboxes
    internal::View& view = core->view;
    for (const std::string& name : names) {
        MutexLock lock(view.mutex);
        const InboxState* inbox = view.FindInbox(name);
        if (inbox == nullptr) continue;
        Part& part = parts.emplace_back();
        part.id = inbox->id;
        part.info.name = name;
        part.info.config = *inbox->config;
        part.info.created_us = inbox->created_us;
        part.info.ack_floor = Sequence(inbox->floor);
        // Acked ones above the floor: runs cover gaps too, so that this is a bound.
        part.acked = inbox->acked.CountAbove(inbox->floor);
        pending.push_back({inbox->config, inbox->floor, view.PendingOfNamed(*inbox)});
    }
    view.AddPending(&pending);
    std::vector<InboxInfo> infos;
    for (size_t i = 0; i < parts.size(); ++i) {
        InboxInfo& info = parts[i].info;
        info.pending = pending[i].pending - std::min(pending[i].pending, parts[i].acked);
        std::shared_ptr<internal::LiveInbox> live;
        {
            MutexLock lock(core->live_mutex);
            auto found = core->live.find(parts[i].id);
            if (found != core->live.end()) live = found->second;
        }
        if (live) live->FillInfo(&info);
        info.pending -= std::min(info.pending, info.in_flight);
        infos.push_back(std::move(info));
    }
    return infos;
}

Result<InboxInfo> Topics::Impl::InboxInfoOf(const std::string& name) {
    std::vector<InboxInfo> infos = InboxInfosOf({name});
    if (infos.empty()) return internal::InboxNotFound(name);
    return std::move(infos.front());
}

Result<uint32_t> Topics::Impl::MakeInbox(const std::string& name, const InboxConfig& config,
                                         const Start& start, bool must_be_same) {
    BLASTY_RETURN_IF_ERROR(CheckInboxConfig(name, config));
    BLASTY_RETURN_IF_ERROR(EnsurePatterns(config.patterns));
    bool at_newest = false;
    BLASTY_ASSIGN_OR_RETURN(const Sequence floor, core->ResolveStart(start, &at_newest));
    const uint32_t id = core->view.ReserveInbox(name);
    if (id == 0) {
        return MakeError(StatusCode::kResourceExhausted, "LIMIT_REACHED",
                         StrCat("there are ", kInboxesMax, " inboxes; delete some first"));
    }
    BLASTY_RETURN_IF_ERROR(
        core->AppendControl(
                internal::InboxCreated{id, name, config, core->clock.NowMicros(), at_newest, floor})
            .status());
    MutexLock lock(core->view.mutex);
    const InboxState* inbox = core->view.FindInbox(name);
    if (inbox == nullptr) return internal::InboxNotFound(name);
    if (must_be_same && *inbox->config != config) {
        return MakeError(StatusCode::kAlreadyExists, "INBOX_EXISTS",
                         StrCat("inbox '", name, "' exists with another configuration; ",
                                "`blasty inboxes set ", name, "` changes it"));
    }
    return inbox->id;
}

Result<InboxInfo> Topics::CreateInbox(const std::string& name, const InboxConfig& config,
                                      const Start& start) {
    BLASTY_RETURN_IF_ERROR(impl_->MakeInbox(name, config, start, true).status());
    return impl_->InboxInfoOf(name);
}

Result<std::unique_ptr<Member>> Topics::Join(const JoinOptions& options,
                                             std::function<void()> wake) {
    Core& core = *impl_->core;
    uint32_t id = 0;
    {
        MutexLock lock(core.view.mutex);
        if (const InboxState* inbox = core.view.FindInbox(options.inbox)) id = inbox->id;
    }
    if (id == 0) {
        if (!options.create) return internal::InboxNotFound(options.inbox);
        BLASTY_ASSIGN_OR_RETURN(
            id, impl_->MakeInbox(options.inbox, options.config, options.start, false));
    }
    if (!options.config.patterns.empty()) {
        MutexLock lock(core.view.mutex);
        const InboxState* inbox = core.view.FindInbox(id);
        if (inbox != nullptr &&
            Sorted(inbox->config->patterns) != Sorted(options.config.patterns)) {
            return MakeError(StatusCode::kFailedPrecondition, "INBOX_CONFIG_DIFFERS",
                             StrCat("inbox '", options.inbox,
                                    "' reads other topics; leave them out, or change what it reads "
                                    "with `blasty inboxes set ",
                                    options.inbox, " --topic …`"));
        }
    }
    return internal::JoinInbox(impl_->core, id, std::move(wake));
}

Result<InboxInfo> Topics::UpdateInbox(const std::string& name, const InboxConfig& config) {
    Core& core = *impl_->core;
    BLASTY_ASSIGN_OR_RETURN(const InboxInfo before, impl_->InboxInfoOf(name));
    InboxConfig wanted = config;
    if (wanted.patterns.empty()) wanted.patterns = before.config.patterns;
    BLASTY_RETURN_IF_ERROR(impl_->CheckInboxConfig(name, wanted));
    BLASTY_RETURN_IF_ERROR(impl_->EnsurePatterns(wanted.patterns));
    uint32_t id = 0;
    {
        MutexLock lock(core.view.mutex);
        const InboxState* inbox = core.view.FindInbox(name);
        if (inbox == nullptr) return internal::InboxNotFound(name);
        id = inbox->id;
    }
    BLASTY_RETURN_IF_ERROR(core.AppendControl(internal::InboxUpdated{id, wanted}).status());
    return impl_->InboxInfoOf(name);
}

Status Topics::DeleteInbox(const std::string& name) {
    Core& core = *impl_->core;
    uint32_t id = 0;
    {
        MutexLock lock(core.view.mutex);
        const InboxState* inbox = core.view.FindInbox(name);
        if (inbox == nullptr) return internal::InboxNotFound(name);
        id = inbox->id;
    }
    BLASTY_RETURN_IF_ERROR(core.AppendControl(internal::InboxDeleted{id}).status());
    MutexLock lock(core.live_mutex);
    core.live.erase(id);
    return OkStatus();
}

Result<InboxInfo> Topics::ResetInbox(const std::string& name, const Start& start) {
    Core& core = *impl_->core;
    bool at_newest = false;
    BLASTY_ASSIGN_OR_RETURN(const Sequence floor, core.ResolveStart(start, &at_newest));
    uint32_t id = 0;
    {
        MutexLock lock(core.view.mutex);
        const InboxState* inbox = core.view.FindInbox(name);
        if (inbox == nullptr) return internal::InboxNotFound(name);
        id = inbox->id;
    }
    BLASTY_RETURN_IF_ERROR(core.AppendControl(internal::InboxReset{id, at_newest, floor}).status());
    return impl_->InboxInfoOf(name);
}

Result<InboxInfo> Topics::GetInbox(const std::string& name) { return impl_->InboxInfoOf(name); }

Result<std::vector<InboxInfo>> Topics::ListInboxes(const ListOptions& options) {
    BLASTY_RETURN_IF_ERROR(CheckPattern(options.pattern));
    return impl_->InboxInfosOf(impl_->core->view.ListInboxNames(options));
}

}  // namespace blasty::topics
