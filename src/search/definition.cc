#include "search/definition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "analysis/chain.h"
#include "base/strings.h"
#include "search/internal/json_path.h"
#include "search/internal/topic_source.h"
#include "topics/names.h"

namespace blasty::search {
namespace {

constexpr size_t kFieldsMax = 100;
// Changes whenever rows are turned into documents differently.
constexpr int kMappingVersion = 1;

struct TypeName {
    std::string_view word;
    FieldType type;
};
constexpr std::array<TypeName, 15> kTypes = {{
    {"TEXT", FieldType::kText},
    {"FACET", FieldType::kFacet},
    {"NUMERIC", FieldType::kNumeric},
    {"DATE", FieldType::kDate},
    {"BOOLEAN", FieldType::kBoolean},
    {"GEO", FieldType::kGeo},
    {"JSON", FieldType::kJson},
    {"KEYWORD", FieldType::kFacet},
    {"NUMBER", FieldType::kNumeric},
    {"INTEGER", FieldType::kNumeric},
    {"REAL", FieldType::kNumeric},
    {"DATETIME", FieldType::kDate},
    {"TIMESTAMP", FieldType::kDate},
    {"BOOL", FieldType::kBoolean},
    {"POINT", FieldType::kGeo},
}};

Status Bad(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_INDEX_DEFINITION", message);
}

std::string Upper(std::string_view word) {
    std::string upper(word);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return upper;
}

// Words, quoted names and strings of SQL.
class Words {
  public:
    explicit Words(std::string_view text) : text_(text) {}

    // Empty at the end. Quotes are taken off.
    Result<std::string> Next() {
        SkipSpace();
        if (at_ == text_.size()) return std::string();
        const char open = text_[at_];
        if (open == '\'' || open == '"' || open == '`' || open == '[') return Quoted(open);
        const size_t start = at_;
        while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != '\'' &&
               text_[at_] != '"')
            ++at_;
        return std::string(text_.substr(start, at_ - start));
    }

  private:
    static bool IsSpace(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
    }
    void SkipSpace() {
        while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    }
    Result<std::string> Quoted(char open) {
        const char close = open == '[' ? ']' : open;
        std::string word;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] != close) {
                word += text_[at_];
            } else if (open != '[' && at_ + 1 < text_.size() && text_[at_ + 1] == close) {
                word += text_[at_++];
            } else {
                ++at_;
                return word;
            }
        }
        return Bad(StrCat("a quote in '", Printable(text_), "' is not closed"));
    }

    const std::string_view text_;
    size_t at_ = 0;
};

Status SetAnalyzer(std::string_view what, const std::string& chain, FieldDefinition* field) {
    if (field->type != FieldType::kText && field->type != FieldType::kJson)
        return Bad(StrCat(what, " is for TEXT and JSON; field '", Printable(field->name), "' is ",
                          NameOf(field->type)));
    auto spec = analysis::ParseChain(chain);
    if (spec.ok()) {
        auto analyzer = analysis::MakeAnalyzer(*spec);
        if (analyzer.ok()) {
            field->analyzer = analysis::ChainText(*spec);
            return OkStatus();
        }
        return Bad(StrCat("field '", Printable(field->name), "': ", MessageOf(analyzer.status())));
    }
    return Bad(StrCat("field '", Printable(field->name), "': ", MessageOf(spec.status())));
}

Status ReadOption(const std::string& word, Words& words, FieldDefinition* field) {
    const std::string option = Upper(word);
    if (option != "BOOST" && option != "LANGUAGE" && option != "ANALYZER" && option != "AS") {
        return Bad(StrCat("'", Printable(word), "' in field '", Printable(field->name),
                          "' is no option; there are BOOST n, LANGUAGE name, ANALYZER 'chain' "
                          "and AS name (types are TEXT, FACET, NUMERIC, DATE, BOOLEAN, GEO and "
                          "JSON)"));
    }
    BLASTY_ASSIGN_OR_RETURN(const std::string value, words.Next());
    if (value.empty())
        return Bad(StrCat(option, " of field '", Printable(field->name), "' needs a value"));
    if (option == "LANGUAGE" || option == "ANALYZER") return SetAnalyzer(option, value, field);
    if (option == "AS") {
        field->name = value;
        return OkStatus();
    }
    const auto read = std::from_chars(value.data(), value.data() + value.size(), field->boost);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size() ||
        !(field->boost > 0 && field->boost <= 1e6)) {
        return Bad(StrCat("BOOST ", Printable(value), " of field '", Printable(field->name),
                          "': give a number above 0, such as 3"));
    }
    return OkStatus();
}

// "->" or "->>" at the end of the word, or as a word of its own, and the path behind.
Status ReadPath(Words& words, std::string* word, FieldDefinition* field) {
    const bool apart = *word == "->" || *word == "->>";
    if (!apart && !field->column.ends_with("->") && !field->column.ends_with("->>"))
        return OkStatus();
    if (!apart) {
        while (field->column.ends_with('>')) field->column.pop_back();
        field->column.pop_back();
    } else {
        BLASTY_ASSIGN_OR_RETURN(*word, words.Next());
    }
    field->path = *word;
    auto path = internal::JsonPath::Parse(field->path);
    if (!path.ok() || field->column.empty()) {
        return Bad(StrCat("'", Printable(field->path), "' is no path into JSON",
                          path.ok() ? std::string_view() : MessageOf(path.status()),
                          "; write column->'$.name' or column->'$.names[0].first'"));
    }
    field->name = path->Name();
    if (field->name.empty()) field->name = field->column;
    BLASTY_ASSIGN_OR_RETURN(*word, words.Next());
    return OkStatus();
}

