#include "search/internal/query_string_leaves.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/strings.h"
#include "search/internal/number_text.h"
#include "search/internal/query_string_dates.h"

namespace blasty::search::internal {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

Status BadQuery(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY", message);
}

std::string_view KindName(const FieldUse& field) {
    switch (field.kind) {
        case FieldKind::kText:
            return "text";
        case FieldKind::kKeyword:
            return field.boolean ? "true or false" : "keyword";
        case FieldKind::kNumber:
            return field.date ? "date" : "number";
        case FieldKind::kPoint:
            break;
    }
    return "place";
}

bool HasTerms(const FieldUse& field) {
    return field.kind == FieldKind::kText || field.kind == FieldKind::kKeyword;
}

Result<const FieldUse*> FindField(const Fields& fields, std::string_view name) {
    const FieldUse* field = fields.Find(name);
    if (field != nullptr) return field;
    std::string known;
    constexpr size_t kNamed = 20;
    for (size_t i = 0; i < fields.all.size() && i < kNamed; ++i)
        StrAppend(known, known.empty() ? "" : ", ", Printable(fields.all[i].name));
    if (fields.all.size() > kNamed) StrAppend(known, " and ", fields.all.size() - kNamed, " more");
    return BadQuery(StrCat("there is no field '", Printable(name), "'; there are: ", known));
}

Result<std::vector<const FieldUse*>> DefaultFields(const Fields& fields) {
    std::vector<const FieldUse*> found;
    for (const FieldUse& field : fields.all) {
        if (field.by_default) found.push_back(&field);
    }
    if (found.empty())
        return BadQuery(
            "no field of this index is searched by default; name one, as in field:word");
    return found;
}

QueryPtr Boosted(const QueryPtr& query, double boost) {
    if (query == nullptr || boost == 1) return query;
    index::Query copy = *query;
    copy.boost *= boost;
    return std::make_shared<index::Query>(std::move(copy));
}

QueryPtr BestOf(std::vector<QueryPtr> queries) {
    if (queries.empty()) return nullptr;
    if (queries.size() == 1) return std::move(queries[0]);
    return MakeQuery(index::BestOfQuery{.queries = std::move(queries), .tie = 0.1});
}

std::vector<Word> Analyzed(const analysis::Analyzer& analyzer, std::string_view text) {
    std::vector<Word> words;
    analyzer.Analyze(text, [&words](const analysis::Token& token) {
        if (words.empty() || words.back().position != token.position)
            words.push_back({.position = token.position});
        for (const std::string& term : words.back().terms) {
            if (term == token.term) return;
        }
        words.back().terms.emplace_back(token.term);
    });
    return words;
}

QueryPtr PhraseOf(std::string_view field, std::vector<Word> words, uint32_t slop) {
    const std::string name(field);
    if (words.empty()) return nullptr;
    if (words.size() == 1) {
        std::vector<QueryPtr> terms;
        for (std::string& term : words[0].terms)
            terms.push_back(MakeQuery(index::TermQuery{.field = name, .term = std::move(term)}));
        if (terms.size() == 1) return std::move(terms[0]);
        return MakeQuery(index::BestOfQuery{.queries = std::move(terms)});
    }
    index::PhraseQuery phrase{.field = name, .places = {}, .slop = slop};
    for (Word& word : words) {
        phrase.places.push_back(
            {.position = word.position - words[0].position, .terms = std::move(word.terms)});
    }
    return MakeQuery(std::move(phrase));
}

std::optional<std::string> BooleanTerm(std::string_view text) {
    if (text == "true" || text == "T" || text == "True" || text == "TRUE") return "T";
    if (text == "false" || text == "F" || text == "False" || text == "FALSE") return "F";
    return std::nullopt;
}

namespace {

Result<Date> ReadValue(const FieldUse& field, std::string_view text) {
    if (field.date) {
        if (const auto date = ParseDate(text)) return *date;
        return BadQuery(StrCat("'", Printable(text), "' is no date, and field '",
                               Printable(field.name), "' holds dates; write ", kDateForms));
    }
    if (const auto number = ReadNumber(text)) return Date{.us = *number};
    return BadQuery(StrCat("'", Printable(text), "' is no number, and field '",
                           Printable(field.name), "' holds numbers"));
}

}  // namespace

Result<QueryPtr> NumberQuery(const FieldUse& field, std::string_view text) {
    BLASTY_ASSIGN_OR_RETURN(const Date value, ReadValue(field, text));
    return MakeQuery(index::NumberRangeQuery{.field = field.name,
                                             .min = value.us,
                                             .max = value.us + (value.whole_day ? kDayUs : 0),
                                             .includes_max = !value.whole_day});
}

Result<QueryPtr> RangeQuery(const FieldUse& field, const RangeEnd& min, const RangeEnd& max,
                            bool whole_days) {
    if (field.kind == FieldKind::kNumber) {
        index::NumberRangeQuery range{.field = field.name};
        if (min.value) {
            BLASTY_ASSIGN_OR_RETURN(const Date value, ReadValue(field, *min.value));
            const bool day = whole_days && value.whole_day;
            range.min = value.us + (day && !min.included ? kDayUs : 0);
            range.includes_min = min.included || day;
        }
        if (max.value) {
            BLASTY_ASSIGN_OR_RETURN(const Date value, ReadValue(field, *max.value));
            const bool day = whole_days && value.whole_day;
            range.max = value.us + (day && max.included ? kDayUs : 0);
            range.includes_max = max.included && !day;
        }
        return MakeQuery(std::move(range));
    }
    if (!HasTerms(field) || field.boolean) {
        return BadQuery(StrCat("field '", Printable(field.name), "' (", KindName(field),
                               ") has no order; a range needs a number, date, keyword or text"));
    }
    index::TermRangeQuery range{.field = field.name, .includes_min = true, .includes_max = true};
    if (min.value) {
        range.min = Normalized(field, *min.value);
        range.includes_min = min.included;
    }
    if (max.value) {
        range.max = Normalized(field, *max.value);
        range.includes_max = max.included;
        // An empty end would be an open one.
        if (range.max.empty()) return MakeQuery(index::NoneQuery{});
    }
    return MakeQuery(std::move(range));
}

std::string Normalized(const FieldUse& field, std::string_view word) {
    if (field.analyzer == nullptr || word.empty()) return std::string(word);
    return field.analyzer->Normalize(word);
}

std::string NormalizedWildcard(const FieldUse& field, std::string_view pattern) {
    std::string out, letters;
    const auto flush = [&] {
        for (const char c : Normalized(field, letters)) {
            if (c == '*' || c == '?' || c == '\\') out.push_back('\\');
            out.push_back(c);
        }
        letters.clear();
    };
    for (size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '*' || pattern[i] == '?') {
            flush();
            out.push_back(pattern[i]);
            continue;
        }
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        letters.push_back(pattern[i]);
    }
    flush();
    return out;
}

