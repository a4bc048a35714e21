#include "live/internal/first_results.h"

#include <utility>

#include "live/internal/reevaluate.h"

namespace blasty::live::internal {

void FirstResults::Run() {
    do {
        std::unique_ptr<Slot> slot = TakeSlot();
        // One by one: each on a snapshot of its own, as new as can be.
        for (;;) {
            std::vector<FeedPtr> feeds = core_.first_results.Take(1);
            if (feeds.empty()) break;
            FirstResult first;
            first.feed = std::move(feeds.front());
            // Nobody wants it any more.
            if (first.feed->retired.load()) continue;
            first.status = Evaluate(*slot, &first);
            core_.inbox.Post(std::move(first));
        }
        MutexLock lock(mutex_);
        slots_.push_back(std::move(slot));
    } while (!core_.first_results.GiveBack());
}

std::unique_ptr<FirstResults::Slot> FirstResults::TakeSlot() {
    MutexLock lock(mutex_);
    if (slots_.empty()) return std::make_unique<Slot>();
    std::unique_ptr<Slot> slot = std::move(slots_.back());
    slots_.pop_back();
    return slot;
}

Status FirstResults::Evaluate(Slot& slot, FirstResult* first) {
    const Environment::Kind kind = Environment::KindFor(*first->feed->plan);
    auto& environment = slot[kind == Environment::Kind::kKeyed ? 1 : 0];
    if (!environment) {
        BLASTY_ASSIGN_OR_RETURN(environment, Environment::Make(core_.tables, core_.clock, kind));
    }
    BLASTY_RETURN_IF_ERROR(environment->Begin());
    first->at = environment->sequence();
    first->schema_at = environment->schema()->changed_at;
    auto evaluated = EvaluateQuery(core_, *environment, *first->feed);
    environment->End();
    BLASTY_RETURN_IF_ERROR(evaluated.status());
    first->held = std::move(evaluated->result);
    first->state = std::move(evaluated->state);
    return OkStatus();
}

}  // namespace blasty::live::internal
