#include "live/internal/matcher_impl.h"

#include <algorithm>

#include "base/check.h"
#include "base/strings.h"
#include "live/internal/memory_database.h"
#include "live/internal/probe.h"

namespace blasty::live::internal {

using Class = Explanation::Class;

Result<std::unique_ptr<Matcher>> Matcher::Make(tables::SchemaPtr schema, const Options& options) {
    auto matcher = std::make_unique<MatcherImpl>(options);
    BLASTY_RETURN_IF_ERROR(matcher->Open(std::move(schema)));
    return std::unique_ptr<Matcher>(std::move(matcher));
}

MatcherImpl::~MatcherImpl() {
    for (auto& [text, query] : by_text_) sqlite3_finalize(query->statement);
    residual_sets_.clear();
}

Status MatcherImpl::Open(tables::SchemaPtr schema) {
    schema_ = std::move(schema);
    BLASTY_ASSIGN_OR_RETURN(tables_, DeltaTables::Make(schema_));
    values_ = std::make_unique<ValueKeys>(tables_->db());
    return OkStatus();
}

Status MatcherImpl::ChangeSchema(const SchemaChange& change, std::span<const FeedId> gone) {
    absl::flat_hash_set<const tables::Table*> tables;
    for (const auto& table : change.gone) tables.insert(table.get());
    for (const FeedId id : gone) {
        const FeedStore::Feed* feed = feeds_.Find(id);
        if (feed == nullptr) continue;
        Query* query = by_number_[feed->query];
        // What leads to a filter goes with the index of its table.
        if (query->table == nullptr || !tables.contains(query->table)) {
            Remove(id);
            continue;
        }
        const auto residual = residual_sets_.find(query->table);
        const bool in_set = residual != residual_sets_.end() && residual->second->Holds(id);
        if (in_set || IndexOf(*query->table).unindexed().contains(id)) --residuals_;
        Forget(id, query);
    }
    for (const tables::Table* table : tables) {
        indexes_.erase(table);
        residual_sets_.erase(table);
    }
    BLASTY_RETURN_IF_ERROR(tables_->Change(change));
    schema_ = change.next;
    return OkStatus();
}

Result<MatcherImpl::Query*> MatcherImpl::QueryOf(const QueryPlanPtr& plan) {
    if (const auto found = by_text_.find(plan->sql); found != by_text_.end()) {
        return found->second.get();
    }
    if (by_text_.size() >= options_.templates_max) {
        return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                         StrCat("more than ", options_.templates_max,
                                " different query texts are followed; use parameters instead of "
                                "constants in the text"));
    }
    auto query = std::make_unique<Query>();
    query->plan = plan;
    for (const QueryPlan::TableUse& use : plan->tables) {
        if (schema_->Find(use.table) == nullptr) {
            return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR",
                             StrCat("no such table: ", Printable(use.name)));
        }
    }
    if (plan->query_class == Class::kFilter) {
        query->table = schema_->Find(plan->tables[0].table);
        query->columns = plan->tables[0].columns;
        Status status;
        ++counters_.compiled;
        query->statement = tables_->Prepare(plan->filter_sql, &status);
        BLASTY_RETURN_IF_ERROR(status);
    }
    query->number = static_cast<uint32_t>(by_number_.size());
    if (free_numbers_.empty()) {
        by_number_.push_back(query.get());
    } else {
        query->number = free_numbers_.back();
        free_numbers_.pop_back();
        by_number_[query->number] = query.get();
    }
    Query* out = query.get();
    by_text_.emplace(plan->sql, std::move(query));
    return out;
}

void MatcherImpl::DropQuery(Query* query) {
    if (query->feeds != 0) return;
    sqlite3_finalize(query->statement);
    by_number_[query->number] = nullptr;
    free_numbers_.push_back(query->number);
    by_text_.erase(by_text_.find(query->plan->sql));
}

TableIndex& MatcherImpl::IndexOf(const tables::Table& table) {
    auto& index = indexes_[&table];
    if (index == nullptr)
        index = std::make_unique<TableIndex>(table, *values_, options_.shapes_max);
    return *index;
}

Result<std::vector<MatcherImpl::TablePlacements>> MatcherImpl::PlacementsOf(
    const Query& query, const tables::Row& parameters, std::string_view encoded) {
    ++counters_.placed;
    std::vector<TablePlacements> out;
    const auto place = [&](const tables::Table& table, const std::vector<Conjunction>& any_of) {
        TablePlacements placements;
        placements.table = &table;
        for (const Conjunction& conjunction : any_of) {
            placements.any_of.push_back(IndexOf(table).Place(conjunction));
        }
        out.push_back(std::move(placements));
    };
    if (query.table != nullptr) {
        BindEncoded(query.statement, encoded);
        auto probed = ProbeFilter(*tables_, query.statement);
        sqlite3_clear_bindings(query.statement);
        BLASTY_RETURN_IF_ERROR(probed.status());
        place(*query.table, *probed);
        return out;
    }
    const auto probed = ProbeTables(*tables_, *query.plan, parameters);
    for (const QueryPlan::TableUse& use : query.plan->tables) {
        const tables::Table* table = schema_->Find(use.table);
        const auto found = probed.find(table);
        place(*table, found == probed.end() ? std::vector<Conjunction>(1) : found->second);
    }
    return out;
}

