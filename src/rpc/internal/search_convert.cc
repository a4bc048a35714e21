#include "rpc/internal/search_convert.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/strings.h"
#include "base/utf8.h"
#include "rpc/internal/limits.h"
#include "tables/value.h"

namespace blasty::rpc {
namespace {

Status Bad(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY", message);
}

Status AtMost(std::string_view what, uint64_t count, uint64_t most) {
    if (count <= most) return OkStatus();
    return Bad(StrCat(count, " ", what, "; at most ", most));
}

// What is not UTF-8 cannot be a `string` of a message: U+FFFD in its place.
std::string AsUtf8(std::string_view bytes) {
    if (IsUtf8(bytes)) return std::string(bytes);
    std::string out;
    while (!bytes.empty()) {
        const size_t length = Utf8Length(bytes);
        out += length == 0 ? std::string_view("\uFFFD") : bytes.substr(0, length);
        bytes.remove_prefix(std::max<size_t>(length, 1));
    }
    return out;
}

std::string NumberText(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.15g", value);
    return text;
}

Status TakeRanges(const v1::FacetRequest::Ranges& proto, index::FacetRequest* facet) {
    if (proto.ranges_size() == 0)
        return Bad(StrCat("facet '", Printable(facet->name), "': no ranges; give 1 to ",
                          kSearchRangesMax));
    BLASTY_RETURN_IF_ERROR(
        AtMost("ranges of a facet", static_cast<uint64_t>(proto.ranges_size()), kSearchRangesMax));
    for (const auto& from : proto.ranges()) {
        index::FacetRequest::Range range{.name = from.name()};
        if (from.has_min()) range.min = from.min();
        if (from.has_max()) range.max = from.max();
        if (!(range.min < range.max))
            return Bad(StrCat("facet '", Printable(facet->name), "': a range from ",
                              NumberText(range.min), " to ", NumberText(range.max),
                              " holds nothing; min must be below max"));
        if (range.name.empty()) {
            range.name = StrCat(from.has_min() ? NumberText(range.min) : "", "-",
                                from.has_max() ? NumberText(range.max) : "");
        }
        facet->ranges.push_back(std::move(range));
    }
    return OkStatus();
}

Result<index::FacetRequest> FacetOf(const v1::FacetRequest& proto) {
    index::FacetRequest facet;
    facet.name = proto.name().empty() ? proto.field() : proto.name();
    facet.field = proto.field();
    facet.sums_field = proto.sums_field();
    BLASTY_RETURN_IF_ERROR(AtMost("buckets of a facet", proto.size(), kSearchBucketsMax));
    const bool terms = proto.kind_case() != v1::FacetRequest::kRanges &&
                       proto.kind_case() != v1::FacetRequest::kHistogram;
    if (proto.size() > 0 || !terms)
        facet.size = proto.size() > 0 ? proto.size() : kSearchBucketsMax;
    BLASTY_RETURN_IF_ERROR(AtMost("chosen values of a facet",
                                  static_cast<uint64_t>(proto.chosen_size()), kSearchChosenMax));
    facet.chosen.assign(proto.chosen().begin(), proto.chosen().end());
    switch (proto.kind_case()) {
        case v1::FacetRequest::kRanges:
            facet.kind = index::FacetRequest::Kind::kRanges;
            BLASTY_RETURN_IF_ERROR(TakeRanges(proto.ranges(), &facet));
            break;
        case v1::FacetRequest::kHistogram:
            facet.kind = index::FacetRequest::Kind::kHistogram;
            facet.interval = proto.histogram().interval();
            if (!(facet.interval > 0) || std::isinf(facet.interval))
                return Bad(StrCat("facet '", Printable(facet.name), "': interval is ",
                                  NumberText(facet.interval), "; it must be above 0"));
            break;
        case v1::FacetRequest::kTerms:
        case v1::FacetRequest::KIND_NOT_SET:
            break;
    }
    return facet;
}

Status TakeFacets(const v1::SearchRequest& proto, search::Request* request) {
    BLASTY_RETURN_IF_ERROR(
        AtMost("facets", static_cast<uint64_t>(proto.facets_size()), kSearchFacetsMax));
    std::set<std::string> names;
    for (const v1::FacetRequest& each : proto.facets()) {
        BLASTY_ASSIGN_OR_RETURN(index::FacetRequest facet, FacetOf(each));
        if (!names.insert(facet.name).second)
            return Bad(StrCat("two facets have the name '", Printable(facet.name), "'"));
        request->facets.push_back(std::move(facet));
    }
    return OkStatus();
}

index::SortValue FromProto(const v1::SortValue& proto) {
    if (proto.kind_case() == v1::SortValue::kNumber) return proto.number();
    if (proto.kind_case() == v1::SortValue::kText) return proto.text();
    return std::monostate();
}

void ToProto(const index::SortValue& value, v1::SortValue* proto) {
    if (const double* number = std::get_if<double>(&value)) proto->set_number(*number);
    if (const std::string* text = std::get_if<std::string>(&value)) proto->set_text(*text);
}

search::Marks MarksOf(v1::SearchRequest::Marks marks) {
    if (marks == v1::SearchRequest::HTML) return search::Marks::kHtml;
    if (marks == v1::SearchRequest::ANSI) return search::Marks::kAnsi;
    return search::Marks::kNone;
}

Status TakeTimeout(int64_t given_us, int64_t* timeout_us) {
    if (given_us < 0) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_TIMEOUT",
                         StrCat("timeout_us is ", given_us, "; 0 (10 s) or more"));
    }
    if (given_us > 0) *timeout_us = std::min(given_us, kSearchTimeoutMaxUs);
    return OkStatus();
}

