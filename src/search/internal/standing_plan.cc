#include "search/internal/standing_plan.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/strings.h"
#include "search/internal/answer.h"
#include "tables/value.h"

namespace blasty::search::standing {
namespace {

// Hits that are held for each feed and looked through at each change.
constexpr size_t kBestMax = 1000;

Status Refused(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "LIVE_REFUSED", message);
}

// What was picked of facets, as index::Search has it.
index::QueryPtr ChosenOf(const std::vector<index::FacetRequest>& facets) {
    index::BooleanQuery all;
    for (const index::FacetRequest& facet : facets) {
        if (facet.chosen.empty()) continue;
        index::BooleanQuery any;
        for (const std::string& chosen : facet.chosen) {
            if (facet.kind == index::FacetRequest::Kind::kTerms) {
                any.should.push_back(
                    index::MakeQuery(index::TermQuery{.field = facet.field, .term = chosen}));
                continue;
            }
            for (const index::FacetRequest::Range& range : facet.ranges) {
                if (range.name != chosen) continue;
                any.should.push_back(
                    index::MakeQuery(index::NumberRangeQuery{.field = facet.field,
                                                             .min = range.min,
                                                             .max = range.max,
                                                             .includes_max = false}));
            }
        }
        all.filter.push_back(index::MakeQuery(std::move(any)));
    }
    if (all.filter.empty()) return nullptr;
    return index::MakeQuery(std::move(all));
}

class KeyWriter {
  public:
    void Text(std::string_view text) { StrAppend(key_, text.size(), ":", text); }
    template <typename Int>
    void Number(Int number) {
        StrAppend(key_, static_cast<int64_t>(number), ",");
    }
    void Real(double number) { PutFixed(key_, number); }
    void Texts(const std::vector<std::string>& texts) {
        Number(texts.size());
        for (const std::string& text : texts) Text(text);
    }
    std::string Take() { return std::move(key_); }

  private:
    std::string key_;
};

void PutFacet(const index::FacetRequest& facet, KeyWriter* key) {
    key->Text(facet.name);
    key->Text(facet.field);
    key->Number(facet.kind);
    key->Number(facet.size);
    key->Number(facet.ranges.size());
    for (const index::FacetRequest::Range& range : facet.ranges) {
        key->Text(range.name);
        key->Real(range.min);
        key->Real(range.max);
    }
    key->Real(facet.interval);
    key->Text(facet.sums_field);
    key->Texts(facet.chosen);
}

std::shared_ptr<const live::ResultColumns> ColumnsFor(const tables::Table& table,
                                                      const std::vector<int>& columns) {
    auto result = std::make_shared<live::ResultColumns>();
    for (const int place : columns) {
        const tables::Column& column = table.columns[static_cast<size_t>(place)];
        result->names.push_back(column.name);
        result->types.push_back(column.declared_type);
    }
    return result;
}

}  // namespace

Status CheckRequest(const LiveRequest& request) {
    const Request& search = request.search;
    if (search.from != 0 || !search.after.empty() || !search.collapse.empty() || search.explain ||
        search.did_you_mean) {
        return Refused(
            "a live search takes no `from`, `after`, `collapse`, `explain` or `did_you_mean`: it "
            "follows the best `size` hits, or all matches");
    }
    if (request.all_matches && !search.sort.empty())
        return Refused("all matches are followed in no order: leave out `sort`");
    if (!request.all_matches && search.size > kBestMax) {
        return Refused(StrCat("the best ", search.size, " hits; at most ", kBestMax,
                              " are followed; take all matches instead"));
    }
    return OkStatus();
}

Result<PlanPtr> MakePlan(const LiveRequestPtr& request, const internal::LiveIndex::View& view) {
    const Request& search = request->search;
    const Fields& fields = view.mapping->fields();
    auto plan = std::make_shared<Plan>();
    plan->request = request;
    plan->mapping = view.mapping;
    plan->table = view.table;
    if (view.of_topic) plan->messages = view.source;
    BLASTY_ASSIGN_OR_RETURN(plan->query, internal::QueryOf(search, fields));
    BLASTY_ASSIGN_OR_RETURN(plan->sort, internal::ParseSort(search.sort, fields));
    BLASTY_RETURN_IF_ERROR(internal::CheckFacets(search, fields));
    BLASTY_ASSIGN_OR_RETURN(plan->columns, internal::ColumnsOf(search, *view.table));
    plan->chosen = ChosenOf(search.facets);
    plan->by_score = plan->sort.empty();
    for (const index::SortKey& key : plan->sort) {
        plan->by_score |= key.by == index::SortKey::By::kScore;
        plan->by_key |= key.by == index::SortKey::By::kKey;
    }
    plan->all_columns = plan->columns.size() == view.table->columns.size();
    for (size_t i = 0; i < plan->columns.size(); ++i)
        plan->all_columns &= plan->columns[i] == static_cast<int>(i);
    plan->result_columns = ColumnsFor(*view.table, plan->columns);
    if (search.marks != Marks::kNone) {
        plan->highlighter = std::make_unique<Highlighter>(plan->query, fields);
        plan->highlight = internal::HighlightOptionsOf(search);
    }
    plan->old_values = request->old_values || (request->all_matches && request->coalesce_us > 0);
    return PlanPtr(std::move(plan));
}

std::string FeedKey(const LiveRequest& request) {
    const Request& search = request.search;
    KeyWriter key;
    key.Number(request.all_matches);
    key.Number(request.old_values);
    // All matches are merged for each subscriber, the best hits evaluated less often.
    key.Number(request.all_matches ? (request.coalesce_us > 0 ? 1 : 0) : request.coalesce_us);
    key.Text(search.query);
    key.Text(search.query_json);
    key.Number(search.all_words);
    key.Number(search.as_you_type);
    if (!request.all_matches) key.Number(search.size);
    key.Texts(search.sort);
    key.Number(search.facets.size());
    for (const index::FacetRequest& facet : search.facets) PutFacet(facet, &key);
    key.Number(search.marks);
    key.Number(search.fragments);
    key.Texts(search.fields);
    return key.Take();
}

index::SearchRequest Plan::Search() const {
    index::SearchRequest search{.query = query};
    search.sort = sort;
    search.facets = request->search.facets;
    return search;
}

Result<Plan::Shown> Plan::Show(std::string_view row) const {
    Shown shown;
    if (bare()) return shown;
    std::vector<tables::ValueView> values;
    tables::RowReader reader(row);
    for (tables::ValueView value; reader.Next(&value);) values.push_back(value);
    if (!reader.ok() || values.size() != table->columns.size()) {
        return MakeError(StatusCode::kDataLoss, "ROW_DAMAGED",
                         StrCat("a row has ", values.size(), " values, the table ",
                                table->columns.size(), " columns"));
    }
    if (all_columns) {
        shown.row = row;
    } else {
        for (const int place : columns)
            tables::PutValue(shown.row, values[static_cast<size_t>(place)]);
    }
    if (highlighter == nullptr) return shown;
    tables::Row all;
    all.reserve(values.size());
    for (const tables::ValueView& value : values) all.push_back(tables::ValueOf(value));
    shown.fragments = internal::FragmentsOf(*highlighter, *mapping, all, highlight);
    return shown;
}

}  // namespace blasty::search::standing
