#include "live/internal/environment.h"

#include <string>
#include <utility>

#include "base/strings.h"
#include "live/internal/schema_change.h"

namespace blasty::live::internal {
namespace {

constexpr size_t kStatementsMax = 256;
// Instructions of SQLite between two looks at the clock.
constexpr int kProgressSteps = 20'000;

bool HasKeyColumns(const QueryPlan& plan) {
    return plan.key_columns > 0 && plan.keyed_sql.find(kKeyColumnPrefix) != std::string::npos;
}

ShadowSchema::Mode ModeOf(Environment::Kind kind) {
    switch (kind) {
        case Environment::Kind::kKeyed:
            return ShadowSchema::Mode::kKeyed;
        case Environment::Kind::kAsOf:
            return ShadowSchema::Mode::kAsOf;
        case Environment::Kind::kAsOfKeyed:
            return ShadowSchema::Mode::kAsOfKeyed;
        case Environment::Kind::kPlain:
            break;
    }
    return ShadowSchema::Mode::kRows;
}

void AppendColumn(sqlite3_stmt* statement, int column, std::string& out) {
    tables::ValueView value;
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            value.type = tables::ValueType::kInteger;
            value.integer = sqlite3_column_int64(statement, column);
            break;
        case SQLITE_FLOAT:
            value.type = tables::ValueType::kReal;
            value.real = sqlite3_column_double(statement, column);
            break;
        case SQLITE_TEXT:
            value.type = tables::ValueType::kText;
            value.bytes = {reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                           static_cast<size_t>(sqlite3_column_bytes(statement, column))};
            break;
        case SQLITE_BLOB:
            value.type = tables::ValueType::kBlob;
            value.bytes = {static_cast<const char*>(sqlite3_column_blob(statement, column)),
                           static_cast<size_t>(sqlite3_column_bytes(statement, column))};
            break;
        default:
            break;
    }
    tables::PutValue(out, value);
}

// The key column of a shadowed table: the encoded key, or NULL for the missing side of a join.
void AppendEncodedKey(sqlite3_stmt* statement, int column, std::string& out) {
    if (sqlite3_column_type(statement, column) != SQLITE_BLOB)
        return AppendColumn(statement, column, out);
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
    out.append(bytes, static_cast<size_t>(sqlite3_column_bytes(statement, column)));
}

int BindValue(sqlite3_stmt* statement, int place, const tables::Value& value) {
    const tables::ValueView view = tables::ViewOf(value);
    switch (view.type) {
        case tables::ValueType::kInteger:
            return sqlite3_bind_int64(statement, place, view.integer);
        case tables::ValueType::kReal:
            return sqlite3_bind_double(statement, place, view.real);
        case tables::ValueType::kText:
            return sqlite3_bind_text64(statement, place, view.bytes.data(), view.bytes.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
        case tables::ValueType::kBlob:
            if (view.bytes.empty()) return sqlite3_bind_zeroblob(statement, place, 0);
            return sqlite3_bind_blob64(statement, place, view.bytes.data(), view.bytes.size(),
                                       SQLITE_STATIC);
        default:
            return sqlite3_bind_null(statement, place);
    }
}

Status TooLarge(std::string_view what) {
    return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                     StrCat("the result has more than ", what,
                            "; narrow the query, or ask for an aggregate of it"));
}

}  // namespace

Environment::Kind Environment::KindFor(const QueryPlan& plan) {
    return HasKeyColumns(plan) ? Kind::kKeyed : Kind::kPlain;
}

Environment::Kind Environment::AsOfKindFor(const QueryPlan& plan) {
    return HasKeyColumns(plan) ? Kind::kAsOfKeyed : Kind::kAsOf;
}

Result<std::unique_ptr<Environment>> Environment::Make(tables::Tables& tables, const Clock& clock,
                                                       Kind kind) {
    BLASTY_ASSIGN_OR_RETURN(auto connection, tables.OpenConnection());
    BLASTY_RETURN_IF_ERROR(InstallLiveFunctions(connection->handle()));
    std::unique_ptr<Environment> made(new Environment(std::move(connection), clock, kind));
    sqlite3_progress_handler(made->connection_->handle(), kProgressSteps, &OnProgress, made.get());
    return made;
}

Environment::Environment(std::unique_ptr<tables::Connection> connection, const Clock& clock,
                         Kind kind)
    : connection_(std::move(connection)),
      clock_(clock),
      shadow_(connection_->handle(), ModeOf(kind)),
      rows_(connection_->handle()) {}

Environment::~Environment() {
    ForgetStatements();
    rows_.Forget();
    sqlite3_progress_handler(connection_->handle(), 0, nullptr, nullptr);
    connection_->EndSnapshot();
}

int Environment::OnProgress(void* self) {
    const auto* environment = static_cast<const Environment*>(self);
    if (environment->stop_ && environment->stop_->load()) return 1;
    return environment->deadline_us_ > 0 &&
           environment->clock_.MonotonicMicros() > environment->deadline_us_;
}