Status TakeSizes(const v1::SearchRequest& proto, search::Request* request) {
    if (proto.has_size()) request->size = proto.size();
    request->from = proto.from();
    BLASTY_RETURN_IF_ERROR(AtMost("hits (from and size together; with `after` go on further)",
                                  uint64_t{proto.from()} + request->size, kSearchHitsMax));
    BLASTY_RETURN_IF_ERROR(AtMost("fragments of a field", proto.fragments(), kSearchFragmentsMax));
    if (proto.fragments() > 0) request->fragments = proto.fragments();
    BLASTY_RETURN_IF_ERROR(
        AtMost("fields", static_cast<uint64_t>(proto.fields_size()), kSearchFieldsMax));
    BLASTY_RETURN_IF_ERROR(
        AtMost("sort keys", static_cast<uint64_t>(proto.sort_size()), kSearchSortKeysMax));
    return AtMost("values of `after`", static_cast<uint64_t>(proto.after_size()),
                  kSearchSortKeysMax);
}

}  // namespace

Result<search::Request> SearchRequestOf(const v1::SearchRequest& proto) {
    search::Request request;
    request.index = proto.index();
    BLASTY_RETURN_IF_ERROR(TakeSizes(proto, &request));
    BLASTY_RETURN_IF_ERROR(TakeFacets(proto, &request));
    BLASTY_RETURN_IF_ERROR(TakeTimeout(proto.timeout_us(), &request.timeout_us));
    request.query = proto.text();
    request.query_json = proto.json();
    request.all_words = proto.all_words();
    request.sort.assign(proto.sort().begin(), proto.sort().end());
    for (const v1::SortValue& value : proto.after()) request.after.push_back(FromProto(value));
    request.collapse = proto.collapse();
    request.marks = MarksOf(proto.marks());
    request.fields.assign(proto.fields().begin(), proto.fields().end());
    request.exact_total = !proto.has_exact_total() || proto.exact_total();
    request.fresh = Sequence(proto.fresh());
    request.explain = proto.explain();
    request.as_you_type = proto.as_you_type();
    request.did_you_mean = proto.did_you_mean();
    return request;
}

Result<search::JsonSearch> JsonSearchOf(const v1::SearchJsonRequest& proto) {
    search::JsonSearch search{.index = proto.index(), .json = proto.json(), .fresh = {}};
    BLASTY_RETURN_IF_ERROR(TakeTimeout(proto.timeout_us(), &search.timeout_us));
    search.fresh = Sequence(proto.fresh());
    return search;
}

search::SuggestRequest SuggestRequestOf(const v1::SuggestRequest& proto) {
    search::SuggestRequest request;
    request.index = proto.index();
    request.text = proto.text();
    request.fields.assign(proto.fields().begin(), proto.fields().end());
    if (proto.size() > 0) request.size = proto.size();
    request.fresh = Sequence(proto.fresh());
    return request;
}

void ToProto(const search::SuggestResult& result, v1::SuggestResponse* proto) {
    for (const search::Suggestion& from : result.suggestions) {
        v1::SuggestResponse::Suggestion* suggestion = proto->add_suggestions();
        suggestion->set_text(AsUtf8(from.text));
        suggestion->set_term(AsUtf8(from.term));
        suggestion->set_field(AsUtf8(from.field));
        suggestion->set_documents(from.documents);
        suggestion->set_distance(from.distance);
    }
    proto->set_sequence(result.sequence.value());
}

