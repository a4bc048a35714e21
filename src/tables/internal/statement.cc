#include "tables/internal/statement.h"

#include <algorithm>
#include <climits>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/handle.h"

namespace blasty::tables::internal {
namespace {

// "line 2, column 5" of a place in a statement, counted in bytes from 1.
std::string PlaceOf(std::string_view sql, size_t offset) {
    const std::string_view before = sql.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const size_t line_start = before.rfind('\n');  // npos + 1 is 0
    return StrCat("line ", line, ", column ", before.size() - (line_start + 1) + 1);
}

Status InvalidSql(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", message);
}

Status InvalidParameters(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_PARAMETERS", message);
}

// Where the next token is: behind white space, comments and semicolons.
size_t SkipEmpty(std::string_view sql, size_t at) {
    while (at < sql.size()) {
        const std::string_view rest = sql.substr(at);
        size_t end = 1;
        if (rest.starts_with("--"))
            end = rest.find('\n');
        else if (rest.starts_with("/*"))
            end = rest.find("*/", 2) == std::string_view::npos ? std::string_view::npos
                                                               : rest.find("*/", 2) + 2;
        else if (rest.find_first_of(" \t\r\n\f;") != 0)
            return at;
        if (end == std::string_view::npos) return sql.size();
        at += end;
    }
    return sql.size();
}

// The error of preparing `sql` from `start` on, with its place.
Status PrepareError(Handle& handle, int code, std::string_view sql, size_t start) {
    const int offset = sqlite3_error_offset(handle.db());
    const Status error = handle.Error(code);
    if (offset < 0 || ReasonOf(error) != "SQL_ERROR") return error;
    return InvalidSql(
        StrCat(MessageOf(error), " (", PlaceOf(sql, start + static_cast<size_t>(offset)), ")"));
}

}  // namespace

Result<Statement> Statement::Prepare(Handle& handle, std::string_view sql, Access access) {
    const size_t nul = sql.find('\0');
    if (nul != std::string_view::npos)
        return InvalidSql(StrCat("a NUL byte at ", PlaceOf(sql, nul),
                                 " of the statement; give such bytes as a parameter"));
    const size_t start = SkipEmpty(sql, 0);
    if (start == sql.size()) return InvalidSql("there is no statement; give one");
    if (sql.size() > static_cast<size_t>(INT_MAX))
        return InvalidSql("the statement is too long; give values as parameters");
    BLASTY_RETURN_IF_ERROR(handle.guard().Begin(access, sql));
    sqlite3_stmt* stmt = nullptr;
    const char* tail = nullptr;
    const int code =
        sqlite3_prepare_v3(handle.db(), sql.data() + start, static_cast<int>(sql.size() - start),
                           SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
    if (code != SQLITE_OK) return PrepareError(handle, code, sql, start);
    Statement statement(handle, stmt, access, handle.guard().facts());
    if (sqlite3_stmt_isexplain(stmt) != 0) statement.facts_ = StatementFacts();
    const size_t rest = SkipEmpty(sql, static_cast<size_t>(tail - sql.data()));
    if (rest < sql.size())
        return InvalidSql(StrCat("more than one statement: the second begins at ",
                                 PlaceOf(sql, rest), "; send them as a transaction"));
    return statement;
}

Statement::Statement(Statement&& other) noexcept
    : handle_(other.handle_),
      stmt_(std::exchange(other.stmt_, nullptr)),
      cached_(std::exchange(other.cached_, nullptr)),
      access_(other.access_),
      facts_(std::move(other.facts_)),
      columns_(std::move(other.columns_)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    if (this == &other) return *this;
    Release();
    handle_ = other.handle_;
    stmt_ = std::exchange(other.stmt_, nullptr);
    cached_ = std::exchange(other.cached_, nullptr);
    access_ = other.access_;
    facts_ = std::move(other.facts_);
    columns_ = std::move(other.columns_);
    return *this;
}

Statement::~Statement() { Release(); }

void Statement::Release() {
    if (cached_ != nullptr)
        handle_->cache().GiveBack(cached_);
    else
        sqlite3_finalize(stmt_);
    cached_ = nullptr;
    stmt_ = nullptr;
}

int BindView(sqlite3_stmt* statement, int number, const ValueView& value) {
    const char* const bytes = value.bytes.data() == nullptr ? "" : value.bytes.data();
    switch (value.type) {
        case ValueType::kNull:
            break;
        case ValueType::kInteger:
            return sqlite3_bind_int64(statement, number, value.integer);
        case ValueType::kReal:
            return sqlite3_bind_double(statement, number, value.real);
        case ValueType::kText:
            return sqlite3_bind_text64(statement, number, bytes, value.bytes.size(), SQLITE_STATIC,
                                       SQLITE_UTF8);
        case ValueType::kBlob:
            return sqlite3_bind_blob64(statement, number, bytes, value.bytes.size(), SQLITE_STATIC);
    }
    return sqlite3_bind_null(statement, number);
}

Status Statement::Bind(int number, const ValueView& value) {
    const int code = BindView(stmt_, number, value);
    return code == SQLITE_OK ? OkStatus() : handle_->Error(code);
}

std::string Statement::NameOf(int number) const {
    const char* const name = sqlite3_bind_parameter_name(stmt_, number);
    return name == nullptr ? StrCat("?", number) : Printable(name);
}

Status Statement::BindNamed(std::span<const NamedView> named, std::vector<bool>* bound) {
    for (const auto& [name, value] : named) {
        const int number = sqlite3_bind_parameter_index(stmt_, std::string(name).c_str());
        if (number == 0)
            return InvalidParameters(StrCat("the statement has no parameter '", Printable(name),
                                            "'; write it with its mark, as in the statement"));
        auto is_bound = (*bound)[static_cast<size_t>(number)];
        if (is_bound)
            return InvalidParameters(
                StrCat("parameter '", Printable(name), "' is given twice; give it once"));
        is_bound = true;
        BLASTY_RETURN_IF_ERROR(Bind(number, value));
    }
    return OkStatus();
}

Status Statement::Bind(const Row& row, const NamedValues& named) {
    std::vector<ValueView> values;
    values.reserve(row.size());
    for (const Value& value : row) values.push_back(ViewOf(value));
    std::vector<NamedView> named_values;
    for (const auto& [name, value] : named) named_values.push_back({name, ViewOf(value)});
    return Bind(values, named_values);
}

Status Statement::Bind(std::span<const ValueView> row, std::span<const NamedView> named) {
    const int count = sqlite3_bind_parameter_count(stmt_);
    std::vector<bool> bound;
    if (!named.empty()) {
        bound.resize(static_cast<size_t>(count) + 1);
        BLASTY_RETURN_IF_ERROR(BindNamed(named, &bound));
    }
    size_t next = 0;
    for (int number = 1; number <= count; ++number) {
        if (!bound.empty() && bound[static_cast<size_t>(number)]) continue;
        if (next == row.size())
            return InvalidParameters(
                StrCat("parameter ", NameOf(number), " has no value; the statement has ", count,
                       " parameters, ", row.size() + named.size(), " values were given"));
        BLASTY_RETURN_IF_ERROR(Bind(number, row[next++]));
    }
    if (next < row.size())
        return InvalidParameters(StrCat("the statement has ", count, " parameters, ",
                                        row.size() + named.size(),
                                        " values were given; leave the others away"));
    return OkStatus();
}

Result<bool> Statement::Step() {
    handle_->guard().Resume(access_);
    const int code = sqlite3_step(stmt_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        sqlite3_reset(stmt_);
        return false;
    }
    Status error = handle_->Error(code);
    sqlite3_reset(stmt_);
    return error;
}

Status Statement::Run() {
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const bool has_row, Step());
        if (!has_row) return OkStatus();
    }
}