// Statements of what stays as it was are kept: SQLite compiles them again when they run.
Status Environment::Install(const tables::SchemaPtr& schema) {
    const tables::SchemaPtr before = std::exchange(installed_, nullptr);
    if (!before) {
        ForgetStatements();
        rows_.Forget();
        BLASTY_RETURN_IF_ERROR(shadow_.Install(*schema));
        installed_ = schema;
        return OkStatus();
    }
    const SchemaChange change = Compare(*before, schema);
    absl::erase_if(statements_, [&](const auto& one) {
        if (!change.Concerns(*one.second.plan)) return false;
        sqlite3_finalize(one.second.statement);
        return true;
    });
    for (const auto& table : change.gone) rows_.Forget(table->id);
    BLASTY_RETURN_IF_ERROR(shadow_.Drop(change));
    BLASTY_RETURN_IF_ERROR(shadow_.Create(change));
    installed_ = change.next;
    return OkStatus();
}

Status Environment::Begin() {
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(snapshot_, connection_->BeginSnapshot());
        if (installed_ && installed_->changed_at == snapshot_.schema->changed_at) return OkStatus();
        // Outside the snapshot: ending a snapshot may roll the temp schema back.
        const tables::SchemaPtr schema = snapshot_.schema;
        End();
        BLASTY_RETURN_IF_ERROR(Install(schema));
    }
}

void Environment::End() {
    connection_->EndSnapshot();
    snapshot_.schema.reset();
}

void Environment::ForgetStatements() {
    for (auto& [plan, prepared] : statements_) sqlite3_finalize(prepared.statement);
    statements_.clear();
}

Status Environment::ErrorOf(int code) const {
    if (code == SQLITE_INTERRUPT && stop_ && stop_->load())
        return MakeError(StatusCode::kCancelled, "CANCELLED", "the server stops");
    if (code == SQLITE_INTERRUPT)
        return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                         "evaluating the query takes too long to follow it; narrow it, or create "
                         "an index that helps it");
    const std::string_view message = sqlite3_errmsg(connection_->handle());
    if (message.find("LIVE_REFUSED") != std::string_view::npos)
        return MakeError(StatusCode::kInvalidArgument, "LIVE_REFUSED", message);
    return tables::SqliteError(connection_->handle(), code);
}

Result<const Environment::Prepared*> Environment::Prepare(const QueryPlanPtr& plan) {
    const auto known = statements_.find(plan.get());
    if (known != statements_.end()) return &known->second;
    if (statements_.size() >= kStatementsMax) ForgetStatements();
    Prepared prepared;
    prepared.plan = plan;
    const int code = sqlite3_prepare_v3(connection_->handle(), plan->keyed_sql.data(),
                                        static_cast<int>(plan->keyed_sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared.statement, nullptr);
    if (code != SQLITE_OK) return ErrorOf(code);
    const int columns = sqlite3_column_count(prepared.statement);
    for (int i = 0; i < columns; ++i) {
        const std::string_view name = sqlite3_column_name(prepared.statement, i);
        const bool ours = name.starts_with(kKeyColumnPrefix);
        if (i < plan->key_columns)
            prepared.roles.push_back(ours ? Role::kEncodedKey : Role::kKeyValue);
        else
            prepared.roles.push_back(ours ? Role::kIgnored : Role::kRow);
    }
    return &statements_.emplace(plan.get(), std::move(prepared)).first->second;
}

Status Environment::Step(const Prepared& prepared, const Limits& limits, ResultSet* result) {
    for (;;) {
        const int code = sqlite3_step(prepared.statement);
        if (code == SQLITE_DONE) return OkStatus();
        if (code != SQLITE_ROW) return ErrorOf(code);
        if (result->size() >= limits.rows_max) return TooLarge(StrCat(limits.rows_max, " rows"));
        if (result->bytes() >= limits.bytes_max)
            return TooLarge(StrCat(limits.bytes_max, " bytes"));
        std::string key, row;
        for (int i = 0; i < static_cast<int>(prepared.roles.size()); ++i) {
            switch (prepared.roles[static_cast<size_t>(i)]) {
                case Role::kEncodedKey:
                    AppendEncodedKey(prepared.statement, i, key);
                    break;
                case Role::kKeyValue:
                    AppendColumn(prepared.statement, i, key);
                    break;
                case Role::kRow:
                    AppendColumn(prepared.statement, i, row);
                    break;
                case Role::kIgnored:
                    break;
            }
        }
        if (prepared.plan->key_columns == 0 && !prepared.plan->single_row) key = row;
        result->Add(std::move(key), std::move(row));
    }
}

Result<std::shared_ptr<ResultSet>> Environment::Run(const QueryPlanPtr& plan,
                                                    const tables::Row& parameters,
                                                    const Limits& limits) {
    deadline_us_ = limits.time_us > 0 ? clock_.MonotonicMicros() + limits.time_us : 0;
    stop_ = limits.stop;
    BLASTY_ASSIGN_OR_RETURN(const Prepared* prepared, Prepare(plan));
    int place = 0;
    for (const tables::Value& value : parameters) {
        const int code = BindValue(prepared->statement, ++place, value);
        if (code != SQLITE_OK) return ErrorOf(code);
    }
    auto result = std::make_shared<ResultSet>();
    const Status status = Step(*prepared, limits, result.get());
    sqlite3_reset(prepared->statement);
    sqlite3_clear_bindings(prepared->statement);
    deadline_us_ = 0;
    BLASTY_RETURN_IF_ERROR(status);
    return result;
}

}  // namespace blasty::live::internal
