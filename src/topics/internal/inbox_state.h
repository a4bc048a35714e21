// The durable state of an inbox, small enough that a million idle ones fit in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "topics/config.h"
#include "topics/internal/ack_record.h"
#include "topics/internal/run_set.h"
#include "topics/internal/waiter.h"

namespace blasty::topics::internal {

// How the view tells the members of an inbox that its state was changed from outside.
struct LiveSignal {
    std::atomic<bool> changed = false;
    WaiterPtr waiter;
};

// Guarded by the mutex of the View that holds it.
struct InboxState {
    // Applies what is newer; false when the record is of another epoch.
    bool Apply(const AckRecord& record);

    uint32_t id = 0;
    bool exists = false;  // false while its creation is not durable yet
    std::string name;
    std::shared_ptr<const InboxConfig> config;
    int64_t created_us = 0;
    uint64_t created_at = 0;  // sequence of the record that created it
    uint64_t epoch = 0;
    uint64_t floor = 0;
    RunSet acked;                                            // above the floor
    std::unique_ptr<std::map<uint64_t, uint32_t>> attempts;  // above the floor, not acked
    std::shared_ptr<LiveSignal> live;
};

}  // namespace blasty::topics::internal
