#include "cli/watch_format.h"

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "cli/search_format.h"
#include "cli/value_text.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr size_t kCellBytes = 2000;

Colour ColourOf(v1::Event::Kind kind) {
    switch (kind) {
        case v1::Event::ENTER:
            return Colour::kGreen;
        case v1::Event::CHANGE:
            return Colour::kYellow;
        case v1::Event::LEAVE:
        case v1::Event::ERROR:
            return Colour::kRed;
        case v1::Event::RESET:
            return Colour::kMagenta;
        case v1::Event::READY:
            return Colour::kCyan;
        default:
            return Colour::kNone;
    }
}

std::string CountsText(const v1::Event& event) {
    std::string out = server::Counted(event.total(), "hit");
    for (const v1::Facet& facet : event.facets()) {
        StrAppend(out, "  ", Printable(facet.name(), 80), ":");
        for (const v1::Facet::Bucket& bucket : facet.buckets())
            StrAppend(out, &bucket == &facet.buckets(0) ? " " : ", ", BucketName(bucket), " ",
                      server::FormatCount(bucket.count()));
    }
    return out;
}

std::string FragmentsText(const v1::Event& event, bool colour) {
    std::string out;
    for (const v1::SearchHit::Fragments& fragments : event.fragments())
        for (const std::string& text : fragments.texts())
            StrAppend(out, "  ", Paint(colour, Colour::kDim, Printable(fragments.field(), 200)),
                      ": ", MarkedText(text, colour));
    return out;
}

std::string FacetsJson(const v1::Event& event) {
    std::string out = "[";
    for (const v1::Facet& facet : event.facets())
        StrAppend(out, out.size() > 1 ? "," : "", FacetJson(facet));
    return out += ']';
}

bool SameValue(const v1::Value& a, const v1::Value& b) {
    return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

std::string_view KindName(v1::Event::Kind kind) {
    switch (kind) {
        case v1::Event::ROW:
            return "row";
        case v1::Event::READY:
            return "ready";
        case v1::Event::ENTER:
            return "enter";
        case v1::Event::CHANGE:
            return "change";
        case v1::Event::LEAVE:
            return "leave";
        case v1::Event::PROGRESS:
            return "progress";
        case v1::Event::RESET:
            return "reset";
        case v1::Event::ERROR:
            return "error";
        case v1::Event::COUNTS:
            return "counts";
        default:
            return "unknown";
    }
}

std::string KeyText(const v1::Row& key, size_t bytes_max) {
    std::string out;
    for (int i = 0; i < key.values_size(); ++i)
        StrAppend(out, i == 0 ? "" : ",", CellText(key.values(i), bytes_max));
    return out;
}

std::string FieldsText(const std::vector<std::string>& names, const v1::Row* old_row,
                       const v1::Row& row, bool colour) {
    std::string out;
    for (int i = 0; i < row.values_size(); ++i) {
        const auto at = static_cast<size_t>(i);
        const std::string name = at < names.size() ? names[at] : StrCat("column", i + 1);
        StrAppend(out, i == 0 ? "" : "  ",
                  Paint(colour, Colour::kDim, StrCat(Printable(name, 200), "=")));
        if (old_row != nullptr && i < old_row->values_size() &&
            !SameValue(old_row->values(i), row.values(i)))
            StrAppend(out, CellText(old_row->values(i), kCellBytes),
                      Paint(colour, Colour::kYellow, "→"));
        out += CellText(row.values(i), kCellBytes);
    }
    return out;
}

std::string EventLine(const v1::Event& event, const std::vector<std::string>& names, bool colour) {
    const std::string_view kind = KindName(event.kind());
    std::string out = Paint(colour, Colour::kDim, StrCat("#", event.sequence()));
    StrAppend(out, "  ", Paint(colour, ColourOf(event.kind()), kind),
              std::string(kind.size() < 6 ? 6 - kind.size() : 0, ' '));
    const bool left = event.kind() == v1::Event::LEAVE;
    const v1::Row& row = left ? event.old_row() : event.row();
    if (event.has_position()) {
        StrAppend(out, "  ", event.position() + 1, ". ", KeyText(event.key(), kCellBytes));
        if (event.score() != 0)
            StrAppend(out, "  ",
                      Paint(colour, Colour::kDim, StrCat("(", ScoreText(event.score()), ")")));
    }
    if (event.kind() == v1::Event::COUNTS) StrAppend(out, "  ", CountsText(event));
    if (row.values_size() > 0) {
        StrAppend(out, "  ",
                  FieldsText(names, !left && event.has_old_row() ? &event.old_row() : nullptr, row,
                             colour));
    } else if (event.key().values_size() > 0 && !event.has_position()) {
        StrAppend(out, "  ", Paint(colour, Colour::kDim, "key="), KeyText(event.key(), kCellBytes));
    }
    out += FragmentsText(event, colour);
    if (event.merged() > 0) StrAppend(out, "  (", event.merged(), " more changes in it)");
    if (!event.reason().empty())
        StrAppend(out, "  ", Printable(event.reason()), ": ", Printable(event.message(), 2000));
    return out;
}

std::string EventJson(const v1::Event& event, const std::vector<std::string>& names) {
    server::JsonObject json;
    json.Add("kind", KindName(event.kind())).Add("sequence", event.sequence());
    if (event.has_key()) json.AddRaw("key", JsonArray(event.key()));
    // A search without fields has nothing but keys.
    if (event.has_row() && !names.empty()) json.AddRaw("row", JsonRow(names, event.row()));
    if (event.has_old_row()) json.AddRaw("old", JsonRow(names, event.old_row()));
    if (event.has_position()) json.Add("position", event.position());
    if (event.score() != 0) json.AddRaw("score", RealText(event.score()));
    if (event.fragments_size() > 0) json.AddRaw("fragments", FragmentsJson(event.fragments()));
    if (event.kind() == v1::Event::COUNTS) {
        json.Add("total", event.total());
        if (event.facets_size() > 0) json.AddRaw("facets", FacetsJson(event));
    }
    if (!event.token().empty()) json.AddBytes("token", event.token());
    if (event.merged() > 0) json.Add("merged", event.merged());
    if (!event.reason().empty()) json.AddBytes("reason", event.reason());
    if (!event.message().empty()) json.AddBytes("message", event.message());
    return json.Take();
}

Status ErrorOf(const v1::Event& event) {
    const std::string& reason = event.reason();
    StatusCode code = StatusCode::kUnknown;
    for (const char* word : {"LIVE_REFUSED", "SQL_ERROR", "STATEMENT_REFUSED", "INVALID_TOKEN",
                             "BAD_QUERY", "FACET_TOO_LARGE", "INVALID_DELAY", "INVALID_TIMEOUT"})
        if (reason == word) code = StatusCode::kInvalidArgument;
    for (const char* word : {"INDEX_NOT_FOUND", "INDEX_DROPPED"})
        if (reason == word) code = StatusCode::kNotFound;
    if (reason == "INDEX_BUILDING") code = StatusCode::kUnavailable;
    if (reason == "LIVE_LIMIT") code = StatusCode::kResourceExhausted;
    if (reason == "CANCELLED") code = StatusCode::kCancelled;
    return MakeError(code, reason.empty() ? "INTERNAL" : reason, event.message());
}

}  // namespace blasty::cli
