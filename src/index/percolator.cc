#include "index/percolator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"
#include "index/internal/interval_set.h"
#include "index/internal/query_cover.h"
#include "index/internal/query_terms.h"
#include "index/internal/standing_query.h"

namespace blasty::index {

using internal::Cover;
using internal::CoverKey;
using internal::IntervalSet;
using internal::Lead;
using internal::QueryTerms;
using internal::StandingQuery;

namespace {

// After so many documents that were looked at in vain another cover is thought of.
constexpr uint32_t kPatience = 32;

}  // namespace

struct Percolator::Impl {
    struct Key {
        CoverKey key;
        uint32_t place = 0;  // where its lead stands in the list it is in, or its interval
    };
    // With its terms 300 to 400 bytes a query of a few words (measured with up to 100,000 of
    // bench/search_percolate.cc).
    struct Entry {
        StandingQuery query;
        std::vector<Key> keys;
        uint32_t in_vain = 0, patience = kPatience;
    };
    struct Intervals {
        IntervalSet numbers, latitudes;
    };

    QueryTerms terms;
    internal::StandingMatch match{terms};
    std::vector<Entry> entries;
    std::vector<uint32_t> free_entries;
    absl::flat_hash_map<uint64_t, uint32_t> by_id;
    // By entry, apart from the rest, so that what every candidate needs stays in the cache.
    std::vector<uint64_t> ids;
    std::vector<uint32_t> seen_in;
    std::vector<Lead> every;
    absl::flat_hash_map<uint32_t, Intervals> intervals;  // by field
    uint32_t document_number = 0;
    std::vector<uint32_t> candidates, to_cover_anew;
    PercolatorStats stats;

    std::vector<Lead>& LeadsOf(const CoverKey& key) {
        return key.kind == CoverKey::Kind::kEvery ? every : terms.leads(key.number);
    }
    IntervalSet& IntervalsOf(const StandingQuery& query, const CoverKey& key);
    void Attach(uint32_t entry, const Cover& cover);
    void Detach(uint32_t entry);
    void CoverAnew(uint32_t entry);
    Status Add(uint64_t id, const Query& query);
    void Remove(uint64_t id);
    void Offer(const Lead& lead, std::vector<uint64_t>* out);
    void CheckCandidates(std::vector<uint64_t>* out);
    void OfferIntervals(std::vector<uint64_t>* out);
    void Match(const Document::Impl& document, std::vector<uint64_t>* out);
};

IntervalSet& Percolator::Impl::IntervalsOf(const StandingQuery& query, const CoverKey& key) {
    const internal::QueryLeaf& leaf = query.leaves[key.number];
    if (const auto* range = std::get_if<internal::NumberLeaf>(&leaf))
        return intervals[range->field].numbers;
    return intervals[std::get<std::unique_ptr<const internal::PlaceLeaf>>(leaf)->field].latitudes;
}

void Percolator::Impl::Attach(uint32_t number, const Cover& cover) {
    Entry& entry = entries[number];
    for (const CoverKey& key : cover.keys) {
        const Lead lead{.query = number,
                        .nth = static_cast<uint32_t>(entry.keys.size()),
                        .sure = key.sure ? 1u : 0u};
        uint32_t place = 0;
        if (key.kind == CoverKey::Kind::kNumbers) {
            const auto& range = std::get<internal::NumberLeaf>(entry.query.leaves[key.number]);
            place = IntervalsOf(entry.query, key).Add(range.min, range.max, lead);
        } else if (key.kind == CoverKey::Kind::kLatitudes) {
            const auto& area = *std::get<std::unique_ptr<const internal::PlaceLeaf>>(
                entry.query.leaves[key.number]);
            place = IntervalsOf(entry.query, key).Add(area.south, area.north, lead);
        } else {
            place = static_cast<uint32_t>(LeadsOf(key).size());
            LeadsOf(key).push_back(lead);
        }
        entry.keys.push_back({.key = key, .place = place});
    }
    entry.keys.shrink_to_fit();
}

void Percolator::Impl::Detach(uint32_t number) {
    Entry& entry = entries[number];
    for (const Key& it : entry.keys) {
        if (it.key.kind == CoverKey::Kind::kNumbers || it.key.kind == CoverKey::Kind::kLatitudes) {
            IntervalsOf(entry.query, it.key).Remove(it.place);
            continue;
        }
        std::vector<Lead>& leads = LeadsOf(it.key);
        const Lead moved = leads.back();
        leads[it.place] = moved;
        leads.pop_back();
        if (leads.empty()) leads.shrink_to_fit();
        if (it.place < leads.size()) entries[moved.query].keys[moved.nth].place = it.place;
    }
    entry.keys.clear();
}

Status Percolator::Impl::Add(uint64_t id, const Query& query) {
    BLASTY_ASSIGN_OR_RETURN(StandingQuery made, internal::MakeStandingQuery(query, terms));
    if (free_entries.empty()) {
        free_entries.push_back(static_cast<uint32_t>(entries.size()));
        entries.emplace_back();
        ids.push_back(0);
        seen_in.push_back(0);
    }
    const uint32_t number = free_entries.back();
    const bool fresh = by_id.emplace(id, number).second;
    BLASTY_CHECK(fresh) << "standing query " << id << " is there already";
    free_entries.pop_back();
    ids[number] = id;
    seen_in[number] = 0;
    entries[number].query = std::move(made);
    Attach(number, internal::CoverOf(entries[number].query, terms));
    return OkStatus();
}

void Percolator::Impl::Remove(uint64_t id) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) return;
    const uint32_t number = found->second;
    by_id.erase(found);
    Detach(number);
    internal::ReleaseStandingQuery(entries[number].query, terms);
    entries[number] = Entry();
    free_entries.push_back(number);
}