Result<FieldDefinition> ReadField(const std::string& text) {
    Words words(text);
    FieldDefinition field;
    BLASTY_ASSIGN_OR_RETURN(field.column, words.Next());
    if (field.column.empty()) return Bad("a field is empty; name a column");
    field.name = field.column;
    BLASTY_ASSIGN_OR_RETURN(std::string word, words.Next());
    BLASTY_RETURN_IF_ERROR(ReadPath(words, &word, &field));
    const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const TypeName& it) { return it.word == Upper(word); });
    if (type != kTypes.end()) {
        field.type = type->type;
        BLASTY_ASSIGN_OR_RETURN(word, words.Next());
    }
    while (!word.empty()) {
        BLASTY_RETURN_IF_ERROR(ReadOption(word, words, &field));
        BLASTY_ASSIGN_OR_RETURN(word, words.Next());
    }
    const bool has_words = field.type == FieldType::kText || field.type == FieldType::kJson;
    if (has_words && field.analyzer.empty())
        BLASTY_RETURN_IF_ERROR(SetAnalyzer("ANALYZER", "standard", &field));
    return field;
}

// What is no column of a message is in its payload.
Status FindInPayload(FieldDefinition* field) {
    if (internal::IsMessageColumn(field->column)) return OkStatus();
    if (!field->path.empty())
        return Bad(StrCat("messages have no column '", Printable(field->column),
                          "'; they have sequence, topic, key, time, headers and payload"));
    field->path = StrCat("$.", field->column);
    field->column = "payload";
    const auto path = internal::JsonPath::Parse(field->path);
    if (path.ok()) return OkStatus();
    return Bad(StrCat("'", Printable(field->path), "' is no path into the payload",
                      MessageOf(path.status())));
}

Status CheckNames(const FieldDefinition& a, const FieldDefinition& b) {
    if (a.name == b.name) {
        return Bad(StrCat("two fields are named '", Printable(a.name),
                          "'; give one another name with AS"));
    }
    // Names of what is inside begin with that of the JSON field.
    const bool both = a.type == FieldType::kJson && b.type == FieldType::kJson;
    if (both && (a.name.starts_with(b.name + ".") || b.name.starts_with(a.name + "."))) {
        return Bad(StrCat("the names of what is in the JSON fields '", Printable(a.name), "' and '",
                          Printable(b.name), "' could be the same; give one another name with AS"));
    }
    return OkStatus();
}

}  // namespace

std::string_view NameOf(FieldType type) {
    for (const TypeName& it : kTypes) {
        if (it.type == type) return it.word;
    }
    return "";
}

Result<Definition> ParseDefinition(const std::vector<std::string>& arguments) {
    if (arguments.size() < 2) {
        return Bad(
            "search(…) needs a table and at least one column, for example: search(packages, "
            "name TEXT BOOST 3, section FACET)");
    }
    if (arguments.size() > kFieldsMax + 1)
        return Bad(StrCat("search(…) takes at most ", kFieldsMax, " fields"));
    Definition definition;
    Words table(arguments[0]);
    BLASTY_ASSIGN_OR_RETURN(definition.table, table.Next());
    BLASTY_ASSIGN_OR_RETURN(std::string more, table.Next());
    if (Upper(definition.table) == "TOPIC" && !more.empty()) {
        definition.topic = true;
        definition.table = std::exchange(more, std::string());
        if (topics::IsOwnTopic(definition.table))
            return Bad(StrCat("topic '", Printable(definition.table),
                              "' tells of an index; take another topic"));
        BLASTY_ASSIGN_OR_RETURN(more, table.Next());
    }
    if (definition.table.empty() || !more.empty()) {
        return Bad(StrCat("'", Printable(arguments[0]),
                          "' should be the name of a table; the columns follow after a comma"));
    }
    for (size_t i = 1; i < arguments.size(); ++i) {
        BLASTY_ASSIGN_OR_RETURN(FieldDefinition field, ReadField(arguments[i]));
        if (definition.topic) BLASTY_RETURN_IF_ERROR(FindInPayload(&field));
        for (const FieldDefinition& other : definition.fields)
            BLASTY_RETURN_IF_ERROR(CheckNames(other, field));
        definition.fields.push_back(std::move(field));
    }
    return definition;
}

Result<Definition> ParseStatement(std::string_view sql) {
    // Between the first parenthesis and the last, split at commas outside of quotes and
    // parentheses: as SQLite does.
    std::vector<std::string> arguments(1);
    char quote = 0;
    int depth = 0;
    for (const char c : sql) {
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"' || c == '`' || c == '[') {
            quote = c == '[' ? ']' : c;
        } else if (c == '(') {
            if (++depth == 1) continue;
        } else if (c == ')') {
            if (--depth == 0) break;
        } else if (c == ',' && depth == 1) {
            arguments.emplace_back();
            continue;
        }
        if (depth > 0) arguments.back() += c;
    }
    return ParseDefinition(arguments);
}

std::string Fingerprint(const Definition& definition, const tables::Table& table) {
    std::string out =
        StrCat("mapping ", kMappingVersion, definition.topic ? "\ntopic " : "\ntable ",
               table.id.value(), " shaped ", table.shaped_at.value(), "\n");
    for (const FieldDefinition& field : definition.fields) {
        StrAppend(out, field.name, '\0', field.column, '\0', table.ColumnOf(field.column), '\0',
                  NameOf(field.type), '\0', field.analyzer);
        if (!field.path.empty()) StrAppend(out, '\0', field.path);
        out += '\n';
    }
    return out;
}

}  // namespace blasty::search
