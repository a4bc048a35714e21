#include "search/internal/answer_json.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/strings.h"
#include "index/explain.h"
#include "search/highlight.h"
#include "search/internal/answer.h"
#include "search/internal/hit_rows.h"
#include "search/internal/json_writer.h"
#include "search/internal/row_ids.h"
#include "search/json_request.h"
#include "search/json_result.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

Status Bad(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY", message);
}

std::string ValueJson(const tables::Value& value) {
    const tables::ValueView view = tables::ViewOf(value);
    std::string out;
    switch (view.type) {
        case tables::ValueType::kNull:
            return "null";
        case tables::ValueType::kInteger:
            return StrCat(view.integer);
        case tables::ValueType::kReal:
            AppendJsonNumber(out, view.real);
            break;
        case tables::ValueType::kText:
            AppendJsonString(out, view.bytes);
            break;
        case tables::ValueType::kBlob:
            out = "{\"$base64\":\"";
            AppendBase64(out, view.bytes);
            out += "\"}";
            break;
    }
    return out;
}

void AppendExplanation(std::string& out, const index::Explanation& explanation) {
    out += "{\"value\":";
    AppendJsonNumber(out, explanation.value);
    out += ",\"message\":";
    AppendJsonString(out, explanation.text);
    if (!explanation.parts.empty()) {
        out += ",\"children\":[";
        for (size_t i = 0; i < explanation.parts.size(); ++i) {
            if (i > 0) out += ',';
            AppendExplanation(out, explanation.parts[i]);
        }
        out += ']';
    }
    out += '}';
}

// What the request wants to see of each row.
class JsonHits {
  public:
    JsonHits(const JsonRequest& request, const LiveIndex::View& view)
        : request_(request),
          view_(view),
          highlighter_(request.search.query, view.mapping->fields()) {
        options_ =
            request.highlight_style == "ansi" ? HighlightOptions::Ansi() : HighlightOptions::Html();
    }

    // BAD_QUERY: a name is none of a column or field.
    Status FindColumns() {
        const tables::Table& table = *view_.table;
        for (const std::string& name : request_.fields) {
            if (name == "*") {
                for (size_t i = 0; i < table.columns.size(); ++i)
                    shown_.push_back({.name = table.columns[i].name, .column = i});
                continue;
            }
            Shown shown{.name = name};
            const int place = table.ColumnOf(name);
            if (place >= 0) {
                shown.column = static_cast<size_t>(place);
            } else {
                shown.field = FieldOf(name);
                if (!shown.field) {
                    return Bad(StrCat("\"fields\": neither table '", Printable(table.name),
                                      "' nor the index has '", Printable(name), "'"));
                }
            }
            shown_.push_back(std::move(shown));
        }
        return OkStatus();
    }
    bool ReadsRows() const {
        return !shown_.empty() || request_.highlight || request_.include_locations;
    }

    // `row`: all columns.
    void Fill(const tables::Row& row, JsonHit* hit) const {
        for (const Shown& shown : shown_) {
            if (shown.column) {
                hit->fields.emplace_back(shown.name, ValueJson(row[*shown.column]));
            } else if (std::string texts = TextsJson(*shown.field, row); !texts.empty()) {
                hit->fields.emplace_back(shown.name, std::move(texts));
            }
        }
        if (request_.highlight) {
            hit->fragments = FragmentsOf(highlighter_, *view_.mapping, row, options_);
            std::erase_if(hit->fragments,
                          [this](const auto& each) { return !IsHighlighted(each.first); });
        }
        if (request_.include_locations) AddLocations(row, hit);
    }

  private:
    struct Shown {
        std::string name;
        std::optional<size_t> column = {}, field = {};  // one of them
    };

