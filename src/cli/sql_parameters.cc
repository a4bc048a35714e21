#include "cli/sql_parameters.h"

#include <charconv>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/json_rows.h"
#include "cli/sql_text.h"
#include "cli/value_text.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

Status Invalid(std::string_view word, std::string_view why) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_PARAMETER",
                     StrCat("--param '", Printable(word), "': ", why));
}

bool IsName(std::string_view text) {
    if (text.empty()) return false;
    const std::vector<SqlToken> tokens = Tokens(text);
    return tokens.size() == 1 && tokens[0].kind == TokenKind::kWord &&
           tokens[0].text.size() == text.size();
}

// The name with the mark it has in the statement; empty when it has none.
std::string MarkOf(std::string_view name, std::string_view sql) {
    for (const SqlToken& token : Tokens(sql))
        if (token.kind == TokenKind::kParameter && token.text.substr(1) == name)
            return std::string(token.text);
    return "";
}

std::string NamesIn(std::string_view sql) {
    std::string out;
    for (const SqlToken& token : Tokens(sql))
        if (token.kind == TokenKind::kParameter && token.text[0] != '?')
            StrAppend(out, out.empty() ? "" : ", ", token.text);
    return out;
}

struct Word {
    bool named = false, json = false;
    std::string_view name, value;
};

// Where the name ends and how the value is written.
Word Cut(std::string_view word) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) return {false, false, {}, word};
    const bool json = equals > 0 && word[equals - 1] == ':';
    std::string_view name = word.substr(0, json ? equals - 1 : equals);
    const std::string_view value = word.substr(equals + 1);
    if (name.empty()) return {false, json, {}, value};
    const bool marked = name[0] == ':' || name[0] == '@' || name[0] == '$';
    if (marked) name.remove_prefix(1);
    if (!IsName(name)) return {false, false, {}, word};
    return {true, json, name, value};
}

}  // namespace

const std::vector<std::string> kParameterHelp = {
    "", "A parameter is VALUE for the next ?, NAME=VALUE for :NAME, or NAME:=JSON and",
    ":=JSON for an exact type. VALUE is a number when it is written as SQLite",
    "prints it (42, 1.5) and text otherwise (007, 1.50); =VALUE may hold an =."};

v1::Value TypedValue(std::string_view text) {
    int64_t integer = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
    if (error == std::errc() && end == text.data() + text.size() && StrCat(integer) == text)
        return client::IntegerValue(integer);
    if (text.find('.') != std::string_view::npos && text.size() <= 17) {
        double real = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), real);
        if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
            RealText(real) == text && text.find('e') == std::string_view::npos)
            return client::RealValue(real);
    }
    return client::TextValue(text);
}

Result<std::vector<v1::Parameter>> ParseParameters(const std::vector<std::string>& words,
                                                   std::string_view sql) {
    std::vector<v1::Parameter> out;
    for (const std::string& text : words) {
        const Word word = Cut(text);
        v1::Parameter& parameter = out.emplace_back();
        if (word.named) {
            const std::string name = MarkOf(word.name, sql);
            if (name.empty()) {
                const std::string names = NamesIn(sql);
                return Invalid(text, StrCat("the statement has no parameter :", word.name,
                                            names.empty() ? "" : StrCat(" (it has ", names, ")"),
                                            "; for this text as a positional parameter write '=",
                                            Printable(text), "'"));
            }
            parameter.set_name(name);
        }
        if (!word.json) {
            *parameter.mutable_value() = TypedValue(word.value);
            continue;
        }
        Result<v1::Value> value = ParseJsonValue(word.value);
        if (!value.ok())
            return Invalid(text, StrCat("behind := comes JSON, and '", Printable(word.value),
                                        "' is none: ", MessageOf(value.status()),
                                        "; text goes in double quotes: :='\"007\"'"));
        *parameter.mutable_value() = *std::move(value);
    }
    return out;
}

Result<v1::Statement> MakeStatement(std::string_view sql, const std::vector<std::string>& words) {
    if (!IsUtf8(sql))
        return MakeError(StatusCode::kInvalidArgument, "USAGE",
                         StrCat("the statement '", Printable(sql),
                                "' is not UTF-8; give such bytes as x'…' or as parameters"));
    v1::Statement statement;
    statement.set_sql(std::string(sql));
    BLASTY_ASSIGN_OR_RETURN(const std::vector<v1::Parameter> parameters,
                            ParseParameters(words, sql));
    statement.mutable_parameters()->Assign(parameters.begin(), parameters.end());
    return statement;
}

}  // namespace blasty::cli
