#include "cli/search_format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "cli/output.h"
#include "cli/search_arguments.h"
#include "cli/value_text.h"
#include "client/values.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr std::string_view kIndent = "   ";
// Bytes of a column that are shown when the terminal does not say how wide it is.
constexpr size_t kCellBytesMax = 4096;

// Four digits of a number: scores.
std::string ShortNumber(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.4g", value);
    return text;
}

// Whole numbers without a point, for the edges and sums of buckets.
std::string NumberText(double value) {
    if (std::abs(value) < 9e15 && value == std::floor(value))
        return StrCat(static_cast<int64_t>(value));
    return RealText(value);
}

std::string Cut(std::string text, size_t used, size_t width) {
    if (width == 0) return text;
    return CutToWidth(text, width > used ? width - used : 1);
}

void AppendExplanation(std::string& out, const v1::SearchHit::Explanation& explanation,
                       size_t depth, bool colour) {
    StrAppend(
        out, kIndent, std::string(2 * depth, ' '),
        Paint(colour, Colour::kDim,
              StrCat(ShortNumber(explanation.value()), "  ", Printable(explanation.text(), 400))),
        "\n");
    for (const v1::SearchHit::Explanation& part : explanation.parts())
        AppendExplanation(out, part, depth + 1, colour);
}

void AppendHit(std::string& out, size_t number, const v1::SearchHit& hit,
               const SearchTextOptions& options) {
    StrAppend(out, number, ". ", Paint(options.colour, Colour::kBold, Printable(hit.id(), 400)));
    if (hit.score() != 0)
        StrAppend(out, "  ",
                  Paint(options.colour, Colour::kDim, StrCat("(", ShortNumber(hit.score()), ")")));
    if (hit.collapsed() > 1)
        StrAppend(out, "  ",
                  Paint(options.colour, Colour::kDim,
                        StrCat("and ", hit.collapsed() - 1, " more like it")));
    out += '\n';
    for (const v1::SearchHit::Field& field : hit.fields()) {
        const std::string name = Printable(field.name(), 200);
        const size_t used = kIndent.size() + DisplayWidth(name) + 2;
        StrAppend(out, kIndent, Paint(options.colour, Colour::kCyan, name), ": ",
                  Cut(CellText(field.value(), kCellBytesMax), used, options.width), "\n");
    }
    for (const v1::SearchHit::Fragments& fragments : hit.fragments())
        for (const std::string& text : fragments.texts())
            StrAppend(out, kIndent,
                      Paint(options.colour, Colour::kCyan, Printable(fragments.field(), 200)), ": ",
                      MarkedText(text, options.colour), "\n");
    if (hit.has_explanation()) AppendExplanation(out, hit.explanation(), 0, options.colour);
}

}  // namespace

std::string ScoreText(double score) { return ShortNumber(score); }

std::string BucketName(const v1::Facet::Bucket& bucket) {
    if (!bucket.name().empty() || bucket.min() == bucket.max()) return Printable(bucket.name(), 80);
    return StrCat(NumberText(bucket.min()), "..", NumberText(bucket.max()));
}

namespace {

void AppendFacet(std::string& out, const v1::FacetRequest* request, const v1::Facet& facet) {
    const bool sums = request != nullptr && !request->sums_field().empty();
    std::vector<std::string> titles = {Printable(facet.name(), 80), "COUNT"};
    if (sums) titles.insert(titles.end(), {"SUM", "AVERAGE"});
    Table table(std::move(titles), "lrrr");
    for (const v1::Facet::Bucket& bucket : facet.buckets()) {
        const bool chosen =
            request != nullptr && std::find(request->chosen().begin(), request->chosen().end(),
                                            bucket.name()) != request->chosen().end();
        std::vector<std::string> row = {StrCat(chosen ? "* " : "  ", BucketName(bucket)),
                                        server::FormatCount(bucket.count())};
        if (sums && bucket.has_sums())
            row.insert(row.end(), {NumberText(bucket.sums().sum()),
                                   ShortNumber(bucket.sums().sum() /
                                               static_cast<double>(bucket.sums().values()))});
        if (sums) row.resize(4);
        table.Add(std::move(row));
    }
    const auto rest = [&table, sums](const char* what, uint64_t count) {
        if (count == 0) return;
        std::vector<std::string> row = {StrCat("  ", what), server::FormatCount(count)};
        if (sums) row.resize(4);
        table.Add(std::move(row));
    };
    rest("(others)", facet.other());
    rest("(none)", facet.missing());
    StrAppend(out, "\n", table.Text());
}

std::string ExplanationJson(const v1::SearchHit::Explanation& explanation) {
    server::JsonObject object;
    object.AddRaw("value", RealText(explanation.value())).AddBytes("text", explanation.text());
    if (explanation.parts_size() > 0) {
        std::string parts = "[";
        for (const v1::SearchHit::Explanation& part : explanation.parts())
            StrAppend(parts, parts.size() > 1 ? "," : "", ExplanationJson(part));
        object.AddRaw("parts", parts + "]");
    }
    return object.Take();
}

std::string HitJson(const v1::SearchHit& hit) {
    server::JsonObject object;
    object.Add("kind", "hit").AddBytes("id", hit.id()).AddRaw("key", JsonArray(hit.key()));
    object.AddRaw("score", RealText(hit.score()));
    if (hit.sort_size() > 0) object.AddRaw("sort", SortJson(hit));
    if (hit.collapsed() > 0) object.Add("collapsed", hit.collapsed());
    if (hit.fields_size() > 0) {
        std::vector<std::string> names;
        v1::Row row;
        for (const v1::SearchHit::Field& field : hit.fields()) {
            names.push_back(field.name());
            *row.add_values() = field.value();
        }
        object.AddRaw("fields", JsonRow(UniqueNames(names), row));
    }
    if (hit.fragments_size() > 0) object.AddRaw("fragments", FragmentsJson(hit.fragments()));
    if (hit.has_explanation()) object.AddRaw("explanation", ExplanationJson(hit.explanation()));
    return object.Take();
}

}  // namespace

