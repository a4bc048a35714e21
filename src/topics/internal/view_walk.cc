// Walks over many topics or inboxes: some at a time, so that commits go on meanwhile.

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "topics/internal/view.h"
#include "topics/names.h"

namespace blasty::topics::internal {

namespace {

// Names looked at while the lock is held, at most: about 0.1 ms.
constexpr size_t kNamesPerLock = 1024;

// The names that can match a pattern stand together in their order: those that begin with its
// tokens before the first wildcard.
struct NameRange {
    std::string begin;
    std::string end;  // not in it any more; empty: no end
    friend auto operator<=>(const NameRange&, const NameRange&) = default;
};

NameRange RangeOf(std::string_view pattern) {
    if (!IsWildcard(pattern)) return {std::string(pattern), std::string(pattern) + '\0'};
    const std::string_view prefix = pattern.substr(0, pattern.find_first_of("*>"));
    NameRange range{std::string(prefix), std::string(prefix)};
    if (!range.end.empty()) ++range.end.back();  // the dot: '/' follows it
    return range;
}

// Visits the entries of `map` in the range that come after `after`, until `visit` returns 0; else
// what it returns is what the visit cost, 1 for a look. The caller's map is guarded by the view's
// mutex.
template <typename Map, typename Visit>
void Walk(View& view, const Map& map, const NameRange& range, const std::string& after,
          const Visit& visit) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::string from = after.empty() ? range.begin : std::max(range.begin, after + '\0');
    while (true) {
        view.LetFramesGoFirst();
        MutexLock lock(view.mutex);
        size_t left = kNamesPerLock;
        auto at = map.lower_bound(from);
        for (; at != map.end() && (range.end.empty() || at->first < range.end); ++at) {
            if (left == 0) break;
            const size_t cost = visit(at->first, *at->second);
            if (cost == 0) return;
            left -= std::min(left, cost);
        }
        if (at == map.end() || left > 0) return;
        from = at->first;
    }
}

// A wildcard of a query.
struct Job {
    InboxPending* query = nullptr;
    size_t pattern = 0;

    // Whether the topic counts here: an earlier pattern of the same inbox may have it already.
    bool Counts(std::string_view name) const {
        const std::vector<std::string>& patterns = query->config->patterns;
        if (!Matches(patterns[pattern], name)) return false;
        return std::none_of(patterns.begin(), patterns.begin() + static_cast<ptrdiff_t>(pattern),
                            [name](const std::string& p) { return Matches(p, name); });
    }
};

}  // namespace

void View::LetFramesGoFirst() const {
    do {
        std::this_thread::yield();
    } while (apply_waits_.load());
}

void View::ListTopics(const ListOptions& options,
                      const std::function<void(Topic&)>& add) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    size_t left = options.limit;
    if (left == 0) return;
    Walk(*this, topics, RangeOf(options.pattern), options.after,
         [&](std::string_view name, Topic& topic) -> size_t {
             if (!topic.exists || !Matches(options.pattern, name)) return 1;
             add(topic);
             return --left == 0 ? 0 : 4;
         });
}

std::vector<std::string> View::ListInboxNames(const ListOptions& options)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::vector<std::string> names;
    if (options.limit == 0) return names;
    Walk(*this, inboxes, RangeOf(options.pattern), options.after,
         [&](std::string_view name, const InboxState& inbox) -> size_t {
             if (!inbox.exists || !Matches(options.pattern, name)) return 1;
             names.emplace_back(name);
             return names.size() == options.limit ? 0 : 1;
         });
    return names;
}

void View::AddPending(std::vector<InboxPending>* queries) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    // Inboxes that look at the same topics walk together: reading a topic is what costs.
    std::map<NameRange, std::vector<Job>> walks;
    for (InboxPending& query : *queries) {
        if (query.floor >= applied_.load()) continue;
        const std::vector<std::string>& patterns = query.config->patterns;
        for (size_t p = 0; p < patterns.size(); ++p) {
            if (IsWildcard(patterns[p])) walks[RangeOf(patterns[p])].push_back({&query, p});
        }
    }
    for (const auto& [range, jobs] : walks) {
        Walk(*this, topics, range, "", [&jobs = jobs](std::string_view name, const Topic& topic) {
            const uint64_t last = topic.last.load(std::memory_order_relaxed);
            size_t counted = 1;
            for (const Job& job : jobs) {
                if (last <= job.query->floor || !job.Counts(name)) continue;
                job.query->pending += topic.MessagesAfter(job.query->floor);
                ++counted;
            }
            return counted + jobs.size() / 16;
        });
    }
}

uint64_t View::PendingOfNamed(const InboxState& inbox) {
    uint64_t pending = 0;
    const std::vector<std::string>& patterns = inbox.config->patterns;
    for (size_t p = 0; p < patterns.size(); ++p) {
        if (IsWildcard(patterns[p])) continue;
        const auto topic = topics.find(patterns[p]);
        if (topic == topics.end()) continue;
        const auto covers = [&](const std::string& other) { return Matches(other, patterns[p]); };
        const auto before = patterns.begin() + static_cast<ptrdiff_t>(p);
        if (std::any_of(patterns.begin(), before, covers)) continue;
        pending += topic->second->MessagesAfter(inbox.floor);
    }
    return pending;
}

}  // namespace blasty::topics::internal
