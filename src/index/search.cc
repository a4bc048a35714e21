#include "index/search.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/strings.h"
#include "index/internal/facets.h"
#include "index/internal/plan.h"
#include "index/internal/top_hits.h"
#include "index/limits.h"

namespace blasty::index {
namespace {

using internal::DocSet;
using internal::kEnd;
using internal::Plan;
using internal::SortValues;

Status BadQuery(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY", message);
}

// What a facet's picked values mean; null: none are picked.
Result<QueryPtr> ChosenOf(const FacetRequest& facet) {
    if (facet.chosen.empty()) return QueryPtr();
    BooleanQuery any;
    for (const std::string& chosen : facet.chosen) {
        if (facet.kind == FacetRequest::Kind::kTerms) {
            any.should.push_back(MakeQuery(TermQuery{.field = facet.field, .term = chosen}));
            continue;
        }
        const auto range =
            std::find_if(facet.ranges.begin(), facet.ranges.end(),
                         [&](const FacetRequest::Range& it) { return it.name == chosen; });
        if (range == facet.ranges.end()) {
            return BadQuery(StrCat("facet '", Printable(facet.name), "' has no range '",
                                   Printable(chosen), "' to choose"));
        }
        any.should.push_back(MakeQuery(NumberRangeQuery{
            .field = facet.field, .min = range->min, .max = range->max, .includes_max = false}));
    }
    return MakeQuery(std::move(any));
}

class Searcher {
  public:
    Searcher(const Snapshot& snapshot, const SearchRequest& request)
        : snapshot_(snapshot), request_(request), sort_(request.sort) {
        if (sort_.empty()) sort_.push_back({.by = SortKey::By::kScore, .descending = true});
    }

    Result<SearchResult> Run();

  private:
    Status Check() const;
    Status MakePlans();
    bool ScoresNeeded() const {
        return std::any_of(sort_.begin(), sort_.end(),
                           [](const SortKey& key) { return key.by == SortKey::By::kScore; });
    }
    bool SetsNeeded() const { return request_.exact_total || !request_.facets.empty(); }
    // The segment's living documents that match, and each facet's.
    Result<DocSet> CountSegment(size_t segment);
    void FindHits(size_t segment, const DocSet* matches);
    // By score alone: what cannot come among the best is passed over.
    void FindBest(size_t segment);
    void TakeHits(SearchResult* result);

