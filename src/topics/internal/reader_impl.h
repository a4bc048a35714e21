// The plain reader.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "topics/internal/core.h"
#include "topics/internal/scanner.h"
#include "topics/reader.h"

namespace blasty::topics::internal {

class ReaderImpl : public Reader {
  public:
    // `from`: first sequence to return. `tolerated_at`: floors that moved up to then are no loss.
    ReaderImpl(std::shared_ptr<Core> core, const ReaderOptions& options, Sequence from,
               uint64_t tolerated_at, std::function<void()> wake);
    ~ReaderImpl() override;

    Status Fetch(const FetchLimits& limits, std::vector<Message>* out) override;
    Sequence position() const override;
    void Skip() override;

  private:
    // Whether messages from `from` on are gone; CheckFloors asks only when a floor moved.
    Status CheckGone(Sequence from);
    Status CheckFloors(Sequence from);
    // A floor that moved while messages after it were read may have taken some away: goes back to
    // `from` then.
    Status CheckSkipped(Sequence from);
    // Appends what there is. Sets *caught_up.
    Status Collect(const FetchLimits& limits, std::vector<Message>* out, bool* caught_up);

    const std::shared_ptr<Core> core_;
    const WaiterPtr waiter_;
    Scanner scanner_;
    Scanned held_;  // scanned, but did not fit: comes first next time
    uint64_t tolerated_at_;
    uint64_t floors_seen_at_ = UINT64_MAX;
    bool skipped_ = false;  // as Scanner::TakeSkipped, of held_
};

}  // namespace blasty::topics::internal
