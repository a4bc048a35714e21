// Ranges of numbers, dates and terms; true and false.
#include <utility>

#include "base/strings.h"
#include "search/internal/json_query_leaf.h"
#include "search/internal/query_string_dates.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

// Of numbers or of terms, as the ends are.
Result<QueryPtr> JsonLeaf::Range() const {
    BLASTY_ASSIGN_OR_RETURN(const bool includes_min, TruthMember(object_, "inclusive_min", true));
    BLASTY_ASSIGN_OR_RETURN(const bool includes_max, TruthMember(object_, "inclusive_max", false));
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a range"));
    ++*leaves_;
    const auto is_text = [this](std::string_view name) {
        const auto value = Member(object_, name);
        return value && value->is_string();
    };
    if (is_text("min") || is_text("max")) {
        RangeEnd min{.included = includes_min}, max{.included = includes_max};
        BLASTY_ASSIGN_OR_RETURN(min.value, TextMember(object_, "min"));
        BLASTY_ASSIGN_OR_RETURN(max.value, TextMember(object_, "max"));
        if (field->kind == FieldKind::kNumber) return RangeQuery(*field, min, max, false);
        if (!HasTerms(*field)) return BadQuery("a range of terms needs a text or keyword field");
        if (max.value && max.value->empty()) max.value.reset();
        return MakeQuery(index::TermRangeQuery{.field = field->name,
                                               .min = min.value.value_or(""),
                                               .max = max.value.value_or(""),
                                               .includes_min = includes_min,
                                               .includes_max = includes_max},
                         field->boost);
    }
    BLASTY_ASSIGN_OR_RETURN(const auto min, NumberMember(object_, "min"));
    BLASTY_ASSIGN_OR_RETURN(const auto max, NumberMember(object_, "max"));
    if (field->kind != FieldKind::kNumber) {
        return BadQuery(StrCat("a range of numbers needs a number field, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    index::NumberRangeQuery range{
        .field = field->name, .includes_min = includes_min, .includes_max = includes_max};
    range.min = min.value_or(range.min);
    range.max = max.value_or(range.max);
    // An open end takes everything in.
    range.includes_min = range.includes_min || !min;
    range.includes_max = range.includes_max || !max;
    return MakeQuery(std::move(range), field->boost);
}

Result<QueryPtr> JsonLeaf::Dates() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a range of dates"));
    ++*leaves_;
    if (!field->date) {
        return BadQuery(StrCat("\"start\" and \"end\" need a date field, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    BLASTY_ASSIGN_OR_RETURN(const std::string form, Text("datetime_parser"));
    if (!form.empty() && form != "dateTimeOptional")
        return BadQuery(
            StrCat("\"datetime_parser\" can only be \"dateTimeOptional\": ", kDateForms));
    RangeEnd start, end;
    BLASTY_ASSIGN_OR_RETURN(start.included, TruthMember(object_, "inclusive_start", true));
    BLASTY_ASSIGN_OR_RETURN(end.included, TruthMember(object_, "inclusive_end", false));
    BLASTY_ASSIGN_OR_RETURN(start.value, TextMember(object_, "start"));
    BLASTY_ASSIGN_OR_RETURN(end.value, TextMember(object_, "end"));
    if (start.value && start.value->empty()) start.value.reset();
    if (end.value && end.value->empty()) end.value.reset();
    return RangeQuery(*field, start, end, false);
}

Result<QueryPtr> JsonLeaf::Truth() const {
    BLASTY_ASSIGN_OR_RETURN(const bool truth, TruthMember(object_, "bool", false));
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("\"bool\""));
    ++*leaves_;
    if (!field->boolean) {
        return BadQuery(StrCat("\"bool\" needs a field of true or false, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    return MakeQuery(index::TermQuery{.field = field->name, .term = truth ? "T" : "F"},
                     field->boost);
}

}  // namespace blasty::search::internal
