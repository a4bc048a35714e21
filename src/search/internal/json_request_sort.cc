#include <utility>

#include "base/strings.h"
#include "search/internal/json_request_parts.h"
#include "search/internal/number_text.h"
#include "search/internal/query_string_dates.h"
#include "search/internal/query_string_leaves.h"
#include "search/internal/row_ids.h"

namespace blasty::search::internal {
namespace {

using index::FieldKind;
using index::SortKey;
using index::SortValue;

Status CheckSortable(const FieldUse& field) {
    if (field.kind == FieldKind::kKeyword || field.kind == FieldKind::kNumber) return OkStatus();
    return BadQuery(StrCat("\"sort\": field '", Printable(field.name), "' is a ", KindName(field),
                           "; only keywords, numbers and dates have an order"));
}

Result<SortKey> SortByName(std::string_view name, const Fields& fields) {
    SortKey key;
    if (name.starts_with('-')) {
        key.descending = true;
        name.remove_prefix(1);
    } else if (name.starts_with('+')) {
        name.remove_prefix(1);
    }
    if (name == "_score") return key;
    if (name == "_id") {
        key.by = SortKey::By::kKey;
        return key;
    }
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, FindField(fields, name));
    BLASTY_RETURN_IF_ERROR(CheckSortable(*field));
    key.by = SortKey::By::kField;
    key.field = field->name;
    return key;
}

Status ParseOrder(const JsonMembers& object, SortKey* key) {
    BLASTY_ASSIGN_OR_RETURN(const auto mode, TextMember(object, "mode"));
    if (mode == "min")
        key->mode = SortKey::Mode::kMin;
    else if (mode == "max")
        key->mode = SortKey::Mode::kMax;
    else if (mode && *mode != "default")
        return BadQuery("\"mode\" must be \"default\", \"min\" or \"max\"");
    BLASTY_ASSIGN_OR_RETURN(const auto missing, TextMember(object, "missing"));
    if (missing && *missing != "first" && *missing != "last")
        return BadQuery("\"missing\" must be \"first\" or \"last\"");
    key->missing_first = missing == "first";
    BLASTY_ASSIGN_OR_RETURN(const auto type, TextMember(object, "type"));
    if (type && *type != "auto" && *type != "string" && *type != "number" && *type != "date")
        return BadQuery("\"type\" must be \"auto\", \"string\", \"number\" or \"date\"");
    return OkStatus();
}

Result<SortKey> SortByObject(const JsonMembers& object, const Fields& fields) {
    BLASTY_ASSIGN_OR_RETURN(const auto by, TextMember(object, "by"));
    BLASTY_ASSIGN_OR_RETURN(const auto name, TextMember(object, "field"));
    SortKey key;
    BLASTY_ASSIGN_OR_RETURN(key.descending, TruthMember(object, "desc", false));
    if (by == "score") return key;
    if (by == "id") {
        key.by = SortKey::By::kKey;
        return key;
    }
    if (by != "field" && by != "geo_distance")
        return BadQuery("\"by\" must be \"field\", \"score\", \"id\" or \"geo_distance\"");
    if (!name) return BadQuery(StrCat("sorting by ", *by, " needs a \"field\""));
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, FindField(fields, *name));
    key.field = field->name;
    BLASTY_RETURN_IF_ERROR(ParseOrder(object, &key));
    if (by == "field") {
        BLASTY_RETURN_IF_ERROR(CheckSortable(*field));
        key.by = SortKey::By::kField;
        return key;
    }
    if (field->kind != FieldKind::kPoint) {
        return BadQuery(StrCat("sorting by distance needs a field of places, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    key.by = SortKey::By::kDistance;
    const auto place = Member(object, "location");
    if (!place) return BadQuery("sorting by distance needs a \"location\"");
    BLASTY_ASSIGN_OR_RETURN(key.origin, ParsePoint(*place));
    BLASTY_ASSIGN_OR_RETURN(const auto unit, TextMember(object, "unit"));
    if (unit && !UnitMeters(*unit))
        return BadQuery(StrCat("\"unit\": there is no unit '", Printable(*unit), "'"));
    return key;
}

Result<SortValue> AfterValue(const JsonValue& value, const SortKey& key, const Fields& fields) {
    if (value.is_null()) return SortValue();
    const FieldUse* field = key.by == SortKey::By::kField ? fields.Find(key.field) : nullptr;
    const bool text =
        key.by == SortKey::By::kKey || (field != nullptr && field->kind == FieldKind::kKeyword);
    std::string_view string;
    const bool is_string = value.get_string().get(string) == simdjson::SUCCESS;
    if (text) {
        if (is_string && key.by == SortKey::By::kKey && fields.key_columns > 0) {
            if (auto bytes = ReadKeyText(string)) return SortValue(*std::move(bytes));
            return BadQuery("must be what a hit has in \"sort\" for _id");
        }
        if (is_string) return SortValue(std::string(string));
        return BadQuery("must be a string, as the key of \"sort\" it belongs to");
    }
    double number = 0;
    if (!value.get_double().get(number)) return SortValue(number);
    if (is_string) {
        if (const auto read = ReadNumber(string)) return SortValue(*read);
        const auto date = field != nullptr && field->date ? ParseDate(string) : std::nullopt;
        if (date) return SortValue(date->us);
    }
    return BadQuery("must be a number, as the key of \"sort\" it belongs to");
}

}  // namespace

Result<std::vector<SortKey>> ParseSort(const JsonValue& list, const Fields& fields) {
    BLASTY_ASSIGN_OR_RETURN(const auto array, ArrayOf(list, "sort"));
    std::vector<SortKey> keys;
    for (const JsonValue element : array) {
        std::string_view name;
        JsonMembers object;
        Result<SortKey> key = BadQuery("must be a string or an object");
        if (!element.get_string().get(name))
            key = SortByName(name, fields);
        else if (!element.get_object().get(object))
            key = SortByObject(object, fields);
        if (!key.ok()) return Annotate(key.status(), StrCat("sort[", keys.size(), "]"));
        keys.push_back(*std::move(key));
    }
    return keys;
}

Result<std::vector<SortValue>> ParseAfter(const simdjson::dom::array& values,
                                          const std::vector<SortKey>& sort, const Fields& fields) {
    std::vector<SortValue> after;
    for (const JsonValue element : values) {
        Result<SortValue> value = AfterValue(element, sort[after.size()], fields);
        if (!value.ok())
            return Annotate(value.status(), StrCat("value ", after.size() + 1, " to search from"));
        after.push_back(*std::move(value));
    }
    return after;
}

}  // namespace blasty::search::internal
