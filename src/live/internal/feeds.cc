#include "live/internal/feeds.h"

#include <utility>

#include "live/internal/session_impl.h"

namespace blasty::live::internal {
namespace {

// A feed without subscribers is kept this long for those who come back.
constexpr int64_t kLingerUs = 2'000'000;
// Above, subscribers are woken by another thread, so that the live thread goes on.
constexpr size_t kWakeInline = 64;

}  // namespace

Feeds::~Feeds() {
    for (const FeedPtr& feed : All()) Remove(feed);
}

std::string Feeds::KeyOf(const Text& text, const tables::Row& parameters, bool old_values) const {
    std::string key;
    PutFixed(key, text.id);
    key.push_back(old_values ? 1 : 0);
    key += tables::EncodeRow(parameters);
    return key;
}

FeedPtr Feeds::Find(const QueryPlan& plan, const tables::Row& parameters, bool old_values) const {
    const auto text = texts_.find(plan.sql);
    if (text == texts_.end()) return nullptr;
    const auto it = by_key_.find(KeyOf(text->second, parameters, old_values));
    return it == by_key_.end() ? nullptr : feeds_[it->second];
}

FeedPtr Feeds::Create(const QueryPlanPtr& plan, const tables::Row& parameters, bool old_values) {
    Text& text = texts_[plan->sql];
    if (text.feeds++ == 0) {
        text.id = next_text_++;
        text.plan = plan;
        text.columns =
            std::make_shared<ResultColumns>(ResultColumns{plan->columns, plan->column_types});
    }
    FeedId id = static_cast<FeedId>(feeds_.size());
    if (free_.empty()) {
        feeds_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    auto feed = std::make_shared<Feed>(id, text.plan, parameters, old_values, text.columns);
    feed->key = KeyOf(text, parameters, old_values);
    by_key_[feed->key] = id;
    feeds_[id] = feed;
    core_.counters.feeds.fetch_add(1);
    core_.counters.classes[static_cast<size_t>(plan->query_class)].fetch_add(1);
    return feed;
}

void Feeds::Remove(const FeedPtr& feed) {
    if (feed->retired.exchange(true)) return;
    for (const SubscriptionPtr& subscription : feed->subscribers) subscription->member_of.reset();
    feed->subscribers.clear();
    core_.counters.window_bytes.fetch_sub(feed->window.Clear());
    by_key_.erase(feed->key);
    feeds_[feed->id].reset();
    free_.push_back(feed->id);
    const auto text = texts_.find(feed->plan->sql);
    if (--text->second.feeds == 0) texts_.erase(text);
    core_.counters.feeds.fetch_sub(1);
    core_.counters.classes[static_cast<size_t>(feed->plan->query_class)].fetch_sub(1);
}

std::vector<FeedPtr> Feeds::All() const {
    std::vector<FeedPtr> all;
    for (const FeedPtr& feed : feeds_)
        if (feed) all.push_back(feed);
    return all;
}

void Feeds::Join(const FeedPtr& feed, const SubscriptionPtr& subscription) {
    if (subscription->member_of == feed) return;
    Leave(subscription);
    feed->subscribers.insert(subscription);
    subscription->member_of = feed;
}

void Feeds::Leave(const SubscriptionPtr& subscription) {
    const FeedPtr feed = std::exchange(subscription->member_of, nullptr);
    if (!feed || feed->subscribers.erase(subscription) == 0) return;
    if (feed->subscribers.empty()) {
        feed->idle_since_us = core_.clock.MonotonicMicros();
        idle_.push_back({feed->idle_since_us, feed});
        feed->window.PruneWaiters();
        feed->ended_since_prune = 0;
    } else if (++feed->ended_since_prune > feed->subscribers.size()) {
        feed->window.PruneWaiters();
        feed->ended_since_prune = 0;
    }
}

std::vector<FeedPtr> Feeds::TakeIdle(int64_t now_us) {
    std::vector<FeedPtr> idle;
    while (!idle_.empty() && idle_.front().since_us + kLingerUs <= now_us) {
        Idle front = std::move(idle_.front());
        idle_.pop_front();
        if (front.feed->retired.load() || !front.feed->subscribers.empty()) continue;
        if (front.feed->idle_since_us == front.since_us) idle.push_back(std::move(front.feed));
    }
    return idle;
}

void Feeds::Publish(Feed& feed, const std::shared_ptr<EventBatch>& batch) {
    batch->bytes = BytesOf(*batch);
    const Sequence base = batch->base;
    core_.counters.window_bytes.fetch_add(batch->bytes);
    published_.push_back({feeds_[feed.id], feed.published++});
    waiting_.clear();
    feed.window.Append(batch, &waiting_);
    for (SubscriptionPtr& subscription : waiting_)
        woken_.push_back({std::move(subscription), base});
}

void Feeds::WakePublished() {
    if (woken_.empty()) return;
    const bool at_once = woken_.size() <= kWakeInline || !core_.notifier;
    auto wake = [woken = std::exchange(woken_, {})] {
        for (const Woken& one : woken)
            one.subscription->session->Published(one.subscription, one.base);
    };
    if (at_once) return wake();
    core_.notifier->Post(std::move(wake));
}

void Feeds::Evict() {
    while (core_.counters.window_bytes.load() > core_.options.window_bytes_max &&
           !published_.empty()) {
        const Published oldest = std::move(published_.front());
        published_.pop_front();
        core_.counters.window_bytes.fetch_sub(oldest.feed->window.Evict(oldest.index));
    }
}

}  // namespace blasty::live::internal
