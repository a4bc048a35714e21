// Who waits for which names, and how many inboxes read them. Exact names are looked up; wildcards
// are matched when a message comes, and what matched is remembered by the topic.

#include "topics/internal/view.h"
#include "topics/names.h"

namespace blasty::topics::internal {

void View::AddWaiter(const WaiterPtr& waiter) {
    MutexLock lock(mutex);
    for (const std::string& pattern : waiter->patterns()) {
        if (IsWildcard(pattern)) {
            WaiterSet& set = wildcard_waiters_.At(pattern);
            if (set.empty()) ++wildcards_version_;
            set.insert(waiter);
        } else {
            exact_waiters_[pattern].insert(waiter);
            auto found = topics.find(pattern);
            if (found != topics.end() && found->second->exists) {
                found->second->waiters.emplace(waiter.get(), waiter);
            }
        }
    }
}

void View::RemoveWaiter(const WaiterPtr& waiter) {
    MutexLock lock(mutex);
    for (const std::string& pattern : waiter->patterns()) {
        if (IsWildcard(pattern)) {
            WaiterSet* set = wildcard_waiters_.Find(pattern);
            if (set == nullptr) continue;
            set->erase(waiter);
            if (!set->empty()) continue;
            wildcard_waiters_.Erase(pattern);
            ++wildcards_version_;
        } else {
            auto exact = exact_waiters_.find(pattern);
            if (exact != exact_waiters_.end()) {
                exact->second.erase(waiter);
                if (exact->second.empty()) exact_waiters_.erase(exact);
            }
            auto found = topics.find(pattern);
            if (found != topics.end()) found->second->waiters.erase(waiter.get());
        }
    }
}

uint64_t View::InboxesOf(std::string_view topic) {
    auto exact = exact_inboxes_.find(std::string(topic));
    uint64_t count = exact == exact_inboxes_.end() ? 0 : exact->second;
    wildcard_inboxes_.ForEachMatch(
        topic, [&count](uint64_t inboxes_with_it) { count += inboxes_with_it; });
    return count;
}

void View::CountPatterns(const InboxConfig& config, int by) {
    for (const std::string& pattern : config.patterns) {
        if (IsWildcard(pattern)) {
            uint64_t& count = wildcard_inboxes_.At(pattern);
            count += static_cast<uint64_t>(by);
            if (count == 0) wildcard_inboxes_.Erase(pattern);
        } else {
            auto at = exact_inboxes_.try_emplace(pattern, 0).first;
            at->second += static_cast<uint64_t>(by);
            if (at->second == 0) exact_inboxes_.erase(at);
        }
    }
}

void View::CollectWakes(Topic& topic) {
    for (const auto& [raw, waiter] : topic.waiters) {
        if (raw->armed()) wakes_.push_back(waiter);
    }
    if (wildcard_waiters_.empty()) return;
    if (topic.wildcards_version != wildcards_version_) {
        topic.wildcards_version = wildcards_version_;
        topic.wildcard_waiters.clear();
        wildcard_waiters_.ForEachMatch(
            *topic.name, [&topic](WaiterSet& set) { topic.wildcard_waiters.push_back(&set); });
    }
    for (const WaiterSet* set : topic.wildcard_waiters) {
        for (const WaiterPtr& waiter : *set) {
            if (waiter->armed() && !waiter->Excludes(*topic.name)) wakes_.push_back(waiter);
        }
    }
}

}  // namespace blasty::topics::internal