std::string FacetJson(const v1::Facet& facet) {
    std::string buckets = "[";
    for (const v1::Facet::Bucket& bucket : facet.buckets()) {
        server::JsonObject object;
        if (!bucket.name().empty() || bucket.min() == bucket.max())
            object.AddBytes("name", bucket.name());
        if (bucket.min() != bucket.max()) {
            if (std::isfinite(bucket.min())) object.AddRaw("min", NumberText(bucket.min()));
            if (std::isfinite(bucket.max())) object.AddRaw("max", NumberText(bucket.max()));
        }
        object.Add("count", bucket.count());
        if (bucket.has_sums())
            object.AddRaw("sums", server::JsonObject()
                                      .Add("values", bucket.sums().values())
                                      .AddRaw("sum", NumberText(bucket.sums().sum()))
                                      .AddRaw("min", NumberText(bucket.sums().min()))
                                      .AddRaw("max", NumberText(bucket.sums().max()))
                                      .Take());
        StrAppend(buckets, buckets.size() > 1 ? "," : "", object.Take());
    }
    return server::JsonObject()
        .Add("kind", "facet")
        .AddBytes("name", facet.name())
        .AddBytes("field", facet.field())
        .Add("total", facet.total())
        .Add("missing", facet.missing())
        .Add("other", facet.other())
        .AddRaw("buckets", buckets + "]")
        .Take();
}

std::string FragmentsJson(
    const google::protobuf::RepeatedPtrField<v1::SearchHit::Fragments>& fragments) {
    server::JsonObject object;
    for (const v1::SearchHit::Fragments& each : fragments) {
        std::string texts = "[";
        for (const std::string& text : each.texts()) {
            if (texts.size() > 1) texts += ',';
            server::AppendJsonString(texts, text);
        }
        object.AddRaw(each.field(), texts + "]");
    }
    return object.Take();
}

std::string MarkedText(std::string_view text, bool colour) {
    std::string out;
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte == 0x1b && text.size() > 1 && text[1] == '[') {
            const size_t end = text.find_first_not_of("0123456789;", 2);
            if (end != std::string_view::npos && text[end] == 'm') {
                if (colour) out += text.substr(0, end + 1);
                text.remove_prefix(end + 1);
                continue;
            }
        }
        // Those of the second block (U+0080 to U+009F) steer some terminals too.
        const bool second =
            byte == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (byte < 0x20 || byte == 0x7f || second) {
            out += ' ';
        } else {
            out += text.front();
        }
        text.remove_prefix(second ? 2 : 1);
    }
    return out;
}

std::string SearchText(const v1::SearchRequest& request, const v1::SearchResponse& response,
                       const SearchTextOptions& options) {
    std::string out;
    size_t number = request.from();
    for (const v1::SearchHit& hit : response.hits()) AppendHit(out, ++number, hit, options);
    for (int i = 0; i < response.facets_size(); ++i)
        AppendFacet(out, i < request.facets_size() ? &request.facets(i) : nullptr,
                    response.facets(i));
    return out;
}

std::string SearchSummary(const v1::SearchResponse& response) {
    return StrCat(response.hits_size(), " of ", response.total_is_exact() ? "" : "at least ",
                  server::Counted(response.total(), "hit"), " in ",
                  server::FormatDuration(response.took_us()), " · sequence ", response.sequence());
}

std::string SearchJson(const v1::SearchResponse& response) {
    std::string out;
    for (const v1::SearchHit& hit : response.hits()) StrAppend(out, HitJson(hit), "\n");
    for (const v1::Facet& facet : response.facets()) StrAppend(out, FacetJson(facet), "\n");
    server::JsonObject summary;
    summary.Add("kind", "summary")
        .Add("total", response.total())
        .Add("exact", response.total_is_exact())
        .AddRaw("max_score", RealText(response.max_score()))
        .Add("sequence", response.sequence())
        .Add("took_us", response.took_us());
    if (!response.did_you_mean().empty()) summary.AddBytes("did_you_mean", response.did_you_mean());
    StrAppend(out, summary.Take(), "\n");
    return out;
}

}  // namespace blasty::cli