    std::optional<size_t> FieldOf(const std::string& name) const {
        const auto& fields = view_.mapping->fields().all;
        for (size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].name == name) return i;
        }
        return std::nullopt;
    }
    std::vector<std::string> TextsOf(size_t field, const tables::Row& row) const {
        const auto column = static_cast<size_t>(view_.mapping->ColumnOf(field));
        return view_.mapping->TextsOf(field, row[column]);
    }
    std::string TextsJson(size_t field, const tables::Row& row) const {
        const std::vector<std::string> texts = TextsOf(field, row);
        std::string out;
        for (const std::string& text : texts) {
            if (!out.empty()) out += ',';
            AppendJsonString(out, text);
        }
        return texts.size() < 2 ? out : StrCat("[", out, "]");
    }
    bool IsHighlighted(const std::string& field) const {
        const auto& wanted = request_.highlight_fields;
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), field) != wanted.end();
    }
    void AddLocations(const tables::Row& row, JsonHit* hit) const {
        const auto& fields = view_.mapping->fields().all;
        for (size_t i = 0; i < fields.size(); ++i) {
            if (!highlighter_.Has(fields[i].name)) continue;
            std::vector<TermLocation> all;
            for (const std::string& text : TextsOf(i, row)) {
                for (TermLocation& location : highlighter_.Locations(fields[i].name, text))
                    all.push_back(std::move(location));
            }
            if (!all.empty()) hit->locations.emplace_back(fields[i].name, std::move(all));
        }
    }

    const JsonRequest& request_;
    const LiveIndex::View& view_;
    const Highlighter highlighter_;
    HighlightOptions options_;
    std::vector<Shown> shown_;
};

// Keys are bytes that JSON cannot say: as `search_after` takes them back.
void WriteSortKeys(const std::vector<index::SortKey>& sort, index::Hit* hit) {
    for (size_t i = 0; i < sort.size() && i < hit->sort.size(); ++i) {
        auto* text = std::get_if<std::string>(&hit->sort[i]);
        if (sort[i].by == index::SortKey::By::kKey && text != nullptr) *text = KeyText(*text);
    }
}

}  // namespace

Result<std::string> AnswerJson(const JsonSearch& search, const LiveIndex::View& view,
                               tables::Tables& tables, const Clock& clock, int64_t began_us) {
    BLASTY_ASSIGN_OR_RETURN(const JsonRequest request,
                            ParseJsonRequest(search.json, view.mapping->fields()));
    JsonHits shown(request, view);
    BLASTY_RETURN_IF_ERROR(shown.FindColumns());
    BLASTY_ASSIGN_OR_RETURN(index::SearchResult result,
                            index::Search(*view.snapshot, request.search));
    if (shown.ReadsRows() && result.hits.size() > kRowsReadMax) {
        return Bad(StrCat("columns, highlights or locations of ", result.hits.size(),
                          " hits; at most ", kRowsReadMax, " are read at once"));
    }
    if (request.explain && result.hits.size() > kExplainedMax) {
        return Bad(StrCat("explanations of ", result.hits.size(), " hits; at most ", kExplainedMax,
                          " are made at once"));
    }
    std::vector<JsonHit> hits(result.hits.size());
    HitRows rows(tables, view);
    for (size_t i = 0; i < result.hits.size(); ++i) {
        index::Hit& hit = result.hits[i];
        BLASTY_ASSIGN_OR_RETURN(const tables::Row key, tables::DecodeRow(hit.key));
        if (request.explain) {
            BLASTY_ASSIGN_OR_RETURN(const index::Explanation explanation,
                                    index::Explain(*view.snapshot, request.search.query, hit));
            AppendExplanation(hits[i].explanation, explanation);
        }
        if (shown.ReadsRows()) {
            BLASTY_ASSIGN_OR_RETURN(const tables::Row row, rows.Read(key));
            if (row.size() == view.table->columns.size()) shown.Fill(row, &hits[i]);
        }
        hit.key = IdOf(key);
        WriteSortKeys(request.search.sort, &hit);
    }
    const int64_t took_us = clock.MonotonicMicros() - began_us;
    return WriteJsonResult(
        request, result, hits,
        {.index = search.index,
         .took_ns = static_cast<uint64_t>(std::max<int64_t>(took_us, 0)) * 1000});
}

}  // namespace blasty::search::internal
