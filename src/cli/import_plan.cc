#include "cli/import_plan.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/value_text.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

// Of a standard input whose columns are to be inferred: what is looked at before the first row goes
// out.
constexpr size_t kKeptRows = 100'000;
constexpr size_t kKeptBytes = 64 << 20;

int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool Contains(const std::string& text, std::string_view word) {
    const auto found =
        std::search(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; });
    return found != text.end();
}

std::string NamesOf(const std::vector<NewColumn>& columns) {
    std::string out;
    for (const NewColumn& column : columns)
        StrAppend(out, out.empty() ? "" : ", ", Printable(column.name));
    return out;
}

Status ApplyTypes(const std::vector<std::pair<std::string, std::string>>& types,
                  std::vector<NewColumn>* columns) {
    for (const auto& [name, type] : types) {
        const auto column =
            std::find_if(columns->begin(), columns->end(),
                         [&name = name](const NewColumn& c) { return SameName(c.name, name); });
        if (column == columns->end())
            return MakeError(StatusCode::kInvalidArgument, "UNKNOWN_COLUMN",
                             StrCat("--type ", Printable(name), "=…: the file has no such column (",
                                    NamesOf(*columns), ")"));
        column->type = type;
    }
    return OkStatus();
}

}  // namespace

bool ParseBlobLiteral(std::string_view text, std::string* bytes) {
    if (text.size() < 3 || text.size() % 2 == 0 || (text[0] != 'x' && text[0] != 'X') ||
        text[1] != '\'' || text.back() != '\'')
        return false;
    bytes->clear();
    for (size_t i = 2; i + 2 < text.size(); i += 2) {
        const int high = HexDigit(text[i]);
        const int low = HexDigit(text[i + 1]);
        if (high < 0 || low < 0) return false;
        bytes->push_back(static_cast<char>(high << 4 | low));
    }
    return true;
}

Result<InferredTable> InferTable(ImportSource& source, const InferOptions& options) {
    InferredTable out;
    std::vector<ColumnType> seen;
    size_t bytes = 0;
    ImportRow row;
    while (true) {
        if (options.keep && (out.kept.size() >= kKeptRows || bytes >= kKeptBytes)) break;
        if (!source.Next(&row)) {
            BLASTY_RETURN_IF_ERROR(source.status());
            out.ended = true;
            break;
        }
        seen.resize(source.columns().size());
        for (size_t i = 0; i < row.columns.size(); ++i) {
            const v1::Value& value = row.values[i];
            if (value.has_text()) bytes += value.text().size();
            ColumnType& type = seen[row.columns[i]];
            if (options.written && value.has_text()) {
                type.SeeText(value.text());
            } else {
                type.See(value);
            }
        }
        if (options.keep) out.kept.push_back(std::move(row));
    }
    seen.resize(source.columns().size());
    for (size_t i = 0; i < seen.size(); ++i)
        out.columns.push_back({source.columns()[i], seen[i].Type()});
    BLASTY_RETURN_IF_ERROR(ApplyTypes(options.types, &out.columns));
    return out;
}

ImportPlan::ImportPlan(std::string table, std::vector<NewColumn> columns, OnConflict on_conflict)
    : table_(std::move(table)), columns_(std::move(columns)), on_conflict_(on_conflict) {}

const NewColumn* ImportPlan::Find(const std::string& name) const {
    for (const NewColumn& column : columns_)
        if (SameName(column.name, name)) return &column;
    return nullptr;
}

Status ImportPlan::CheckColumns(const std::vector<std::string>& names) const {
    for (const std::string& name : names)
        if (Find(name) == nullptr)
            return MakeError(StatusCode::kInvalidArgument, "UNKNOWN_COLUMN",
                             StrCat("column '", Printable(name), "' of the file is not in table ",
                                    Printable(table_), ", which has ", NamesOf(columns_),
                                    "; --columns names those of the file, with - for what is left "
                                    "out"));
    return OkStatus();
}

// To what the column's type means where SQLite would not come to it by itself.
void ImportPlan::Adapt(const NewColumn& column, v1::Value* value, std::string* problem) const {
    if (!value->has_text()) return;
    if (Contains(column.type, "BLOB")) {
        std::string bytes;
        if (ParseBlobLiteral(value->text(), &bytes)) *value = client::BlobValue(bytes);
        return;
    }
    if (!check_inferred_) return;
    const bool integer = column.type == "INTEGER";
    const bool real = column.type == "REAL" || column.type == "NUMERIC";
    if ((!integer && !real) || IsPlainInteger(value->text()) ||
        (real && IsPlainReal(value->text())))
        return;
    *problem =
        StrCat("'", Printable(value->text(), 40), "' does not fit type ", column.type,
               " that column ", Printable(column.name),
               " got from the rows before; give it one: --type ", Printable(column.name), "=TEXT");
}

v1::Statement ImportPlan::StatementOf(const std::vector<std::string>& names, ImportRow& row) {
    v1::Statement statement;
    if (row.columns != last_columns_ || last_sql_.empty()) {
        last_columns_ = row.columns;
        last_found_.clear();
        last_sql_ = StrCat("INSERT ",
                           on_conflict_ == OnConflict::kReplace  ? "OR REPLACE "
                           : on_conflict_ == OnConflict::kIgnore ? "OR IGNORE "
                                                                 : "",
                           "INTO ", QuotedName(table_), "(");
        std::string marks;
        for (const size_t place : row.columns) {
            StrAppend(last_sql_, marks.empty() ? "" : ",", QuotedName(names[place]));
            StrAppend(marks, marks.empty() ? "?" : ",?");
            last_found_.push_back(Find(names[place]));
        }
        StrAppend(last_sql_, ") VALUES (", marks, ")");
    }
    statement.set_sql(last_sql_);
    for (size_t i = 0; i < row.values.size(); ++i) {
        if (last_found_[i] == nullptr) {
            row.problem = StrCat("table ", Printable(table_), " has no column '",
                                 Printable(names[row.columns[i]]), "'");
            return statement;
        }
        Adapt(*last_found_[i], &row.values[i], &row.problem);
        if (!row.problem.empty()) return statement;
        *statement.add_parameters()->mutable_value() = std::move(row.values[i]);
    }
    return statement;
}

}  // namespace blasty::cli
