#include "search/live_searches.h"

#include <utility>

#include "search/internal/standing_core.h"
#include "search/internal/standing_session.h"

namespace blasty::search {

struct LiveSearches::Impl : standing::Core {
    using Core::Core;
};

std::unique_ptr<LiveSearches> LiveSearches::Open(Searches& searches, tables::Tables& tables,
                                                 log::Log& log, exec::Executor& blocking,
                                                 const Clock& clock,
                                                 const LiveSearchesOptions& options) {
    return std::unique_ptr<LiveSearches>(
        new LiveSearches(std::make_shared<Impl>(searches, tables, log, blocking, clock, options)));
}

LiveSearches::LiveSearches(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveSearches::~LiveSearches() { Close(); }

std::unique_ptr<LiveSession> LiveSearches::NewSession(std::function<void()> wake) {
    return std::make_unique<standing::SessionImpl>(
        std::make_shared<standing::SessionCore>(impl_, std::move(wake)));
}

LiveSearchesStats LiveSearches::stats() const {
    const standing::Counters& counters = impl_->counters;
    LiveSearchesStats stats;
    stats.subscriptions = counters.subscriptions.load();
    stats.feeds = counters.feeds.load();
    stats.changes = counters.changes.load();
    stats.candidates = counters.candidates.load();
    stats.matches = counters.matches.load();
    stats.evaluations = counters.evaluations.load();
    stats.events = counters.events.load();
    stats.resets = counters.resets.load();
    stats.buffered_bytes = counters.buffered_bytes.load();
    return stats;
}

void LiveSearches::Close() { impl_->Close(); }

}  // namespace blasty::search
