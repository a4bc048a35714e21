#include "live/live.h"

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "base/check.h"
#include "live/internal/core.h"
#include "live/internal/first_results.h"
#include "live/internal/follower.h"
#include "live/internal/planner.h"
#include "live/internal/session_impl.h"
#include "live/internal/snapshot.h"

namespace blasty::live {

struct Live::Impl {
    Impl(tables::Tables& tables, log::Log& log, exec::Executor& blocking, const Clock& clock,
         const LiveOptions& options)
        : core(tables, log, blocking, clock, options),
          starter(core, planner),
          first_results(core) {}

    internal::Core core;
    internal::Planner planner;
    internal::Starter starter;
    internal::FirstResults first_results;
    std::unique_ptr<internal::Follower> follower;
    std::thread thread;
    // Manual: what waits for RunPending.
    std::atomic<bool> start_due{false}, first_due{false};
    bool closed = false;
};

Live::Live(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Live::~Live() { Close(); }

Result<std::unique_ptr<Live>> Live::Open(tables::Tables& tables, log::Log& log,
                                         exec::Executor& blocking, const Clock& clock,
                                         const LiveOptions& options) {
    auto impl = std::make_unique<Impl>(tables, log, blocking, clock, options);
    Impl* raw = impl.get();
    tables.AddCommitListener([inbox = raw->core.shared_inbox](Sequence) { inbox->Poke(); });
    BLASTY_ASSIGN_OR_RETURN(raw->follower, internal::Follower::Make(raw->core, raw->planner));
    if (options.manual) {
        raw->core.starts.set_run([raw] { raw->start_due.store(true); });
        raw->core.first_results.set_run([raw] { raw->first_due.store(true); });
    } else {
        raw->core.starts.set_run([raw] { raw->core.blocking.Post([raw] { raw->starter.Run(); }); });
        raw->core.first_results.set_run(
            [raw] { raw->core.blocking.Post([raw] { raw->first_results.Run(); }); });
        raw->thread = std::thread([raw] { raw->follower->Run(); });
    }
    return std::unique_ptr<Live>(new Live(std::move(impl)));
}

std::unique_ptr<Session> Live::NewSession(std::function<void()> wake) {
    return std::make_unique<internal::SessionImpl>(
        std::make_shared<internal::SessionCore>(impl_->core, std::move(wake)));
}

Result<Explanation> Live::Explain(const tables::Statement& query) {
    if (impl_->core.options.manual) return impl_->follower->Explain(query);
    const auto answer = std::make_shared<std::promise<Result<Explanation>>>();
    std::future<Result<Explanation>> future = answer->get_future();
    internal::Follower* follower = impl_->follower.get();
    impl_->core.inbox.Post(internal::Inspect{
        [answer, follower, query] { answer->set_value(follower->Explain(query)); }});
    return future.get();
}

LiveStats Live::stats() const {
    const internal::Counters& counters = impl_->core.counters;
    const auto of_class = [&](Explanation::Class query_class) {
        return counters.classes[static_cast<size_t>(query_class)].load();
    };
    LiveStats stats;
    stats.subscriptions = counters.subscriptions.load();
    stats.feeds = counters.feeds.load();
    stats.filters = of_class(Explanation::Class::kFilter);
    stats.joins = of_class(Explanation::Class::kJoin);
    stats.aggregates = of_class(Explanation::Class::kAggregate);
    stats.top_ks = of_class(Explanation::Class::kTopK);
    stats.reevaluated = of_class(Explanation::Class::kReevaluated);
    stats.reevaluations = counters.reevaluations.load();
    stats.increments = counters.increments.load();
    stats.events = counters.events.load();
    stats.resets = counters.resets.load();
    stats.fallbacks = counters.fallbacks.load();
    stats.window_bytes = counters.window_bytes.load();
    stats.position = Sequence(counters.position.load());
    if (!impl_->follower) return stats;
    const internal::MatcherStats matcher = impl_->follower->matcher_stats();
    stats.templates = matcher.templates;
    stats.residuals = matcher.residuals;
    stats.planned = impl_->planner.analyzed();
    stats.compiled = matcher.compiled;
    stats.placed = matcher.placed;
    stats.changes = matcher.changes;
    stats.candidates = matcher.candidates;
    stats.evaluations = matcher.evaluations;
    stats.residual_evaluations = matcher.residual_evaluations;
    return stats;
}

Status Live::health() const { return impl_->core.health(); }

void Live::RunPending() {
    BLASTY_CHECK(impl_->core.options.manual) << "RunPending is for manual mode";
    for (;;) {
        const bool more = impl_->follower->Round(0);
        if (impl_->start_due.exchange(false)) {
            impl_->starter.Run();
            continue;
        }
        if (impl_->first_due.exchange(false)) {
            impl_->first_results.Run();
            continue;
        }
        if (!more && impl_->core.inbox.empty()) return;
    }
}

void Live::Close() {
    if (!impl_ || std::exchange(impl_->closed, true)) return;
    impl_->core.inbox.Stop();
    if (impl_->thread.joinable()) impl_->thread.join();
    if (impl_->start_due.exchange(false)) impl_->starter.Run();
    if (impl_->first_due.exchange(false)) impl_->first_results.Run();
    impl_->core.starts.Stop();
    impl_->core.first_results.Stop();
    if (impl_->core.notifier) impl_->core.notifier->Stop();
    // Nobody may wait for an answer that does not come.
    impl_->core.Fail(MakeError(StatusCode::kUnavailable, "TABLES_STOPPED", "the server stops"));
    impl_->follower->Round(0);
    impl_->follower.reset();
}

}  // namespace blasty::live
