// See matcher.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "live/internal/delta_table.h"
#include "live/internal/feed_store.h"
#include "live/internal/matcher.h"
#include "live/internal/residual_set.h"
#include "live/internal/table_index.h"

namespace blasty::live::internal {

class MatcherImpl : public Matcher {
  public:
    explicit MatcherImpl(const Options& options) : options_(options) {}
    ~MatcherImpl() override;

    Status Add(FeedId feed, const QueryPlanPtr& plan, const tables::Row& parameters) override;
    void Remove(FeedId feed) override;
    bool Watches(const tables::Table& table) const override {
        return indexes_.contains(&table) || residual_sets_.contains(&table);
    }
    Status Match(std::span<const tables::RowChange> changes, MatchResult* result) override;
    Status MatchOne(const QueryPlanPtr& plan, const tables::Row& parameters,
                    std::span<const tables::RowChange> changes,
                    std::vector<FeedChange>* result) override;
    Status Open(tables::SchemaPtr schema);
    Status ChangeSchema(const SchemaChange& change, std::span<const FeedId> gone) override;
    Status Explain(const QueryPlanPtr& plan, const tables::Row& parameters,
                   Explanation* explanation) override;
    MatcherStats stats() const override;

  private:
    // All feeds with one text.
    struct Query {
        uint32_t number = 0;
        QueryPlanPtr plan;
        const tables::Table* table = nullptr;  // of a filter
        sqlite3_stmt* statement = nullptr;     // of a filter
        uint64_t columns = 0;                  // of a filter: read of the table
        uint64_t feeds = 0;
    };
    // A change with its images found, or absent.
    struct Change {
        const tables::RowChange* source = nullptr;
        const tables::Table* table = nullptr;
        Image old_image, new_image;
        bool has_old = false, has_new = false;
        uint64_t columns = 0;  // that differ
    };
    enum Side : uint32_t { kOld = 0, kNew = 1 };
    struct Candidate {
        FeedId feed;
        uint32_t place;  // change * 2 + side
        friend auto operator<=>(const Candidate&, const Candidate&) = default;
    };
    struct TablePlacements {
        const tables::Table* table = nullptr;
        std::vector<Placement> any_of;
    };
    struct Output {
        uint32_t change = 0;
        FeedChange event;
    };

    // Makes the query when it is new.
    Result<Query*> QueryOf(const QueryPlanPtr& plan);
    void DropQuery(Query* query);
    // Where a feed is found, by table; a filter has one.
    Result<std::vector<TablePlacements>> PlacementsOf(const Query& query,
                                                      const tables::Row& parameters,
                                                      std::string_view encoded);
    // Takes a feed out of the books; nothing may lead to it any more.
    void Forget(FeedId feed, Query* query);
    TableIndex& IndexOf(const tables::Table& table);
    static bool IsResidual(const Query& query, const std::vector<TablePlacements>& placements);
    // Puts a feed where it is found, or takes it away. False: not added, too many shapes.
    bool AddPlacements(FeedId feed, const Query& query, const tables::Row& parameters,
                       const std::vector<TablePlacements>& placements);
    void RemovePlacements(FeedId feed, const Query& query,
                          const std::vector<TablePlacements>& placements);
    void Purge(FeedId feed, const Query& query);
    Status Decode(std::span<const tables::RowChange> changes);
    void FindCandidates(uint32_t change);
    // The conditions of all tables over all images of the commit.
    void FindResiduals(size_t count);
    // Does a change concern the columns that a query reads?
    static bool Reads(uint64_t columns, const Change& change);
    Status Evaluate(const Query& query, FeedId feed, std::string_view parameters,
                    std::span<const Candidate> candidates, std::vector<Output>* out);
    // Projections of the candidates of one side, by change; a row that does not match is not there.
    Status Run(const Query& query, std::span<const Candidate> candidates, Side side);

    const Options options_;
    tables::SchemaPtr schema_;
    std::unique_ptr<DeltaTables> tables_;
    std::unique_ptr<ValueKeys> values_;
    absl::flat_hash_map<std::string, std::unique_ptr<Query>> by_text_;
    std::vector<Query*> by_number_;
    std::vector<uint32_t> free_numbers_;
    absl::flat_hash_map<const tables::Table*, std::unique_ptr<TableIndex>> indexes_;
    absl::flat_hash_map<const tables::Table*, std::unique_ptr<ResidualSet>> residual_sets_;
    FeedStore feeds_;
    uint64_t residuals_ = 0;
    MatcherStats counters_;

    // Of the commit at hand; kept for their memory.
    std::vector<Change> changes_;
    std::vector<Candidate> candidates_;
    std::vector<FeedId> found_;
    std::vector<const Image*> run_;
    std::vector<uint32_t> run_changes_;
    std::vector<std::pair<uint32_t, std::string>> projections_[2];
};

}  // namespace blasty::live::internal
