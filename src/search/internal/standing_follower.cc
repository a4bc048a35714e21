#include "search/internal/standing_follower.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/internal/standing_session.h"

namespace blasty::search::standing {
namespace {

using internal::LiveIndex;

// While something waits that nobody tells of.
constexpr int64_t kPollUs = 20'000;
// What is due waits at least so long: an index that is built again cannot answer yet.
constexpr int64_t kDueUs = 1'000;
constexpr int64_t kIdleUs = 5'000'000;

}  // namespace

void Follower::Inbox::Post(Command command) {
    MutexLock lock(mutex_);
    if (stopped_.load()) return;
    commands_.push_back(std::move(command));
    changed_.Signal();
}

void Follower::Inbox::Poke() {
    MutexLock lock(mutex_);
    poked_ = true;
    changed_.Signal();
}

std::vector<Follower::Command> Follower::Inbox::Take(int64_t timeout_us) {
    MutexLock lock(mutex_);
    if (commands_.empty() && !poked_ && !stopped_.load() && timeout_us > 0)
        changed_.WaitFor(mutex_, timeout_us);
    poked_ = false;
    return std::exchange(commands_, {});
}

void Follower::Inbox::Stop() {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.Signal();
}

Follower::Follower(Core& core, std::string name, std::shared_ptr<LiveIndex> index)
    : core_(core), name_(std::move(name)), index_(std::move(index)) {}

void Follower::Attach(standing::Start start) { inbox_->Post(std::move(start)); }
void Follower::Detach(const SubscriptionPtr& subscription) { inbox_->Post(subscription); }

void Follower::AttachAnew(const SubscriptionPtr& subscription) {
    inbox_->Post(standing::Start{.subscription = subscription});
}

void Follower::Answered(uint64_t feed, Sequence at, bool rows, Result<Answer> answer) {
    inbox_->Post(Came{.feed = feed, .at = at, .rows = rows, .answer = std::move(answer)});
}

void Follower::Start() {
    thread_ = std::thread([this] { Run(); });
}

void Follower::Stop() { inbox_->Stop(); }

void Follower::Join() {
    if (thread_.joinable()) thread_.join();
}

void Follower::Run() {
    Watch();
    while (!inbox_->stopped()) {
        std::vector<Command> commands = inbox_->Take(WaitUs());
        for (Command& command : commands) {
            if (inbox_->stopped()) break;
            Handle(std::move(command));
        }
        if (inbox_->stopped()) break;
        LookAgain();
        TellProgress();
    }
    // Feeds and subscriptions point at each other.
    core_.counters.feeds.fetch_sub(feeds_.size());
    for (const auto& [id, feed] : feeds_) {
        for (const SubscriptionPtr& subscription : feed->subscribers)
            subscription->member_of.reset();
    }
    feeds_.clear();
    feeds_by_key_.clear();
    dirty_.clear();
    starts_.clear();
    progress_.clear();
    view_.reset();
    inbox_->Take(0);
}

int64_t Follower::WaitUs() const {
    int64_t wait = starts_.empty() ? kIdleUs : kPollUs;
    if (!progress_.empty()) wait = std::min(wait, core_.options.progress_us);
    const int64_t now = core_.clock.MonotonicMicros();
    for (const FeedPtr& feed : dirty_)
        wait = std::min(wait, std::max<int64_t>(kDueUs, feed->due_us - now));
    return wait;
}

void Follower::Handle(Command command) {
    if (auto* const start = std::get_if<standing::Start>(&command)) return Begin(std::move(*start));
    if (const auto* const gone = std::get_if<SubscriptionPtr>(&command)) return Remove(*gone);
    Take(std::get<Came>(std::move(command)));
}

void Follower::Watch() {
    watcher_ =
        std::make_shared<const std::function<void()>>([inbox = std::weak_ptr<Inbox>(inbox_)] {
            if (const auto mine = inbox.lock()) mine->Poke();
        });
    index_->Watch(watcher_);
}

std::optional<LiveIndex::View> Follower::Look() {
    auto view = index_->WaitFor(Sequence(), 0);
    // Another one may have taken its name: of another definition, or made anew. Asked behind the
    // view, which is of before that then.
    auto named = core_.searches.Find(name_);
    if (!named.ok()) {
        EndAll(MakeError(StatusCode::kNotFound, "INDEX_DROPPED",
                         StrCat("search index '", Printable(name_), "' was dropped")));
        return std::nullopt;
    }
    if (*named != index_) {
        index_ = *std::move(named);
        Watch();
        ResetAll("INDEX_CHANGED", "the index has another definition; a new answer follows");
        view_.reset();
        view = index_->WaitFor(Sequence(), 0);
    }
    if (view.ok()) return *std::move(view);
    if (ReasonOf(view.status()) == "INDEX_FAILED")
        EndAll(view.status());
    else
        EndLate(view.status());
    return std::nullopt;
}

void Follower::LookAgain() {
    std::optional<LiveIndex::View> view = Look();
    if (!view || inbox_->stopped()) return;
    if (!view_ || view_->generation != view->generation) {
        Rebase(*std::move(view));
    } else {
        if (view_->mapping != view->mapping) Renew(view->mapping);
        Follow(*std::move(view));
    }
    std::vector<standing::Start> starts = std::exchange(starts_, {});
    for (standing::Start& start : starts) Begin(std::move(start));
    if (!starts_.empty()) {
        EndLate(MakeError(
            StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
            StrCat("index '", Printable(name_), "' did not get to the sequence in time")));
    }
}

void Follower::Rebase(LiveIndex::View view) {
    if (view_) ResetAll("INDEX_REBUILT", "the index was built again; a new answer follows");
    position_ = view.snapshot->sequence;
    old_document_ = std::make_unique<index::Document>(view.mapping->infos());
    new_document_ = std::make_unique<index::Document>(view.mapping->infos());
    view_ = std::move(view);
}

// More fields were found in the data. No row before had them, so that results stay as they are.
void Follower::Renew(const std::shared_ptr<const Mapping>& mapping) {
    LiveIndex::View view = *view_;
    view.mapping = mapping;
    view_ = view;
    old_document_ = std::make_unique<index::Document>(mapping->infos());
    new_document_ = std::make_unique<index::Document>(mapping->infos());
    std::vector<std::pair<FeedPtr, Status>> failed;
    for (const auto& [id, feed] : feeds_) {
        auto plan = MakePlan(feed->plan->request, view);
        Status renewed = plan.status();
        if (renewed.ok()) {
            percolator_.Remove(id);
            renewed = percolator_.Add(id, (*plan)->query);
            feed->plan = *std::move(plan);
        }
        if (!renewed.ok()) failed.emplace_back(feed, renewed);
    }
    for (const auto& [feed, why] : failed) EndFeed(feed, why);
}

void Follower::ResetAll(std::string_view reason, std::string_view message) {
    const live::EventBatchPtr reset =
        MarkBatch(live::EventKind::kReset, position_, reason, message);
    std::vector<FeedPtr> feeds;
    for (const auto& [id, feed] : feeds_) feeds.push_back(feed);
    for (const FeedPtr& feed : feeds) {
        const std::vector<SubscriptionPtr> subscribers(feed->subscribers.begin(),
                                                       feed->subscribers.end());
        for (const SubscriptionPtr& subscription : subscribers) {
            Remove(subscription);
            if (subscription->session->Reset(subscription, reset) == 0) continue;
            starts_.push_back({.subscription = subscription});
        }
        RemoveFeed(feed);
    }
}

void Follower::EndAll(const Status& why) {
    std::vector<FeedPtr> feeds;
    for (const auto& [id, feed] : feeds_) feeds.push_back(feed);
    for (const FeedPtr& feed : feeds) EndFeed(feed, why);
    const std::vector<standing::Start> starts = std::exchange(starts_, {});
    for (const standing::Start& start : starts)
        start.subscription->session->End(start.subscription, why);
}

void Follower::EndLate(const Status& why) {
    const int64_t now = core_.clock.MonotonicMicros();
    std::vector<standing::Start> left;
    for (standing::Start& start : starts_) {
        if (start.deadline_us == 0 || now < start.deadline_us)
            left.push_back(std::move(start));
        else
            start.subscription->session->End(start.subscription, why);
    }
    starts_ = std::move(left);
}

}  // namespace blasty::search::standing