bool MatcherImpl::IsResidual(const Query& query, const std::vector<TablePlacements>& placements) {
    return query.table != nullptr && TableIndex::Unindexed(placements[0].any_of);
}

bool MatcherImpl::AddPlacements(FeedId feed, const Query& query, const tables::Row& parameters,
                                const std::vector<TablePlacements>& placements) {
    if (IsResidual(query, placements)) {
        ++residuals_;
        auto& set = residual_sets_[query.table];
        if (set == nullptr) set = std::make_unique<ResidualSet>(*query.table, *tables_);
        if (set->Add(feed, *query.plan, parameters)) return true;
    }
    for (size_t i = 0; i < placements.size(); ++i) {
        if (IndexOf(*placements[i].table).Add(feed, placements[i].any_of)) continue;
        while (i-- > 0) IndexOf(*placements[i].table).Remove(feed, placements[i].any_of);
        return false;
    }
    return true;
}

void MatcherImpl::RemovePlacements(FeedId feed, const Query& query,
                                   const std::vector<TablePlacements>& placements) {
    if (IsResidual(query, placements)) {
        --residuals_;
        if (residual_sets_[query.table]->Remove(feed)) return;
    }
    for (const TablePlacements& one : placements) {
        TableIndex& index = IndexOf(*one.table);
        if (!index.Remove(feed, one.any_of)) index.Purge(feed);
    }
}

// Where it stands cannot be asked again (SQLite is out of memory, say).
void MatcherImpl::Purge(FeedId feed, const Query& query) {
    for (const QueryPlan::TableUse& use : query.plan->tables) {
        const tables::Table* table = schema_->Find(use.table);
        const auto set = residual_sets_.find(table);
        const bool in_set = set != residual_sets_.end() && set->second->Remove(feed);
        const auto index = indexes_.find(table);
        const bool unindexed = index != indexes_.end() && index->second->unindexed().contains(feed);
        if (query.table != nullptr && (in_set || unindexed)) --residuals_;
        if (index != indexes_.end()) index->second->Purge(feed);
    }
}

Status MatcherImpl::Add(FeedId feed, const QueryPlanPtr& plan, const tables::Row& parameters) {
    BLASTY_CHECK(feeds_.Find(feed) == nullptr) << "feed " << feed << " is matched already";
    BLASTY_ASSIGN_OR_RETURN(Query * query, QueryOf(plan));
    const std::string encoded = tables::EncodeRow(parameters);
    auto placements = PlacementsOf(*query, parameters, encoded);
    if (!placements.ok()) {
        DropQuery(query);
        return placements.status();
    }
    if (IsResidual(*query, *placements) && residuals_ >= options_.residuals_max) {
        DropQuery(query);
        return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                         StrCat("more than ", options_.residuals_max,
                                " queries must be evaluated for every change; add a condition "
                                "with =, <, > or IN on a column"));
    }
    if (!AddPlacements(feed, *query, parameters, *placements)) {
        DropQuery(query);
        return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                         StrCat("queries with more than ", options_.shapes_max,
                                " different sets of conditions on columns are followed on one "
                                "table; ask with conditions on the same columns"));
    }
    feeds_.Put(feed, query->number, encoded);
    ++query->feeds;
    return OkStatus();
}

void MatcherImpl::Remove(FeedId id) {
    const FeedStore::Feed* feed = feeds_.Find(id);
    if (feed == nullptr) return;
    Query* query = by_number_[feed->query];
    const std::string encoded(FeedStore::ParametersOf(*feed));
    const auto parameters = tables::DecodeRow(encoded);
    BLASTY_CHECK(parameters.ok());
    // The same statement with the same parameters asks the same.
    const auto placements = PlacementsOf(*query, *parameters, encoded);
    if (placements.ok())
        RemovePlacements(id, *query, *placements);
    else
        Purge(id, *query);
    Forget(id, query);
}

void MatcherImpl::Forget(FeedId feed, Query* query) {
    feeds_.Erase(feed);
    --query->feeds;
    DropQuery(query);
}

MatcherStats MatcherImpl::stats() const {
    MatcherStats out = counters_;
    out.templates = by_text_.size();
    out.feeds = feeds_.count();
    out.residuals = residuals_;
    out.bytes = feeds_.bytes();
    for (const auto& [table, index] : indexes_) out.bytes += index->bytes();
    return out;
}

}  // namespace blasty::live::internal
