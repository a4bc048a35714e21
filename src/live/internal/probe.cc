#include "live/internal/probe.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/strings.h"
#include "live/internal/lexer.h"
#include "live/internal/memory_database.h"

namespace blasty::live::internal {
namespace {

// Longer texts are not written into a statement only to find an access path.
constexpr size_t kLiteralMax = 1000;

std::string Hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::optional<std::string> Literal(const tables::Value& value) {
    const tables::ValueView view = tables::ViewOf(value);
    switch (view.type) {
        case tables::ValueType::kNull:
            return "NULL";
        case tables::ValueType::kInteger:
            return StrCat(view.integer);
        case tables::ValueType::kReal: {
            if (!std::isfinite(view.real)) return view.real > 0 ? "9e999" : "-9e999";
            char text[64];
            sqlite3_snprintf(sizeof(text), text, "%!.17g", view.real);
            return text;
        }
        case tables::ValueType::kText: {
            if (view.bytes.size() > kLiteralMax ||
                view.bytes.find('\0') != std::string_view::npos) {
                return std::nullopt;
            }
            std::string out = "'";
            for (const char c : view.bytes) {
                if (c == '\'') out += '\'';
                out += c;
            }
            return out + "'";
        }
        case tables::ValueType::kBlob:
            break;
    }
    if (view.bytes.size() > kLiteralMax) return std::nullopt;
    return StrCat("x'", Hex(view.bytes), "'");
}

std::string_view OperatorText(int op) {
    switch (op) {
        case SQLITE_INDEX_CONSTRAINT_EQ:
            return "=";
        case SQLITE_INDEX_CONSTRAINT_IS:
            return "IS";
        case SQLITE_INDEX_CONSTRAINT_GT:
            return ">";
        case SQLITE_INDEX_CONSTRAINT_GE:
            return ">=";
        case SQLITE_INDEX_CONSTRAINT_LT:
            return "<";
        case SQLITE_INDEX_CONSTRAINT_LE:
            return "<=";
        case SQLITE_INDEX_CONSTRAINT_LIKE:
            return "LIKE";
        case SQLITE_INDEX_CONSTRAINT_GLOB:
            return "GLOB";
        default:
            return "?";
    }
}

}  // namespace

void BindEncoded(sqlite3_stmt* statement, std::string_view parameters) {
    // An ORDER BY that was cut off may have taken the last ones with it.
    const int count = sqlite3_bind_parameter_count(statement);
    tables::RowReader reader(parameters);
    tables::ValueView value;
    for (int i = 1; i <= count && reader.Next(&value); ++i) BindView(statement, i, value);
}

size_t ParameterNumber(std::string_view text, const QueryPlan& plan, size_t* greatest) {
    if (text == "?") return ++*greatest;
    size_t number = 0;
    if (text[0] == '?') {
        std::from_chars(text.data() + 1, text.data() + text.size(), number);
    } else {
        const auto found =
            std::find(plan.parameter_names.begin(), plan.parameter_names.end(), text);
        number = static_cast<size_t>(found - plan.parameter_names.begin()) + 1;
    }
    *greatest = std::max(*greatest, number);
    return number;
}

Result<std::vector<Conjunction>> ProbeFilter(DeltaTables& tables, sqlite3_stmt* statement) {
    std::vector<Conjunction> out;
    tables.BeginProbe(&out);
    const int code = sqlite3_step(statement);
    Status status =
        code == SQLITE_DONE || code == SQLITE_ROW ? OkStatus() : SqlError(tables.db(), code);
    sqlite3_reset(statement);
    tables.BeginRun(nullptr, {});
    BLASTY_RETURN_IF_ERROR(status);
    return out;
}

std::string WithLiterals(const QueryPlan& plan, const tables::Row& parameters) {
    std::string out;
    size_t at = 0, greatest = 0;
    for (const Token& token : Tokenize(plan.sql)) {
        if (token.kind != TokenKind::kParameter) continue;
        const std::string_view text =
            std::string_view(plan.sql).substr(token.begin, token.end - token.begin);
        const size_t number = ParameterNumber(text, plan, &greatest);
        if (number == 0 || number > parameters.size()) continue;
        const auto literal = Literal(parameters[number - 1]);
        if (!literal.has_value()) continue;
        StrAppend(out, std::string_view(plan.sql).substr(at, token.begin - at), " ", *literal, " ");
        at = token.end;
    }
    return out + plan.sql.substr(at);
}

absl::flat_hash_map<const tables::Table*, std::vector<Conjunction>> ProbeTables(
    DeltaTables& tables, const QueryPlan& plan, const tables::Row& parameters) {
    absl::flat_hash_map<const tables::Table*, std::vector<PlannedAccess>> accesses;
    tables.Plan(&accesses);
    Status status;
    sqlite3_finalize(tables.Prepare(WithLiterals(plan, parameters), &status));
    tables.Plan(nullptr);
    absl::flat_hash_map<const tables::Table*, std::vector<Conjunction>> out;
    if (!status.ok()) return out;
    for (auto& [table, planned] : accesses) {
        for (PlannedAccess& access : planned) out[table].push_back(std::move(access.constants));
    }
    return out;
}

std::string TermText(const tables::Table& table, const Term& term) {
    const std::string& column = table.columns[static_cast<size_t>(term.column)].name;
    if (term.op == SQLITE_INDEX_CONSTRAINT_ISNULL) return StrCat(column, " IS NULL");
    std::string values;
    for (const tables::Value& value : term.values) {
        StrAppend(values, values.empty() ? "" : ", ", Literal(value).value_or("…"));
    }
    return term.in ? StrCat(column, " IN (", values, ")")
                   : StrCat(column, " ", OperatorText(term.op), " ", values);
}

}  // namespace blasty::live::internal
