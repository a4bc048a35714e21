#include "search/mapping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "analysis/chain.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "index/limits.h"
#include "search/internal/geo_text.h"
#include "search/internal/number_text.h"
#include "search/internal/time_text.h"
#include "tables/value.h"

namespace blasty::search {
namespace {

using tables::ValueType;
using tables::ValueView;

index::FieldKind KindOf(FieldType type) {
    switch (type) {
        case FieldType::kText:
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

template <typename Number>
std::string ShortText(Number number) {
    std::array<char, 32> raw{};
    const auto end = std::to_chars(raw.data(), raw.data() + raw.size(), number).ptr;
    return {raw.data(), end};
}

// The longest beginning that fits into a term, not cutting a character.
std::string_view CutToTerm(std::string_view text) {
    if (text.size() <= index::kTermBytesMax) return text;
    size_t end = index::kTermBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace

std::optional<std::string> AsText(const ValueView& value) {
    switch (value.type) {
        case ValueType::kNull:
            return std::nullopt;
        case ValueType::kInteger:
            return ShortText(value.integer);
        case ValueType::kReal:
            return ShortText(value.real);
        case ValueType::kText:
        case ValueType::kBlob:
            return std::string(value.bytes);
    }
    return std::nullopt;
}

std::optional<double> AsNumber(const ValueView& value) {
    switch (value.type) {
        case ValueType::kInteger:
            return static_cast<double>(value.integer);
        case ValueType::kReal:
            return std::isnan(value.real) ? std::nullopt : std::optional<double>(value.real);
        case ValueType::kText:
            return internal::ReadNumber(value.bytes);
        default:
            return std::nullopt;
    }
}

std::optional<double> AsDate(const ValueView& value) {
    if (value.type == ValueType::kText) {
        const auto time = internal::ParseTime(value.bytes);
        if (time) return static_cast<double>(time->us);
    }
    const std::optional<double> seconds = AsNumber(value);
    if (!seconds) return std::nullopt;
    return *seconds * 1e6;
}

std::optional<bool> AsBoolean(const ValueView& value) {
    if (value.type == ValueType::kText) {
        for (const std::string_view yes : {"true", "TRUE", "True", "t", "T", "yes"}) {
            if (value.bytes == yes) return true;
        }
        for (const std::string_view no : {"false", "FALSE", "False", "f", "F", "no"}) {
            if (value.bytes == no) return false;
        }
    }
    const std::optional<double> number = AsNumber(value);
    if (!number) return std::nullopt;
    return *number != 0;
}

std::optional<index::Point> AsPoint(const ValueView& value) {
    if (value.type != ValueType::kText) return std::nullopt;
    return internal::ParsePoint(value.bytes);
}

Result<std::shared_ptr<const Mapping>> Mapping::Make(const Definition& definition,
                                                     const tables::Table& table) {
    std::shared_ptr<Mapping> mapping(new Mapping());
    for (const tables::Column& column : table.columns) mapping->columns_.push_back(column.name);
    mapping->key_columns_ = table.key_columns;
    for (const FieldDefinition& field : definition.fields) {
        const int place = table.ColumnOf(field.column);
        if (place < 0) {
            return MakeError(StatusCode::kFailedPrecondition, "INDEX_COLUMN_MISSING",
                             StrCat("table '", Printable(table.name), "' has no column '",
                                    Printable(field.column), "'"));
        }
        FieldUse use{.name = field.name, .kind = KindOf(field.type), .boost = field.boost};
        use.date = field.type == FieldType::kDate;
        use.boolean = field.type == FieldType::kBoolean;
        use.by_default = field.type == FieldType::kText || field.type == FieldType::kFacet;
        if (field.type == FieldType::kText) {
            BLASTY_ASSIGN_OR_RETURN(use.analyzer, analysis::MakeAnalyzer(field.analyzer));
        }
        mapping->infos_.push_back({.name = field.name, .kind = use.kind});
        mapping->fields_.all.push_back(std::move(use));
        mapping->types_.push_back(field.type);
        mapping->places_.push_back(place);
    }
    return std::shared_ptr<const Mapping>(std::move(mapping));
}

Status Mapping::AddValues(std::string_view row, index::Batch* batch) const {
    std::vector<ValueView> values;
    values.reserve(columns_.size());
    tables::RowReader reader(row);
    for (ValueView value; reader.Next(&value);) values.push_back(value);
    if (!reader.ok() || values.size() != columns_.size()) {
        batch->End();
        return MakeError(StatusCode::kDataLoss, "ROW_DAMAGED",
                         StrCat("a row has ", values.size(), " values, the table ", columns_.size(),
                                " columns"));
    }
    for (size_t i = 0; i < places_.size(); ++i) {
        const ValueView& value = values[static_cast<size_t>(places_[i])];
        switch (types_[i]) {
            case FieldType::kText: {
                const auto add = [&](const analysis::Token& token) {
                    batch->AddToken(i, token.term, token.position);
                };
                if (value.type == ValueType::kText) {
                    fields_.all[i].analyzer->Analyze(value.bytes, add);
                } else if (const auto text = AsText(value)) {
                    fields_.all[i].analyzer->Analyze(*text, add);
                }
                break;
            }
            case FieldType::kFacet:
                if (const auto text = AsText(value)) batch->AddKeyword(i, CutToTerm(*text));
                break;
            case FieldType::kNumeric:
                if (const auto number = AsNumber(value)) batch->AddNumber(i, *number);
                break;
            case FieldType::kDate:
                if (const auto date = AsDate(value)) batch->AddNumber(i, *date);
                break;
            case FieldType::kBoolean:
                if (const auto yes = AsBoolean(value)) batch->AddKeyword(i, *yes ? "T" : "F");
                break;
            case FieldType::kGeo:
                if (const auto point = AsPoint(value)) batch->AddPoint(i, *point);
                break;
        }
    }
    batch->End();
    return OkStatus();
}

Status Mapping::Put(std::string_view key, std::string_view row, index::Batch* batch) const {
    batch->Put(key);
    return AddValues(row, batch);
}

Status Mapping::Remove(std::string_view key, std::string_view row, index::Batch* batch) const {
    batch->Remove(key);
    return AddValues(row, batch);
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