void Statement::Reset() {
    sqlite3_reset(stmt_);
    sqlite3_clear_bindings(stmt_);
}

ValueView Statement::Column(int column) const {
    ValueView view;
    const int type = sqlite3_column_type(stmt_, column);
    switch (type) {
        case SQLITE_INTEGER:
            view.type = ValueType::kInteger;
            view.integer = sqlite3_column_int64(stmt_, column);
            break;
        case SQLITE_FLOAT:
            view.type = ValueType::kReal;
            view.real = sqlite3_column_double(stmt_, column);
            break;
        case SQLITE_TEXT:
        case SQLITE_BLOB: {
            view.type = type == SQLITE_TEXT ? ValueType::kText : ValueType::kBlob;
            // The database is UTF-8: the bytes of a text as they are, without a copy for the NUL
            // that sqlite3_column_text puts behind them.
            const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
            if (bytes != nullptr)
                view.bytes = {bytes, static_cast<size_t>(sqlite3_column_bytes(stmt_, column))};
            break;
        }
        default:
            break;
    }
    return view;
}

void Statement::AppendRow(std::string* out) const {
    const int count = sqlite3_data_count(stmt_);
    for (int i = 0; i < count; ++i) PutValue(*out, Column(i));
}

const std::shared_ptr<const ResultColumns>& Statement::columns() {
    std::shared_ptr<const ResultColumns>& known = cached_ != nullptr ? cached_->columns : columns_;
    if (known != nullptr) return known;
    auto columns = std::make_shared<ResultColumns>();
    for (int i = 0; i < column_count(); ++i) {
        const char* const name = sqlite3_column_name(stmt_, i);
        const char* const type = sqlite3_column_decltype(stmt_, i);
        columns->names.emplace_back(name == nullptr ? "" : name);
        columns->types.emplace_back(type == nullptr ? "" : type);
    }
    known = std::move(columns);
    return known;
}

ValueView ViewOfSqlite(sqlite3_value* value) {
    ValueView view;
    const int type = sqlite3_value_type(value);
    switch (type) {
        case SQLITE_INTEGER:
            view.type = ValueType::kInteger;
            view.integer = sqlite3_value_int64(value);
            break;
        case SQLITE_FLOAT:
            view.type = ValueType::kReal;
            view.real = sqlite3_value_double(value);
            break;
        case SQLITE_TEXT:
        case SQLITE_BLOB: {
            view.type = type == SQLITE_TEXT ? ValueType::kText : ValueType::kBlob;
            const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(value));
            if (bytes != nullptr)
                view.bytes = {bytes, static_cast<size_t>(sqlite3_value_bytes(value))};
            break;
        }
        default:
            break;
    }
    return view;
}

void PutSqliteValue(std::string& out, sqlite3_value* value) { PutValue(out, ViewOfSqlite(value)); }

}  // namespace blasty::tables::internal
