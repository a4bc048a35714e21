// Someone who waits for messages of topics: a reader, or an inbox with members.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace blasty::topics::internal {

// Thread-safe. Arm it, look once more, then go away: Wake calls `wake` once for each Arm.
class Waiter {
  public:
    Waiter(std::vector<std::string> patterns, std::string excluded, std::function<void()> wake)
        : patterns_(std::move(patterns)), excluded_(std::move(excluded)), wake_(std::move(wake)) {}

    void Arm() { armed_.store(true); }
    void Disarm() { armed_.store(false); }
    bool armed() const { return armed_.load(std::memory_order_relaxed); }
    void Wake() {
        if (armed_.exchange(false) && wake_) wake_();
    }
    const std::vector<std::string>& patterns() const { return patterns_; }
    // A topic that its wildcards do not mean.
    bool Excludes(std::string_view name) const { return name == excluded_; }

  private:
    const std::vector<std::string> patterns_;
    const std::string excluded_;
    const std::function<void()> wake_;
    std::atomic<bool> armed_ = false;
};

using WaiterPtr = std::shared_ptr<Waiter>;
using WaiterSet = absl::flat_hash_set<WaiterPtr>;

}  // namespace blasty::topics::internal
