// Commits: which searches their rows fit, and what that means to those.
#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/internal/standing_follower.h"
#include "search/internal/standing_replay.h"
#include "search/internal/standing_session.h"

namespace blasty::search::standing {

using live::EventBatch;

namespace {

// After an evaluation that failed.
constexpr int64_t kRetryUs = 100'000;
// Changed keys that are remembered of one feed; more: all its rows are read again.
constexpr size_t kTouchedMax = 10'000;
constexpr int kFailuresMax = 50;
// Of a feed, while its first answer is on its way.
constexpr size_t kUnpublishedBytesMax = 16 << 20;

}  // namespace

void Follower::Follow(internal::LiveIndex::View view) {
    if (view.snapshot->sequence > position_) {
        const Sequence to = view.snapshot->sequence;
        const Status followed = FollowTo(view);
        if (!followed.ok() && ReasonOf(followed) == "SEQUENCE_GONE") {
            ResetAll("HISTORY_GONE",
                     "changes were removed before they were looked at; a new "
                     "answer follows");
        } else if (!followed.ok()) {
            return EndAll(followed);
        }
        position_ = to;
        view_ = std::move(view);
    }
    FinishRound();
}

Status Follower::FollowTo(const internal::LiveIndex::View& view) {
    if (feeds_.empty()) return OkStatus();
    return VisitChanges(core_, {view.table->id, view.of_topic ? view.source : nullptr}, position_,
                        view.snapshot->sequence, [&](const TableChanges& commit) -> Result<bool> {
                            if (inbox_->stopped()) return false;
                            BLASTY_RETURN_IF_ERROR(LookAt(commit));
                            return true;
                        });
}

Status Follower::LookAt(const TableChanges& commit) {
    for (const tables::RowChange& change : commit.changes)
        BLASTY_RETURN_IF_ERROR(LookAtRow(change));
    FinishCommit(commit);
    return OkStatus();
}

Status Follower::LookAtRow(const tables::RowChange& change) {
    core_.counters.changes.fetch_add(1, std::memory_order_relaxed);
    const uint64_t candidates = percolator_.stats().candidates;
    const auto find = [&](std::string_view row, index::Document* document,
                          std::vector<uint64_t>* ids) -> Status {
        ids->clear();
        if (row.empty()) return OkStatus();
        document->Begin(change.key);
        const Status filled = view_->mapping->Fill(row, document);
        document->End();
        BLASTY_RETURN_IF_ERROR(filled);
        percolator_.Match(*document, ids);
        std::sort(ids->begin(), ids->end());
        return OkStatus();
    };
    BLASTY_RETURN_IF_ERROR(find(change.old_row, old_document_.get(), &before_ids_));
    BLASTY_RETURN_IF_ERROR(find(change.new_row, new_document_.get(), &now_ids_));
    core_.counters.candidates.fetch_add(percolator_.stats().candidates - candidates,
                                        std::memory_order_relaxed);
    // Both lists as one: what fitted before, what fits now.
    size_t old = 0;
    size_t fresh = 0;
    while (old < before_ids_.size() || fresh < now_ids_.size()) {
        const uint64_t id = std::min(old < before_ids_.size() ? before_ids_[old] : UINT64_MAX,
                                     fresh < now_ids_.size() ? now_ids_[fresh] : UINT64_MAX);
        const bool before = old < before_ids_.size() && before_ids_[old] == id;
        const bool now = fresh < now_ids_.size() && now_ids_[fresh] == id;
        old += before ? 1 : 0;
        fresh += now ? 1 : 0;
        const auto feed = feeds_.find(id);
        if (feed != feeds_.end()) BLASTY_RETURN_IF_ERROR(Touch(feed->second, change, before, now));
    }
    return OkStatus();
}

Status Follower::Touch(const FeedPtr& feed, const tables::RowChange& change, bool before,
                       bool now) {
    core_.counters.matches.fetch_add(1, std::memory_order_relaxed);
    if (feed->best) {
        feed->dirty = true;
        if (feed->known) dirty_.insert(feed);
        if (feed->touched.size() <= kTouchedMax)
            feed->touched.insert_or_assign(std::string(change.key), before && now);
        return OkStatus();
    }
    if (feed->plan->chosen != nullptr) {
        if (before) {
            BLASTY_ASSIGN_OR_RETURN(before, index::Matches(*feed->plan->chosen, *old_document_));
        }
        if (now) {
            BLASTY_ASSIGN_OR_RETURN(now, index::Matches(*feed->plan->chosen, *new_document_));
        }
    }
    if (feed->open == nullptr) {
        feed->open = std::make_shared<EventBatch>();
        feed->open_delta = 0;
        opened_.push_back(feed);
    }
    if (!before && !now) return OkStatus();
    feed->open_delta += static_cast<int64_t>(now) - static_cast<int64_t>(before);
    return AddRowEvent(*feed->plan, change.key, before ? change.old_row : std::string_view(),
                       now ? change.new_row : std::string_view(), feed->open.get())
        .status();
}

void Follower::FinishCommit(const TableChanges& commit) {
    for (const FeedPtr& feed : std::exchange(opened_, {})) {
        // Facets may count what is no match (picked values).
        if (feed->open->events.empty() && !feed->plan->HasFacets()) {
            feed->open.reset();
            continue;
        }
        feed->open->base = commit.base;
        feed->open->sequence = commit.last;
        feed->open->columns = feed->plan->result_columns;
        if (feed->known)
            PublishOpen(feed);
        else if (!feed->missed)
            KeepOpen(feed);
        feed->open.reset();
    }
}

void Follower::KeepOpen(const FeedPtr& feed) {
    feed->unpublished_bytes += BytesOf(*feed->open);
    feed->unpublished.emplace_back(std::move(feed->open), feed->open_delta);
    if (feed->unpublished_bytes <= kUnpublishedBytesMax) return;
    feed->missed = true;
    feed->unpublished.clear();
    feed->unpublished_bytes = 0;
}

void Follower::PublishOpen(const FeedPtr& feed) {
    std::shared_ptr<EventBatch> batch = std::move(feed->open);
    feed->total += static_cast<uint64_t>(feed->open_delta);
    if (feed->plan->HasFacets()) {
        if (feed->held_back == nullptr)
            held_back_.push_back(feed);
        else if (!feed->held_back->events.empty())
            Publish(feed, std::move(feed->held_back));
        feed->held_back = std::move(batch);
        return;
    }
    if (feed->open_delta != 0) batch->events.push_back(CountsEvent(feed->total, {}));
    Publish(feed, std::move(batch));
}

void Follower::FinishFacets(const FeedPtr& feed) {
    std::erase(held_back_, feed);
    std::shared_ptr<EventBatch> batch = std::move(feed->held_back);
    if (batch == nullptr) return;
    auto counts = EvaluateCounts(core_, *feed->plan, *view_);
    if (!counts.ok()) return EndFeed(feed, counts.status());
    const bool same = feed->total == feed->told_total && SameFacets(counts->facets, feed->facets);
    feed->facets = std::move(counts->facets);
    feed->told_total = feed->total;
    if (!same) batch->events.push_back(CountsEvent(feed->total, feed->facets));
    if (!batch->events.empty()) Publish(feed, std::move(batch));
}

void Follower::FinishRound() {
    for (const FeedPtr& feed : std::exchange(held_back_, {})) {
        if (feeds_.contains(feed->id)) FinishFacets(feed);
    }
    if (dirty_.empty()) return;
    const int64_t now = core_.clock.MonotonicMicros();
    std::vector<FeedPtr> due;
    for (const FeedPtr& feed : dirty_) {
        if (feed->due_us <= now) due.push_back(feed);
    }
    for (const FeedPtr& feed : due) {
        if (inbox_->stopped()) return;
        ReevaluateNow(feed);
        if (feed->known && !feed->waiting.empty()) Serve(feed);
    }
}

bool Follower::ReevaluateNow(const FeedPtr& feed) {
    KnownHits known;
    for (const Hit& hit : feed->held) {
        const bool read = feed->touched.contains(hit.key) || feed->touched.size() > kTouchedMax;
        if (!read) known.emplace(hit.key, &hit);
    }
    auto answer = EvaluateBest(core_, *feed->plan, *view_, known);
    const int64_t now = core_.clock.MonotonicMicros();
    if (!answer.ok()) {
        // Tried again: a table of another shape, or a damaged index, is looked at anew soon.
        if (ReasonOf(answer.status()) == "INDEX_DAMAGED") index_->Damaged(view_->snapshot);
        feed->due_us = now + kRetryUs;
        dirty_.insert(feed);
        if (++feed->failures > kFailuresMax) EndFeed(feed, answer.status());
        return false;
    }
    feed->failures = 0;
    auto batch = std::make_shared<EventBatch>();
    AddListEvents(*feed->plan, feed->held, answer->hits, feed->touched, &batch->events);
    if (answer->total != feed->total || !SameFacets(answer->facets, feed->facets))
        batch->events.push_back(CountsEvent(answer->total, answer->facets));
    batch->base = feed->held_at;
    batch->sequence = position_;
    batch->columns = feed->plan->result_columns;
    feed->held = std::move(answer->hits);
    feed->total = answer->total;
    feed->facets = std::move(answer->facets);
    feed->held_at = position_;
    const bool touched = std::exchange(feed->dirty, false);
    feed->touched.clear();
    dirty_.erase(feed);
    if (feed->plan->request->coalesce_us > 0) feed->due_us = now + feed->plan->request->coalesce_us;
    if (batch->events.empty()) return true;
    Publish(feed, std::move(batch));
    // Something may have been told at this sequence before: who stands at it does not know this.
    if (!touched) feed->told_at = Next(position_);
    return true;
}

void Follower::Publish(const FeedPtr& feed, std::shared_ptr<EventBatch> batch) {
    batch->bytes = BytesOf(*batch);
    feed->told_at = batch->sequence;
    const live::EventBatchPtr shared = std::move(batch);
    for (const SubscriptionPtr& subscription : feed->subscribers)
        subscription->session->Publish(subscription, shared);
}

void Follower::TellProgress() {
    if (progress_.empty() || position_ <= progress_told_ || !view_) return;
    const int64_t now = core_.clock.MonotonicMicros();
    if (now < progress_at_us_) return;
    progress_at_us_ = now + core_.options.progress_us;
    bool all = true;
    for (const SubscriptionPtr& subscription : progress_) {
        const FeedPtr& feed = subscription->member_of;
        const bool sure = feed != nullptr && feed->known && !feed->dirty;
        all = sure && subscription->session->Progress(subscription, position_) && all;
    }
    if (all) progress_told_ = position_;
}

void Follower::EndFeed(const FeedPtr& feed, const Status& why) {
    const std::vector<SubscriptionPtr> subscribers(feed->subscribers.begin(),
                                                   feed->subscribers.end());
    for (const SubscriptionPtr& subscription : subscribers) {
        Remove(subscription);
        subscription->session->End(subscription, why);
    }
    RemoveFeed(feed);
}

}  // namespace blasty::search::standing
