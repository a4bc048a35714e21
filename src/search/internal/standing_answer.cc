#include "search/internal/standing_answer.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/internal/standing_rows.h"

namespace blasty::search::standing {

using live::Event;
using live::EventBatch;
using live::EventBatchPtr;
using live::EventKind;

namespace {

constexpr size_t kAnswerBatchBytes = 64 << 10;
// What one search of an index gives.
constexpr uint64_t kMatchesMax = 100'000;

size_t BytesOf(const Event& event) {
    size_t bytes = sizeof(Event) + event.key.size() + event.row.size() + event.old_row.size() +
                   event.reason.size() + event.message.size();
    if (event.details == nullptr) return bytes;
    bytes += sizeof(EventDetails);
    for (const auto& [name, pieces] : event.details->fragments) {
        bytes += name.size();
        for (const std::string& piece : pieces) bytes += sizeof(std::string) + piece.size();
    }
    for (const index::FacetResult& facet : event.details->facets)
        bytes += sizeof(facet) + facet.buckets.size() * sizeof(index::FacetBucket);
    return bytes;
}

Event RowEvent(EventKind kind, const Hit& hit, std::optional<uint32_t> position) {
    Event event;
    event.kind = kind;
    event.key = hit.key;
    event.row = hit.shown.row;
    if (position || !hit.shown.fragments.empty()) {
        auto details = std::make_shared<EventDetails>();
        details->position = position;
        details->score = hit.score;
        details->fragments = hit.shown.fragments;
        event.details = std::move(details);
    }
    return event;
}

Status Fill(Core& core, const Plan& plan, const internal::LiveIndex::View& view,
            const std::vector<index::Hit>& found, const KnownHits& known, std::vector<Hit>* hits) {
    std::vector<std::string> wanted;
    for (const index::Hit& hit : found) {
        if (!plan.bare() && !known.contains(hit.key)) wanted.push_back(hit.key);
    }
    BLASTY_ASSIGN_OR_RETURN(const auto rows, ReadRows(core, view, wanted));
    hits->reserve(found.size());
    for (const index::Hit& hit : found) {
        Hit& to = hits->emplace_back();
        to.key = hit.key;
        to.score = hit.score;
        if (plan.bare()) continue;
        if (const auto before = known.find(hit.key); before != known.end()) {
            to.shown = before->second->shown;
        } else if (const auto row = rows.find(hit.key); row != rows.end()) {
            BLASTY_ASSIGN_OR_RETURN(to.shown, plan.Show(row->second));
        }
    }
    return OkStatus();
}

Result<Answer> Evaluate(Core& core, const Plan& plan, const internal::LiveIndex::View& view,
                        const KnownHits& known, const index::SearchRequest& search) {
    core.counters.evaluations.fetch_add(1);
    BLASTY_ASSIGN_OR_RETURN(index::SearchResult found, index::Search(*view.snapshot, search));
    Answer answer;
    answer.total = found.total;
    answer.facets = std::move(found.facets);
    answer.at = view.snapshot->sequence;
    BLASTY_RETURN_IF_ERROR(Fill(core, plan, view, found.hits, known, &answer.hits));
    return answer;
}

// Keys that keep their order while the others move: a longest rising run of places.
std::vector<bool> Staying(const std::vector<size_t>& places) {
    std::vector<size_t> tails, before(places.size(), SIZE_MAX);
    for (size_t i = 0; i < places.size(); ++i) {
        const auto at =
            std::lower_bound(tails.begin(), tails.end(), places[i],
                             [&](size_t tail, size_t place) { return places[tail] < place; });
        if (at != tails.begin()) before[i] = *(at - 1);
        if (at == tails.end())
            tails.push_back(i);
        else
            *at = i;
    }
    std::vector<bool> staying(places.size(), false);
    for (size_t i = tails.empty() ? SIZE_MAX : tails.back(); i != SIZE_MAX; i = before[i])
        staying[i] = true;
    return staying;
}

}  // namespace

size_t BytesOf(const EventBatch& batch) {
    size_t bytes = sizeof(EventBatch);
    for (const Event& event : batch.events) bytes += BytesOf(event);
    return bytes;
}

EventBatchPtr MarkBatch(EventKind kind, Sequence at, std::string_view reason,
                        std::string_view message) {
    auto batch = std::make_shared<EventBatch>();
    batch->sequence = batch->base = at;
    batch->snapshot = kind != EventKind::kProgress;
    Event& event = batch->events.emplace_back();
    event.kind = kind;
    event.reason = reason;
    event.message = message;
    batch->bytes = BytesOf(*batch);
    return batch;
}

Event CountsEvent(uint64_t total, const std::vector<index::FacetResult>& facets) {
    Event event;
    event.kind = EventKind::kCounts;
    auto details = std::make_shared<EventDetails>();
    details->total = total;
    details->facets = facets;
    event.details = std::move(details);
    return event;
}

bool SameFacets(const std::vector<index::FacetResult>& a,
                const std::vector<index::FacetResult>& b) {
    const auto same_bucket = [](const index::FacetBucket& x, const index::FacetBucket& y) {
        return x.name == y.name && x.min == y.min && x.max == y.max && x.count == y.count &&
               x.sums.values == y.sums.values && x.sums.sum == y.sums.sum &&
               x.sums.min == y.sums.min && x.sums.max == y.sums.max;
    };
    const auto same = [&](const index::FacetResult& x, const index::FacetResult& y) {
        return x.total == y.total && x.missing == y.missing && x.other == y.other &&
               std::equal(x.buckets.begin(), x.buckets.end(), y.buckets.begin(), y.buckets.end(),
                          same_bucket);
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

Result<Answer> EvaluateBest(Core& core, const Plan& plan, const internal::LiveIndex::View& view,
                            const KnownHits& known) {
    index::SearchRequest search = plan.Search();
    search.size = plan.request->search.size;
    return Evaluate(core, plan, view, known, search);
}

Result<Answer> EvaluateCounts(Core& core, const Plan& plan, const internal::LiveIndex::View& view) {
    index::SearchRequest search = plan.Search();
    search.size = 0;
    return Evaluate(core, plan, view, {}, search);
}

Result<Answer> EvaluateAll(Core& core, const Plan& plan, const internal::LiveIndex::View& view,
                           bool rows) {
    index::SearchRequest search = plan.Search();
    const uint64_t most = std::min(core.options.matches_max, kMatchesMax);
    search.size = rows ? most : 0;
    // By key: in one order, and without computing scores.
    search.sort = {{.by = index::SortKey::By::kKey}};
    BLASTY_ASSIGN_OR_RETURN(Answer answer, Evaluate(core, plan, view, {}, search));
    if (rows && answer.total > most) {
        return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                         StrCat(answer.total, " rows match; at most ", most,
                                " are followed; narrow the query, or follow the best hits"));
    }
    return answer;
}

std::deque<EventBatchPtr> AnswerBatches(const Plan& plan, const std::vector<Hit>& hits,
                                        uint64_t total,
                                        const std::vector<index::FacetResult>& facets,
                                        Sequence at) {
    std::deque<EventBatchPtr> batches;
    auto batch = std::make_shared<EventBatch>();
    const auto finish = [&] {
        batch->sequence = batch->base = at;
        batch->snapshot = true;
        batch->columns = plan.result_columns;
        batch->bytes = BytesOf(*batch);
        batches.push_back(std::move(batch));
    };
    size_t bytes = 0;
    for (size_t i = 0; i < hits.size(); ++i) {
        if (bytes >= kAnswerBatchBytes) {
            finish();
            batch = std::make_shared<EventBatch>();
            bytes = 0;
        }
        std::optional<uint32_t> position;
        if (!plan.request->all_matches) position = static_cast<uint32_t>(i);
        batch->events.push_back(RowEvent(EventKind::kRow, hits[i], position));
        bytes += BytesOf(batch->events.back());
    }
    batch->events.push_back(CountsEvent(total, facets));
    batch->events.emplace_back().kind = EventKind::kReady;
    finish();
    return batches;
}

void AddListEvents(const Plan& plan, const std::vector<Hit>& before, const std::vector<Hit>& after,
                   const absl::flat_hash_map<std::string, bool>& touched,
                   std::vector<Event>* events) {
    absl::flat_hash_map<std::string_view, size_t> place_after, place_before;
    for (size_t i = 0; i < after.size(); ++i) place_after.emplace(after[i].key, i);
    // The list as the client has it, step by step: places in `after`.
    std::vector<size_t> list;
    for (size_t i = 0; i < before.size(); ++i) {
        place_before.emplace(before[i].key, i);
        const auto place = place_after.find(before[i].key);
        if (place != place_after.end()) {
            list.push_back(place->second);
            continue;
        }
        Event& event = events->emplace_back();
        event.kind = EventKind::kLeave;
        event.key = before[i].key;
        if (plan.old_values) event.old_row = before[i].shown.row;
    }
    const std::vector<bool> staying = Staying(list);
    std::vector<bool> stays(after.size(), false);
    for (size_t i = 0; i < list.size(); ++i) stays[list[i]] = staying[i];
    for (size_t i = 0; i < after.size(); ++i) {
        const Hit& hit = after[i];
        const auto old = place_before.find(hit.key);
        const Hit* was = old == place_before.end() ? nullptr : &before[old->second];
        const auto own = std::find(list.begin(), list.end(), i);
        size_t position = static_cast<size_t>(own - list.begin());
        if (!stays[i]) {
            if (own != list.end()) list.erase(own);
            const auto previous =
                i == 0 ? list.begin() : std::find(list.begin(), list.end(), i - 1) + 1;
            position = static_cast<size_t>(previous - list.begin());
            list.insert(previous, i);
        } else {
            const auto change = touched.find(hit.key);
            const bool changed =
                plan.bare() ? change != touched.end() && change->second : was->shown != hit.shown;
            if (!changed) continue;
        }
        events->push_back(RowEvent(was == nullptr ? EventKind::kEnter : EventKind::kChange, hit,
                                   static_cast<uint32_t>(position)));
        if (was != nullptr && plan.old_values) events->back().old_row = was->shown.row;
    }
}

}  // namespace blasty::search::standing