void ToProto(const index::FacetResult& facet, v1::Facet* proto) {
    proto->set_name(AsUtf8(facet.name));
    proto->set_field(facet.field);
    proto->set_total(facet.total);
    proto->set_missing(facet.missing);
    proto->set_other(facet.other);
    for (const index::FacetBucket& from : facet.buckets) {
        v1::Facet::Bucket* bucket = proto->add_buckets();
        bucket->set_name(AsUtf8(from.name));
        bucket->set_min(from.min);
        bucket->set_max(from.max);
        bucket->set_count(from.count);
        if (from.sums.values == 0) continue;
        v1::Facet::Sums* sums = bucket->mutable_sums();
        sums->set_values(from.sums.values);
        sums->set_sum(from.sums.sum);
        sums->set_min(from.sums.min);
        sums->set_max(from.sums.max);
    }
}

void FragmentsToProto(const std::string& field, const std::vector<std::string>& texts,
                      v1::SearchHit::Fragments* proto) {
    proto->set_field(AsUtf8(field));
    for (const std::string& text : texts) proto->add_texts(AsUtf8(text));
}

namespace {

void ToProto(const tables::Value& value, v1::Value* proto) {
    const tables::ValueView view = tables::ViewOf(value);
    switch (view.type) {
        case tables::ValueType::kNull:
            break;
        case tables::ValueType::kInteger:
            proto->set_integer(view.integer);
            break;
        case tables::ValueType::kReal:
            proto->set_real(view.real);
            break;
        case tables::ValueType::kText:
            if (IsUtf8(view.bytes)) {
                proto->set_text(std::string(view.bytes));
            } else {
                proto->set_raw_text(std::string(view.bytes));
            }
            break;
        case tables::ValueType::kBlob:
            proto->set_blob(std::string(view.bytes));
            break;
    }
}

void ToProto(const index::Explanation& explanation, v1::SearchHit::Explanation* proto) {
    proto->set_value(explanation.value);
    proto->set_text(AsUtf8(explanation.text));
    for (const index::Explanation& part : explanation.parts) ToProto(part, proto->add_parts());
}

void ToProto(const search::ResultHit& hit, v1::SearchHit* proto) {
    proto->set_id(AsUtf8(hit.id));
    for (const tables::Value& value : hit.key) ToProto(value, proto->mutable_key()->add_values());
    proto->set_score(hit.score);
    for (const index::SortValue& value : hit.sort) ToProto(value, proto->add_sort());
    proto->set_collapsed(hit.collapsed);
    for (const auto& [name, value] : hit.fields) {
        v1::SearchHit::Field* field = proto->add_fields();
        field->set_name(AsUtf8(name));
        ToProto(value, field->mutable_value());
    }
    for (const auto& [field, texts] : hit.fragments)
        FragmentsToProto(field, texts, proto->add_fragments());
    if (hit.explanation) ToProto(*hit.explanation, proto->mutable_explanation());
}

}  // namespace

void ToProto(const search::Response& response, v1::SearchResponse* proto) {
    for (const search::ResultHit& hit : response.hits) ToProto(hit, proto->add_hits());
    proto->set_total(response.total);
    proto->set_total_is_exact(response.total_is_exact);
    proto->set_max_score(response.max_score);
    for (const index::FacetResult& facet : response.facets) ToProto(facet, proto->add_facets());
    proto->set_sequence(response.sequence.value());
    proto->set_took_us(response.took_us);
    proto->set_did_you_mean(AsUtf8(response.did_you_mean));
}

void ToProto(const search::IndexInfo& info, v1::SearchIndex* proto) {
    proto->set_name(AsUtf8(info.name));
    proto->set_table(AsUtf8(info.table));
    proto->set_topic(AsUtf8(info.topic));
    for (const search::IndexFieldInfo& from : info.fields) {
        v1::SearchIndex::Field* field = proto->add_fields();
        field->set_name(AsUtf8(from.name));
        field->set_type(from.type);
        field->set_analyzer(AsUtf8(from.analyzer));
        field->set_boost(from.boost);
        field->set_column(AsUtf8(from.column));
        field->set_path(AsUtf8(from.path));
        field->set_dynamic(from.dynamic);
    }
    switch (info.state) {
        case search::IndexState::kBuilding:
            proto->set_state(v1::SearchIndex::BUILDING);
            break;
        case search::IndexState::kReady:
            proto->set_state(v1::SearchIndex::READY);
            break;
        case search::IndexState::kFailed:
            proto->set_state(v1::SearchIndex::FAILED);
            break;
    }
    proto->set_built(info.built);
    if (info.next_built) proto->set_next_built(*info.next_built);
    proto->set_problem(AsUtf8(info.problem));
    proto->set_documents(info.stats.documents);
    proto->set_segments(info.stats.segments);
    proto->set_memory_bytes(info.stats.memory_bytes);
    proto->set_disk_bytes(info.stats.disk_bytes);
    proto->set_sequence(info.stats.sequence.value());
    proto->set_checkpoint(info.stats.checkpoint.value());
}

}  // namespace blasty::rpc
