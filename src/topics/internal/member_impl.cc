#include "topics/internal/member_impl.h"

namespace blasty::topics::internal {

namespace {

// Forgets an inbox a while after its last member left: attempts and held order survive a member
// that comes back soon.
void RetireLater(Core& core, uint32_t id, const std::shared_ptr<LiveInbox>& inbox) {
    const uint64_t generation = inbox->generation();
    core.PostAfter(inbox->linger_us(), [&core, id, generation, weak = std::weak_ptr(inbox)] {
        const std::shared_ptr<LiveInbox> live = weak.lock();
        if (!live || live->generation() != generation) return;
        MutexLock lock(core.live_mutex);
        auto found = core.live.find(id);
        if (found == core.live.end() || found->second != live) return;
        if (live->Retire(generation)) core.live.erase(found);
    });
}

}  // namespace

MemberImpl::~MemberImpl() {
    inbox_->RemoveMember(member_);
    RetireLater(*core_, inbox_->id(), inbox_);
}

Result<std::unique_ptr<Member>> JoinInbox(const std::shared_ptr<Core>& core, uint32_t inbox,
                                          std::function<void()> wake) {
    MutexLock lock(core->live_mutex);
    std::shared_ptr<LiveInbox>& live = core->live[inbox];
    if (!live) {
        auto made = std::make_shared<LiveInbox>(*core, inbox);
        const Status attached = made->Attach();
        if (!attached.ok()) {
            core->live.erase(inbox);
            return attached;
        }
        live = std::move(made);
    }
    const uint32_t member = live->AddMember(std::move(wake));
    return std::unique_ptr<Member>(new MemberImpl(core, live, member));
}

}  // namespace blasty::topics::internal