void Percolator::Impl::CoverAnew(uint32_t number) {
    Entry& entry = entries[number];
    entry.in_vain = 0;
    std::vector<CoverKey> keys;
    for (const Key& it : entry.keys) keys.push_back(it.key);
    const Cover cover = internal::CoverOf(entry.query, terms);
    if (cover.chance < internal::ChanceOf(keys, terms) / 2) {
        Detach(number);
        Attach(number, cover);
    } else if (entry.patience < UINT32_MAX / 2) {
        entry.patience *= 2;
    }
}

void Percolator::Impl::Offer(const Lead& lead, std::vector<uint64_t>* out) {
    if (seen_in[lead.query] == document_number) return;
    seen_in[lead.query] = document_number;
    ++stats.candidates;
    if (lead.sure != 0) {
        out->push_back(ids[lead.query]);
    } else {
        candidates.push_back(lead.query);
    }
}

void Percolator::Impl::CheckCandidates(std::vector<uint64_t>* out) {
    // Each is two steps away in memory, and rarely in the cache: they are fetched ahead.
    constexpr size_t kFar = 16, kNear = 8;
    for (size_t i = 0; i < candidates.size(); ++i) {
        if (i + kFar < candidates.size()) __builtin_prefetch(&entries[candidates[i + kFar]]);
        if (i + kNear < candidates.size())
            __builtin_prefetch(entries[candidates[i + kNear]].query.nodes.data());
        Entry& entry = entries[candidates[i]];
        if (match.Fits(entry.query)) {
            out->push_back(ids[candidates[i]]);
        } else if (++entry.in_vain == entry.patience) {
            to_cover_anew.push_back(candidates[i]);
        }
    }
    candidates.clear();
}

void Percolator::Impl::OfferIntervals(std::vector<uint64_t>* out) {
    const auto offer = [&](const Lead& lead) { Offer(lead, out); };
    for (const auto& [number, sets] : intervals) {
        const Document::Impl::Field* field = terms.FieldOf(number);
        if (field == nullptr) continue;
        for (const double value : field->numbers) sets.numbers.ForEachAt(value, offer);
        for (const Point& point : field->points) {
            if (std::abs(point.latitude) <= 90) {
                sets.latitudes.ForEachAt(point.latitude, offer);
            } else {
                sets.latitudes.ForEach(offer);
            }
        }
    }
}

void Percolator::Impl::Match(const Document::Impl& document, std::vector<uint64_t>* out) {
    const size_t before = out->size();
    if (++document_number == 0) {
        std::fill(seen_in.begin(), seen_in.end(), 0);
        ++document_number;
    }
    terms.Read(document);
    for (const uint32_t term : terms.found()) {
        for (const Lead& lead : terms.leads(term)) Offer(lead, out);
    }
    OfferIntervals(out);
    for (const Lead& lead : every) Offer(lead, out);
    CheckCandidates(out);
    for (const uint32_t entry : to_cover_anew) CoverAnew(entry);
    to_cover_anew.clear();
    ++stats.documents;
    stats.matches += out->size() - before;
}

Percolator::Percolator() : impl_(std::make_unique<Impl>()) {}
Percolator::~Percolator() = default;

Status Percolator::Add(uint64_t id, const QueryPtr& query) { return impl_->Add(id, *query); }
void Percolator::Remove(uint64_t id) { impl_->Remove(id); }
void Percolator::Match(const Document& document, std::vector<uint64_t>* ids) {
    impl_->Match(document.impl(), ids);
}

PercolatorStats Percolator::stats() const {
    PercolatorStats stats = impl_->stats;
    stats.queries = impl_->by_id.size();
    stats.unindexed = impl_->every.size();
    return stats;
}

Result<bool> Matches(const Query& query, const Document& document) {
    QueryTerms terms;
    BLASTY_ASSIGN_OR_RETURN(const StandingQuery made, internal::MakeStandingQuery(query, terms));
    terms.Read(document.impl());
    return internal::StandingMatch(terms).Fits(made);
}

}  // namespace blasty::index
