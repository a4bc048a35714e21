#include "cli/search_arguments.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/strings.h"
#include "cli/json_rows.h"
#include "cli/standard_streams.h"
#include "cli/value_text.h"
#include "client/values.h"
#include "io/file_system.h"

namespace blasty::cli {
namespace {

constexpr size_t kRequestBytesMax = 1 << 20;

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

std::optional<double> AsDouble(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

Status AddRange(std::string_view text, v1::FacetRequest::Ranges* ranges) {
    const size_t dots = text.find("..");
    const std::string_view low = text.substr(0, dots), high = text.substr(dots + 2);
    const auto min = AsDouble(low), max = AsDouble(high);
    if ((!low.empty() && !min) || (!high.empty() && !max)) {
        return Usage(StrCat("--facet: '", Printable(text),
                            "' is no range of numbers; write 10..20, ..10 or 20.."));
    }
    v1::FacetRequest::Ranges::Range* range = ranges->add_ranges();
    range->set_name(std::string(text));
    if (min) range->set_min(*min);
    if (max) range->set_max(*max);
    return OkStatus();
}

// One of what stands between the commas behind the field.
Status AddFacetPart(std::string_view part, v1::FacetRequest* facet) {
    if (part.starts_with("sum=") && part.size() > 4) {
        facet->set_sums_field(std::string(part.substr(4)));
        return OkStatus();
    }
    if (part.starts_with("hist=")) {
        const auto width = AsDouble(part.substr(5));
        if (!width || !(*width > 0) || facet->has_ranges()) {
            return Usage(StrCat("--facet: '", Printable(part),
                                "': write hist=10 for buckets of that width, without ranges"));
        }
        facet->mutable_histogram()->set_interval(*width);
        return OkStatus();
    }
    if (part.find("..") != std::string_view::npos && !facet->has_histogram())
        return AddRange(part, facet->mutable_ranges());
    uint32_t size = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), size);
    if (error != std::errc() || end != part.data() + part.size() || size == 0 ||
        facet->size() > 0) {
        return Usage(StrCat("--facet: '", Printable(part),
                            "' is not N (buckets at most), 10..20 (a range), hist=10 (buckets of "
                            "that width) or sum=FIELD"));
    }
    facet->set_size(size);
    return OkStatus();
}

}  // namespace

Result<v1::FacetRequest> ParseFacet(std::string_view text) {
    v1::FacetRequest facet;
    const size_t colon = text.rfind(':');
    facet.set_field(std::string(text.substr(0, colon)));
    if (facet.field().empty())
        return Usage("--facet names a field: --facet section, --facet section:20");
    if (colon == std::string_view::npos) return facet;
    std::string_view rest = text.substr(colon + 1);
    if (rest.empty())
        return Usage(StrCat("--facet '", Printable(text), "': nothing stands after the colon"));
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        BLASTY_RETURN_IF_ERROR(AddFacetPart(rest.substr(0, comma), &facet));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return facet;
}

Status ChooseFacet(std::string_view text, v1::SearchRequest* request) {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        return Usage(StrCat("--choose '", Printable(text), "' is not FIELD=VALUE"));
    const std::string field(text.substr(0, equals));
    for (v1::FacetRequest& facet : *request->mutable_facets()) {
        if (facet.field() != field) continue;
        facet.add_chosen(std::string(text.substr(equals + 1)));
        return OkStatus();
    }
    v1::FacetRequest& facet = *request->add_facets();
    facet.set_field(field);
    facet.add_chosen(std::string(text.substr(equals + 1)));
    return OkStatus();
}

std::string SortJson(const v1::SearchHit& hit) {
    std::string out = "[";
    for (const v1::SortValue& value : hit.sort()) {
        if (out.size() > 1) out += ',';
        if (value.kind_case() == v1::SortValue::kText) {
            AppendJson(out, client::TextValue(value.text()));
        } else if (value.kind_case() != v1::SortValue::kNumber) {
            out += "null";
        } else if (std::abs(value.number()) < 9e15 &&
                   value.number() == std::floor(value.number())) {
            StrAppend(out, static_cast<int64_t>(value.number()));
        } else {
            out += RealText(value.number());
        }
    }
    return out += ']';
}

Status ParseAfter(const std::string& json, v1::SearchRequest* request) {
    const Status bad =
        Usage(StrCat("--after takes what a hit has in \"sort\", such as [12,\"b\"]; '",
                     Printable(json), "' is not that"));
    simdjson::dom::parser parser;
    simdjson::dom::array values;
    if (parser.parse(json).get(values) != simdjson::SUCCESS) return bad;
    for (const simdjson::dom::element element : values) {
        v1::SortValue* value = request->add_after();
        double number = 0;
        if (element.is_null()) continue;
        if (element.get(number) == simdjson::SUCCESS) {
            value->set_number(number);
            continue;
        }
        std::string_view text;
        if (element.get(text) == simdjson::SUCCESS) {
            value->set_text(std::string(text));
            continue;
        }
        if (element["$text_base64"].get(text) != simdjson::SUCCESS) return bad;
        const Result<std::string> bytes = DecodeBase64(text);
        if (!bytes.ok()) return bad;
        value->set_text(*bytes);
    }
    return OkStatus();
}

Result<std::string> ReadRequestFile(const std::string& path) {
    if (path != "-") return io::ReadFile(io::PosixFileSystem(), path, kRequestBytesMax);
    BLASTY_RETURN_IF_ERROR(CheckStandardInput("--request-json"));
    return ReadStandardInput(kRequestBytesMax);
}

}  // namespace blasty::cli