    const Snapshot& snapshot_;
    const SearchRequest& request_;
    std::vector<SortKey> sort_;
    std::unique_ptr<Plan> whole_;                // with all that was chosen
    std::unique_ptr<Plan> base_;                 // without
    std::vector<std::unique_ptr<Plan>> chosen_;  // by facet; null: none
    std::vector<internal::FacetCounter> counters_;
    std::unique_ptr<internal::TopHits> top_;
    struct Best {
        float score;
        uint32_t segment, doc;
        bool operator<(const Best& other) const {
            if (score != other.score) return score > other.score;
            return segment != other.segment ? segment < other.segment : doc < other.doc;
        }
    };
    std::vector<Best> best_;  // a heap with the worst on top
    uint64_t total_ = 0, seen_ = 0;
    float max_score_ = 0;
    bool fast_ = false;
};

Status Searcher::Check() const {
    if (request_.from > kHitsMax || request_.size > kHitsMax ||
        request_.from + request_.size > kHitsMax) {
        return BadQuery(StrCat("from ", request_.from, " and size ", request_.size,
                               ": at most the first ", kHitsMax,
                               " hits can be asked for; go on with search_after"));
    }
    if (!request_.after.empty() && request_.after.size() != sort_.size())
        return BadQuery("search after must have same size as sort order");
    for (const FacetRequest& facet : request_.facets) {
        if (facet.kind == FacetRequest::Kind::kHistogram && !(facet.interval > 0)) {
            return BadQuery(
                StrCat("histogram '", Printable(facet.name), "' needs an interval above 0"));
        }
    }
    return OkStatus();
}

Status Searcher::MakePlans() {
    BooleanQuery all;
    all.must.push_back(request_.query);
    for (const FacetRequest& facet : request_.facets) {
        BLASTY_ASSIGN_OR_RETURN(QueryPtr chosen, ChosenOf(facet));
        chosen_.emplace_back();
        counters_.emplace_back(facet);
        if (chosen == nullptr) continue;
        BLASTY_ASSIGN_OR_RETURN(chosen_.back(), Plan::Make(snapshot_, chosen));
        all.filter.push_back(std::move(chosen));
    }
    BLASTY_ASSIGN_OR_RETURN(base_, Plan::Make(snapshot_, request_.query));
    if (!all.filter.empty()) {
        BLASTY_ASSIGN_OR_RETURN(whole_, Plan::Make(snapshot_, MakeQuery(std::move(all))));
    }
    return OkStatus();
}

Result<DocSet> Searcher::CountSegment(size_t i) {
    const SnapshotSegment& part = snapshot_.segments[i];
    DocSet matches = *base_->MakeSet(i);
    if (part.deleted != nullptr) matches.AndNot(*part.deleted);
    std::vector<internal::DocSetPtr> chosen(chosen_.size());
    for (size_t facet = 0; facet < chosen_.size(); ++facet) {
        if (chosen_[facet] != nullptr) chosen[facet] = chosen_[facet]->MakeSet(i);
    }
    for (size_t facet = 0; facet < counters_.size(); ++facet) {
        DocSet own = matches;
        for (size_t other = 0; other < chosen.size(); ++other) {
            if (other != facet && chosen[other] != nullptr) own.And(*chosen[other]);
        }
        BLASTY_RETURN_IF_ERROR(counters_[facet].Add(*part.segment, own));
    }
    for (const auto& set : chosen) {
        if (set != nullptr) matches.And(*set);
    }
    total_ += matches.Count();
    return matches;
}

void Searcher::FindBest(size_t i) {
    const SnapshotSegment& part = snapshot_.segments[i];
    const size_t most = request_.from + request_.size;
    Plan& plan = whole_ != nullptr ? *whole_ : *base_;
    const internal::ScorerPtr scorer = plan.MakeScorer(i);
    const std::vector<uint64_t>* deleted = part.deleted.get();
    if (best_.size() == most) scorer->SetThreshold(best_[0].score);
    for (uint32_t doc = scorer->Next(); doc != kEnd; doc = scorer->Next()) {
        if (deleted != nullptr && ((*deleted)[doc / 64] >> (doc % 64) & 1) != 0) continue;
        ++seen_;
        const float score = scorer->Score();
        if (best_.size() == most && score <= best_[0].score) continue;
        best_.push_back({.score = score, .segment = static_cast<uint32_t>(i), .doc = doc});
        std::push_heap(best_.begin(), best_.end());
        if (best_.size() < most) continue;
        if (best_.size() > most) {
            std::pop_heap(best_.begin(), best_.end());
            best_.pop_back();
        }
        scorer->SetThreshold(best_[0].score);
    }
}

void Searcher::FindHits(size_t i, const DocSet* matches) {
    const internal::Segment& segment = *snapshot_.segments[i].segment;
    SortValues values(segment, sort_);
    const auto offer = [&](uint32_t doc, float score) {
        ++seen_;
        max_score_ = std::max(max_score_, score);
        if (request_.collapse.empty()) {
            top_->Offer(i, doc, score, values);
        } else {
            top_->OfferCollapsed(i, doc, score, values,
                                 SortValues::CollapseValue(segment, request_.collapse, doc));
        }
    };
    Plan& plan = whole_ != nullptr ? *whole_ : *base_;
    if (!ScoresNeeded()) {
        if (matches != nullptr) {
            matches->ForEach([&](uint32_t doc) { offer(doc, 0); });
            return;
        }
        DocSet set = *plan.MakeSet(i);
        if (const auto& deleted = snapshot_.segments[i].deleted) set.AndNot(*deleted);
        set.ForEach([&](uint32_t doc) { offer(doc, 0); });
        return;
    }
    const std::vector<uint64_t>* deleted = snapshot_.segments[i].deleted.get();
    const internal::ScorerPtr scorer = plan.MakeScorer(i);
    for (uint32_t doc = scorer->Next(); doc != kEnd; doc = scorer->Next()) {
        if (deleted != nullptr && ((*deleted)[doc / 64] >> (doc % 64) & 1) != 0) continue;
        offer(doc, scorer->Score());
    }
}

void Searcher::TakeHits(SearchResult* result) {
    if (fast_) {
        std::sort(best_.begin(), best_.end());
        for (size_t i = request_.from; i < best_.size(); ++i) {
            Hit& hit = result->hits.emplace_back();
            hit.segment = best_[i].segment;
            hit.doc = best_[i].doc;
            hit.score = best_[i].score;
            hit.sort.emplace_back(static_cast<double>(hit.score));
        }
        if (!best_.empty()) max_score_ = best_[0].score;
    } else {
        result->hits = top_->Take(request_.from);
    }
    for (Hit& hit : result->hits) hit.key = snapshot_.segments[hit.segment].segment->Key(hit.doc);
}

Result<SearchResult> Searcher::Run() {
    BLASTY_RETURN_IF_ERROR(Check());
    BLASTY_RETURN_IF_ERROR(MakePlans());
    const size_t most = request_.from + request_.size;
    fast_ = sort_.size() == 1 && sort_[0].by == SortKey::By::kScore && sort_[0].descending &&
            request_.after.empty() && request_.collapse.empty();
    top_ = std::make_unique<internal::TopHits>(sort_, request_.after, most);
    for (size_t i = 0; i < snapshot_.segments.size(); ++i) {
        std::unique_ptr<DocSet> matches;
        if (SetsNeeded()) {
            BLASTY_ASSIGN_OR_RETURN(DocSet set, CountSegment(i));
            matches = std::make_unique<DocSet>(std::move(set));
        }
        if (most == 0) continue;
        if (fast_) {
            FindBest(i);
        } else {
            FindHits(i, matches.get());
        }
    }
    SearchResult result;
    TakeHits(&result);
    result.total_is_exact = SetsNeeded();
    result.total = SetsNeeded() ? total_ : seen_;
    result.max_score = max_score_;
    for (internal::FacetCounter& counter : counters_) result.facets.push_back(counter.Finish());
    BLASTY_RETURN_IF_ERROR(internal::CheckUndamaged(snapshot_));
    return result;
}

}  // namespace

Result<SearchResult> Search(const Snapshot& snapshot, const SearchRequest& request) {
    return Searcher(snapshot, request).Run();
}

}  // namespace blasty::index
