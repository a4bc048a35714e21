// The handle of a connected member.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "topics/internal/live_inbox.h"
#include "topics/member.h"

namespace blasty::topics::internal {

class MemberImpl : public Member {
  public:
    MemberImpl(std::shared_ptr<Core> core, std::shared_ptr<LiveInbox> inbox, uint32_t member)
        : core_(std::move(core)), inbox_(std::move(inbox)), member_(member) {}
    ~MemberImpl() override;

    Status Fetch(const FetchLimits& limits, std::vector<Delivery>* out) override {
        return inbox_->Fetch(member_, limits, out);
    }
    void Ack(std::span<const Sequence> sequences, AckDone done) override {
        inbox_->Ack(member_, sequences, std::move(done));
    }
    Status Nack(Sequence sequence, int64_t delay_us) override {
        return inbox_->Nack(member_, sequence, delay_us);
    }
    Status Extend(Sequence sequence) override { return inbox_->Extend(member_, sequence); }

  private:
    const std::shared_ptr<Core> core_;
    const std::shared_ptr<LiveInbox> inbox_;
    const uint32_t member_;
};

// Connects to an inbox that exists. INBOX_NOT_FOUND.
Result<std::unique_ptr<Member>> JoinInbox(const std::shared_ptr<Core>& core, uint32_t inbox,
                                          std::function<void()> wake);

}  // namespace blasty::topics::internal