namespace {

// Bytes of what begins at `at` and is not letters to be taken as they are: an escape (`\W`,
// `\p{Greek}`, `\x{e9}`), the head of a group (`(?i`, `(?P<name>`), a class by name (`[:alpha:]`).
// 0: letters.
size_t SignBytes(std::string_view pattern, size_t at) {
    const std::string_view rest = pattern.substr(at);
    const auto through = [&rest](std::string_view ends, size_t from) {
        const size_t end = rest.find_first_of(ends, from);
        return end == std::string_view::npos ? rest.size() : end + 1;
    };
    if (rest[0] == '\\') {
        if (rest.size() < 2) return 1;
        if (rest[1] == 'p' || rest[1] == 'P' || rest[1] == 'x') {
            if (rest.size() > 2 && rest[2] == '{') return through("}", 2);
            return std::min<size_t>(rest.size(), rest[1] == 'x' ? 4 : 3);
        }
        return 2;
    }
    if (rest.starts_with("(?P<")) return through(">", 2);
    if (rest.starts_with("(?")) return through(":)", 2);
    if (rest.starts_with("[:")) return through("]", 2);
    return static_cast<unsigned char>(rest[0]) < 0x80 && std::ispunct(rest[0]) ? 1 : 0;
}

}  // namespace

std::string NormalizedRegexp(const FieldUse& field, std::string_view pattern) {
    if (pattern.starts_with('^')) pattern.remove_prefix(1);  // it fits whole terms anyway
    std::string out, letters;
    for (size_t at = 0; at < pattern.size();) {
        const size_t bytes = SignBytes(pattern, at);
        if (bytes == 0) {
            letters.push_back(pattern[at++]);
            continue;
        }
        out += Normalized(field, letters);
        letters.clear();
        out += pattern.substr(at, bytes);
        at += bytes;
    }
    return out + Normalized(field, letters);
}

}  // namespace blasty::search::internal
