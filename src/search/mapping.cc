#include "search/mapping.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "analysis/chain.h"
#include "base/strings.h"
#include "index/limits.h"
#include "search/internal/json_fields.h"
#include "search/internal/json_path.h"
#include "tables/value.h"

namespace blasty::search {
namespace {

using tables::ValueType;
using tables::ValueView;

// Of all JSON fields of an index together; more are not searchable.
constexpr size_t kDiscoveredMax = 500;
// Between the last word of a value and the first of the next one in the same field, so that no
// phrase goes across.
constexpr uint32_t kGap = 100;

index::FieldKind KindOf(FieldType type) {
    switch (type) {
        case FieldType::kText:
        case FieldType::kJson:
            return index::FieldKind::kText;
        case FieldType::kFacet:
        case FieldType::kBoolean:
            return index::FieldKind::kKeyword;
        case FieldType::kNumeric:
        case FieldType::kDate:
            return index::FieldKind::kNumber;
        case FieldType::kGeo:
            return index::FieldKind::kPoint;
    }
    return index::FieldKind::kText;
}

// The longest beginning that fits into a term, not cutting a character.
std::string_view CutToTerm(std::string_view text) {
    if (text.size() <= index::kTermBytesMax) return text;
    size_t end = index::kTermBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace

struct Mapping::JsonColumn {
    int place = 0;
    struct Path {
        size_t field;
        internal::JsonPath path;
    };
    std::vector<Path> paths;
    struct Root {
        std::string prefix;
        std::optional<internal::JsonPath> path;
        std::shared_ptr<const analysis::Analyzer> analyzer;
        double boost = 1;
    };
    std::vector<Root> roots;
    absl::flat_hash_map<std::string, size_t> discovered;  // name -> field
};

struct Mapping::Target {
    index::DocumentSink* sink;
    std::vector<uint32_t> next;  // position for the next value of a field; empty: all 0
};

Mapping::Mapping() = default;
Mapping::Mapping(const Mapping& other) = default;
Mapping::~Mapping() = default;

Mapping::JsonColumn& Mapping::JsonOf(int place) {
    for (JsonColumn& column : json_columns_) {
        if (column.place == place) return column;
    }
    json_columns_.emplace_back().place = place;
    return json_columns_.back();
}

Status Mapping::AddField(const FieldDefinition& field, int place) {
    std::optional<internal::JsonPath> path;
    if (!field.path.empty()) {
        BLASTY_ASSIGN_OR_RETURN(path, internal::JsonPath::Parse(field.path));
    }
    std::shared_ptr<const analysis::Analyzer> analyzer;
    if (!field.analyzer.empty()) {
        BLASTY_ASSIGN_OR_RETURN(analyzer, analysis::MakeAnalyzer(field.analyzer));
    }
    if (field.type == FieldType::kJson) {
        dynamic_ = true;
        JsonOf(place).roots.push_back({.prefix = field.name,
                                       .path = std::move(path),
                                       .analyzer = std::move(analyzer),
                                       .boost = field.boost});
        return OkStatus();
    }
    FieldUse use{.name = field.name, .kind = KindOf(field.type), .boost = field.boost};
    use.date = field.type == FieldType::kDate;
    use.boolean = field.type == FieldType::kBoolean;
    use.by_default = field.type == FieldType::kText || field.type == FieldType::kFacet;
    use.analyzer = std::move(analyzer);
    if (path) {
        JsonOf(place).paths.push_back({.field = infos_.size(), .path = *std::move(path)});
    } else {
        plain_.push_back(infos_.size());
    }
    infos_.push_back({.name = field.name, .kind = use.kind});
    fields_.all.push_back(std::move(use));
    types_.push_back(field.type);
    places_.push_back(place);
    return OkStatus();
}

Result<std::shared_ptr<const Mapping>> Mapping::Make(const Definition& definition,
                                                     const tables::Table& table) {
    std::shared_ptr<Mapping> mapping(new Mapping());
    for (const tables::Column& column : table.columns) mapping->columns_.push_back(column.name);
    mapping->key_columns_ = table.key_columns;
    mapping->fields_.key_columns = table.key_columns.size();
    for (const FieldDefinition& field : definition.fields) {
        const int place = table.ColumnOf(field.column);
        if (place < 0) {
            return MakeError(StatusCode::kFailedPrecondition, "INDEX_COLUMN_MISSING",
                             StrCat("table '", Printable(table.name), "' has no column '",
                                    Printable(field.column), "'"));
        }
        BLASTY_RETURN_IF_ERROR(mapping->AddField(field, place));
    }
    mapping->declared_ = mapping->infos_.size();
    return std::shared_ptr<const Mapping>(std::move(mapping));
}

void Mapping::AddValue(size_t field, const ValueView& value, Target* target) const {
    index::DocumentSink& sink = *target->sink;
    switch (types_[field]) {
        case FieldType::kText: {
            const uint32_t base = target->next.empty() ? 0 : target->next[field];
            uint32_t last = base;
            const auto add = [&](const analysis::Token& token) {
                last = base + token.position;
                sink.AddToken(field, token.term, last);
            };
            if (value.type == ValueType::kText) {
                fields_.all[field].analyzer->Analyze(value.bytes, add);
            } else if (const auto text = AsText(value)) {
                fields_.all[field].analyzer->Analyze(*text, add);
            }
            if (!target->next.empty()) target->next[field] = last + kGap;
            break;
        }
        case FieldType::kFacet:
            if (const auto text = AsText(value)) sink.AddKeyword(field, CutToTerm(*text));
            break;
        case FieldType::kNumeric:
            if (const auto number = AsNumber(value)) sink.AddNumber(field, *number);
            break;
        case FieldType::kDate:
            if (const auto date = AsDate(value)) sink.AddNumber(field, *date);
            break;
        case FieldType::kBoolean:
            if (const auto yes = AsBoolean(value)) sink.AddKeyword(field, *yes ? "T" : "F");
            break;
        case FieldType::kGeo:
            if (const auto point = AsPoint(value)) sink.AddPoint(field, *point);
            break;
        case FieldType::kJson:
            break;
    }
}

void Mapping::AddInside(const JsonColumn& column, std::string_view json, Target* target) const {
    const auto root = internal::ParseJson(json);
    if (!root) return;
    target->next.resize(infos_.size());
    for (const JsonColumn::Path& path : column.paths) {
        path.path.ForEach(*root, [&](const simdjson::dom::element& found) {
            internal::ForEachScalar(
                found, types_[path.field] == FieldType::kGeo,
                [&](const ValueView& value) { AddValue(path.field, value, target); });
        });
    }
    for (const JsonColumn::Root& from : column.roots) {
        internal::ForEachField(
            *root, from.path ? &*from.path : nullptr, from.prefix,
            [&](const std::string& name, index::FieldKind /*kind*/, const ValueView& value) {
                const auto found = column.discovered.find(name);
                if (found != column.discovered.end()) AddValue(found->second, value, target);
            });
    }
}

Status Mapping::Decode(std::string_view row, std::vector<ValueView>* values) const {
    values->reserve(columns_.size());
    tables::RowReader reader(row);
    for (ValueView value; reader.Next(&value);) values->push_back(value);
    if (reader.ok() && values->size() == columns_.size()) return OkStatus();
    return MakeError(
        StatusCode::kDataLoss, "ROW_DAMAGED",
        StrCat("a row has ", values->size(), " values, the table ", columns_.size(), " columns"));
}

Status Mapping::Fill(std::string_view row, index::DocumentSink* sink) const {
    std::vector<ValueView> values;
    BLASTY_RETURN_IF_ERROR(Decode(row, &values));
    Target target{.sink = sink, .next = {}};
    for (const size_t i : plain_) AddValue(i, values[static_cast<size_t>(places_[i])], &target);
    for (const JsonColumn& column : json_columns_) {
        const ValueView& value = values[static_cast<size_t>(column.place)];
        if (value.type == ValueType::kText || value.type == ValueType::kBlob)
            AddInside(column, value.bytes, &target);
    }
    return OkStatus();
}

Status Mapping::Discover(std::string_view row, std::vector<index::FieldInfo>* found) const {
    std::vector<ValueView> values;
    BLASTY_RETURN_IF_ERROR(Decode(row, &values));
    for (const JsonColumn& column : json_columns_) {
        if (column.roots.empty()) continue;
        const ValueView& value = values[static_cast<size_t>(column.place)];
        if (value.type != ValueType::kText && value.type != ValueType::kBlob) continue;
        const auto root = internal::ParseJson(value.bytes);
        if (!root) continue;
        const auto learn = [&](const std::string& name, index::FieldKind kind,
                               const ValueView& /*value*/) {
            if (column.discovered.contains(name) || fields_.Find(name) != nullptr) return;
            if (discovered() + found->size() >= kDiscoveredMax) return;
            const auto same = [&](const index::FieldInfo& info) { return info.name == name; };
            if (std::none_of(found->begin(), found->end(), same))
                found->push_back({.name = name, .kind = kind});
        };
        for (const JsonColumn::Root& from : column.roots)
            internal::ForEachField(*root, from.path ? &*from.path : nullptr, from.prefix, learn);
    }
    return OkStatus();
}

void Mapping::AddDiscovered(const index::FieldInfo& info) {
    for (JsonColumn& column : json_columns_) {
        for (const JsonColumn::Root& root : column.roots) {
            if (info.name != root.prefix && !info.name.starts_with(root.prefix + ".")) continue;
            const bool keyword = info.kind == index::FieldKind::kKeyword;
            const bool boolean = keyword && !info.name.ends_with(internal::kKeywordSuffix);
            FieldUse use{.name = info.name, .kind = info.kind, .boost = root.boost};
            use.boolean = boolean;
            use.by_default = info.kind == index::FieldKind::kText;
            if (info.kind == index::FieldKind::kText) use.analyzer = root.analyzer;
            types_.push_back(boolean                                  ? FieldType::kBoolean
                             : keyword                                ? FieldType::kFacet
                             : info.kind == index::FieldKind::kNumber ? FieldType::kNumeric
                                                                      : FieldType::kText);
            column.discovered.emplace(info.name, infos_.size());
            places_.push_back(column.place);
            infos_.push_back(info);
            fields_.all.push_back(std::move(use));
            return;
        }
    }
}

std::shared_ptr<const Mapping> Mapping::With(const std::vector<index::FieldInfo>& more) const {
    std::shared_ptr<Mapping> mapping(new Mapping(*this));
    for (const index::FieldInfo& info : more) {
        if (mapping->fields_.Find(info.name) == nullptr) mapping->AddDiscovered(info);
    }
    return mapping;
}

std::vector<std::string> Mapping::TextsOf(size_t field, const tables::Value& column) const {
    std::vector<std::string> texts;
    const auto add = [&](const ValueView& value) {
        if (auto text = AsText(value)) texts.push_back(*std::move(text));
    };
    const ValueView view = tables::ViewOf(column);
    for (const JsonColumn& json : json_columns_) {
        if (json.place != places_[field]) continue;
        const auto root = internal::ParseJson(view.bytes);
        for (const JsonColumn::Path& path : json.paths) {
            if (path.field != field) continue;
            if (root) {
                path.path.ForEach(*root, [&](const simdjson::dom::element& found) {
                    internal::ForEachScalar(found, false, add);
                });
            }
            return texts;
        }
        if (field < declared_ || !root) continue;
        for (const JsonColumn::Root& from : json.roots) {
            internal::ForEachField(
                *root, from.path ? &*from.path : nullptr, from.prefix,
                [&](const std::string& name, index::FieldKind /*kind*/, const ValueView& value) {
                    if (name == infos_[field].name) add(value);
                });
        }
    }
    if (field < declared_) add(view);
    return texts;
}

Status Mapping::Put(std::string_view key, std::string_view row, index::Batch* batch) const {
    batch->Put(key);
    const Status filled = Fill(row, batch);
    batch->End();
    return filled;
}

Status Mapping::Remove(std::string_view key, std::string_view row, index::Batch* batch) const {
    batch->Remove(key);
    const Status filled = Fill(row, batch);
    batch->End();
    return filled;
}

Result<std::string> Mapping::KeyOf(std::string_view row) const {
    std::vector<ValueView> values;
    tables::RowReader reader(row);
    for (ValueView value; reader.Next(&value);) values.push_back(value);
    std::string key;
    for (const int place : key_columns_) {
        if (static_cast<size_t>(place) >= values.size())
            return MakeError(StatusCode::kDataLoss, "ROW_DAMAGED", "a row lacks its key");
        tables::PutValue(key, values[static_cast<size_t>(place)]);
    }
    return key;
}

}  // namespace blasty::search
