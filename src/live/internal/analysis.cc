#include "live/internal/analysis.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/strings.h"
#include "live/internal/delta_table.h"
#include "live/internal/increments.h"
#include "live/internal/memory_database.h"
#include "live/internal/schema_change.h"
#include "live/internal/select_text.h"
#include "live/internal/shadow_schema.h"

namespace blasty::live::internal {
namespace {

using Class = Explanation::Class;

// Whose answer is not made of the arguments alone. Dates are in select_text.h and live_functions.
constexpr std::array kUnstable = {"random",         "randomblob",        "changes",
                                  "total_changes",  "last_insert_rowid", "current_time",
                                  "current_date",   "current_timestamp", "sqlite_log",
                                  "load_extension", "fts3_tokenizer"};

bool StartsWith(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

uint64_t BitOf(int column) { return uint64_t{1} << std::min(column, 63); }

// SQLite takes an unknown name in double quotes for a text.
std::string Backquote(std::string_view name) {
    std::string out = "`";
    for (const char c : name) {
        if (c == '`') out += '`';
        out += c;
    }
    return out + "`";
}

struct StatementCloser {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, StatementCloser>;

// What SQLite asked permission for while it compiled.
struct Permissions {
    const tables::Schema* schema = nullptr;
    const std::set<std::string>* modules = nullptr;
    int selects = 0;
    bool recursive = false, virtual_tables = false;
    std::set<std::string> views;
    absl::flat_hash_map<const tables::Table*, uint64_t> tables;
    std::string refused;  // why

    int Refuse(std::string why) {
        if (refused.empty()) refused = std::move(why);
        return SQLITE_OK;  // the reason is better told by us
    }

    bool NoteView(const std::string& name) {
        for (const tables::SchemaObject& object : schema->others) {
            if (object.type == "view" && sqlite3_stricmp(object.name.c_str(), name.c_str()) == 0) {
                views.insert(object.name);
                return true;
            }
        }
        return false;
    }

    int Read(std::string_view table, std::string_view column, bool known) {
        if (const tables::Table* found = schema->Find(table); found != nullptr) {
            uint64_t& columns = tables[found];
            if (column.empty()) return SQLITE_OK;
            const int place = found->ColumnOf(column);
            if (place < 0) {
                return Refuse(StrCat("the rowid of table '", Printable(table),
                                     "' is not stable; use its primary key"));
            }
            columns |= BitOf(place);
            return SQLITE_OK;
        }
        const std::string name(table);
        if (NoteView(name)) return SQLITE_OK;
        if (name == "json_each" || name == "json_tree") {
            virtual_tables = true;
            return SQLITE_OK;
        }
        // Without a column, names of common table expressions come too.
        if (!known && !modules->contains(name) && !StartsWith(name, "sqlite_") &&
            !StartsWith(name, "pragma_")) {
            return SQLITE_OK;
        }
        return Refuse(StrCat("'", Printable(name), "' cannot be followed: it is no table"));
    }

    int Function(std::string_view name) {
        const std::string lower = [&] {
            std::string out(name);
            for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
            return out;
        }();
        if (std::find(kUnstable.begin(), kUnstable.end(), lower) == kUnstable.end()) {
            return SQLITE_OK;
        }
        return Refuse(
            StrCat("function ", lower, " has no stable result; pass its value as a parameter"));
    }

    static int Callback(void* self, int action, const char* first, const char* second,
                        const char* database, const char* view) {
        auto* me = static_cast<Permissions*>(self);
        const auto text = [](const char* p) { return std::string_view(p == nullptr ? "" : p); };
        if (view != nullptr) me->NoteView(view);
        switch (action) {
            case SQLITE_SELECT:
                ++me->selects;
                return SQLITE_OK;
            case SQLITE_RECURSIVE:
                me->recursive = true;
                return SQLITE_OK;
            case SQLITE_READ:
                return me->Read(text(first), text(second),
                                database != nullptr && !text(second).empty());
            case SQLITE_FUNCTION:
                return me->Function(text(second));
            default:
                return SQLITE_OK;  // a statement that writes is told by its program
        }
    }
};

// Refuses tables that are named with their schema, and so are not shadowed.
int RefuseMain(void* schema, int action, const char* first, const char*, const char* database,
               const char*) {
    if (action != SQLITE_READ || database == nullptr) return SQLITE_OK;
    const bool real = sqlite3_stricmp(database, "main") == 0 &&
                      static_cast<const tables::Schema*>(schema)->Find(first) != nullptr;
    return real ? SQLITE_DENY : SQLITE_OK;
}

// Search indexes are not among the tables of the copy in memory: what SQLite says of them would
// mislead.
Status WithSearchTold(const Status& error, const tables::Schema& schema) {
    std::string_view name = MessageOf(error);
    constexpr std::string_view kMissing = "no such table: ", kMain = "main.";
    if (!StartsWith(name, kMissing)) return error;
    name.remove_prefix(kMissing.size());
    if (StartsWith(name, kMain)) name.remove_prefix(kMain.size());
    for (const tables::SchemaObject& object : schema.others) {
        const std::string known = Printable(object.name, 500);
        if (object.type != "search" ||
            sqlite3_stricmp(known.c_str(), std::string(name).c_str()) != 0)
            continue;
        return LiveRefused(
            StrCat("'", known, "' is a search index: follow a search of it instead (blasty search ",
                   known, " 'query' --live)"));
    }
    return error;
}

class AnalyzerImpl : public Analyzer {
  public:
    explicit AnalyzerImpl(tables::SchemaPtr schema) : schema_(std::move(schema)) {}
    ~AnalyzerImpl() override {
        shadow_.reset();
        sqlite3_close_v2(plain_);
        sqlite3_close_v2(keyed_);
    }
    Status Open();
    Result<QueryPlanPtr> Analyze(const std::string& sql) override;
    Status Change(const SchemaChange& change) override;

  private:
    // What the compiled statement does.
    struct Program {
        std::set<int> cursors;  // on tables
        bool aggregates = false;
        absl::flat_hash_map<const tables::Table*, std::vector<PlannedAccess>> accesses;
    };

    Result<StatementPtr> Prepare(sqlite3* db, const std::string& sql) const;
    Status Describe(const std::string& sql, Permissions* permissions, QueryPlan* plan,
                    std::vector<std::string>* origins) const;
    Result<std::string> NameRowid(const SelectText& text, const Permissions& permissions) const;
    Result<Program> Compile(const std::string& sql) const;
    void FillTables(const Permissions& permissions, const Program& program, const SelectText& text,
                    QueryPlan* plan) const;
    bool Compiles(const std::string& sql) const;
    bool AddRowKeys(const SelectText& text, QueryPlan* plan) const;
    void AddGroupKeys(const SelectText& text, QueryPlan* plan) const;
    void Classify(const SelectText& text, const Permissions& permissions, const Program& program,
                  QueryPlan* plan) const;

    tables::SchemaPtr schema_;
    sqlite3* plain_ = nullptr;
    sqlite3* keyed_ = nullptr;
    std::unique_ptr<ShadowSchema> shadow_;  // of keyed_
    std::unique_ptr<DeltaTables> delta_;
    std::set<std::string> modules_;
};

Status AnalyzerImpl::Open() {
    BLASTY_RETURN_IF_ERROR(OpenMemory(*schema_, &plain_));
    BLASTY_RETURN_IF_ERROR(OpenMemory(*schema_, &keyed_));
    shadow_ = std::make_unique<ShadowSchema>(keyed_, ShadowSchema::Mode::kKeyed);
    BLASTY_RETURN_IF_ERROR(shadow_->Install(*schema_));
    // When they are first used, SQLite asks for more than a SELECT does.
    for (const char* function : {"json_each", "json_tree"}) {
        BLASTY_RETURN_IF_ERROR(
            Prepare(plain_, StrCat("SELECT * FROM ", function, "('[]')")).status());
    }
    BLASTY_ASSIGN_OR_RETURN(const StatementPtr modules, Prepare(plain_, "PRAGMA module_list"));
    while (sqlite3_step(modules.get()) == SQLITE_ROW) {
        modules_.insert(reinterpret_cast<const char*>(sqlite3_column_text(modules.get(), 0)));
    }
    BLASTY_ASSIGN_OR_RETURN(delta_, DeltaTables::Make(schema_));
    return OkStatus();
}

Status AnalyzerImpl::Change(const SchemaChange& change) {
    BLASTY_RETURN_IF_ERROR(ChangeMemory(plain_, change));
    BLASTY_RETURN_IF_ERROR(shadow_->Drop(change));
    BLASTY_RETURN_IF_ERROR(ChangeMemory(keyed_, change));
    BLASTY_RETURN_IF_ERROR(shadow_->Create(change));
    BLASTY_RETURN_IF_ERROR(delta_->Change(change));
    schema_ = change.next;
    return OkStatus();
}

Result<StatementPtr> AnalyzerImpl::Prepare(sqlite3* db, const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int code =
        sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, &tail);
    if (code != SQLITE_OK) return SqlError(db, code);
    StatementPtr out(statement);
    const size_t rest = static_cast<size_t>(tail - sql.data());
    for (const Token& token : Tokenize(std::string_view(sql).substr(rest))) {
        if (token.upper == ";") continue;
        return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR",
                         StrCat("more than one statement: '", Printable(sql.substr(rest)), "'"));
    }
    if (out == nullptr) {
        return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", "the statement is empty");
    }
    return out;
}

Status AnalyzerImpl::Describe(const std::string& sql, Permissions* permissions, QueryPlan* plan,
                              std::vector<std::string>* origins) const {
    sqlite3_set_authorizer(plain_, Permissions::Callback, permissions);
    auto prepared = Prepare(plain_, sql);
    sqlite3_set_authorizer(plain_, nullptr, nullptr);
    if (!permissions->refused.empty()) return LiveRefused(permissions->refused);
    if (!prepared.ok()) return WithSearchTold(prepared.status(), *schema_);
    sqlite3_stmt* statement = prepared->get();
    if (sqlite3_column_count(statement) == 0 || sqlite3_stmt_readonly(statement) == 0 ||
        sqlite3_stmt_isexplain(statement) != 0) {
        return LiveRefused("only a SELECT can be followed");
    }
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        plan->columns.emplace_back(sqlite3_column_name(statement, i));
        const char* type = sqlite3_column_decltype(statement, i);
        plan->column_types.emplace_back(type == nullptr ? "" : type);
        const char* origin = sqlite3_column_origin_name(statement, i);
        origins->emplace_back(origin == nullptr ? "" : origin);
    }
    plan->parameter_count = sqlite3_bind_parameter_count(statement);
    for (int i = 1; i <= plan->parameter_count; ++i) {
        const char* name = sqlite3_bind_parameter_name(statement, i);
        plan->parameter_names.emplace_back(name == nullptr || name[0] == '?' ? "" : name);
    }
    return OkStatus();
}

// The shadows are views or have other columns: there the rowid is named by its column.
Result<std::string> AnalyzerImpl::NameRowid(const SelectText& text,
                                            const Permissions& permissions) const {
    if (!text.MentionsRowid()) return text.sql();
    std::string name;
    for (const auto& [table, columns] : permissions.tables) {
        for (const tables::Column& column : table->columns) {
            // A column of this name is no rowid; whether it is meant cannot be told in a join.
            if (!SelectText::IsRowid(column.name)) continue;
            if (permissions.tables.size() == 1) return text.sql();
            return LiveRefused(StrCat("column '", column.name, "' of table '", table->name,
                                      "' has a name of the rowid; read it in a query of its own"));
        }
        if (!table->key_is_rowid) continue;
        const std::string& key = table->columns[static_cast<size_t>(table->key_columns[0])].name;
        if (!name.empty() && sqlite3_stricmp(name.c_str(), key.c_str()) != 0) {
            return LiveRefused("'rowid' means another column in each table; name the column");
        }
        name = key;
    }
    return name.empty() ? text.sql() : text.WithRowidAs(QuoteName(name));
}

Result<AnalyzerImpl::Program> AnalyzerImpl::Compile(const std::string& sql) const {
    Program program;
    delta_->Plan(&program.accesses);
    sqlite3_set_authorizer(delta_->db(), RefuseMain, const_cast<tables::Schema*>(schema_.get()));
    auto prepared = Prepare(delta_->db(), StrCat("EXPLAIN ", sql));
    sqlite3_set_authorizer(delta_->db(), nullptr, nullptr);
    delta_->Plan(nullptr);
    if (!prepared.ok()) {
        if ((sqlite3_errcode(delta_->db()) & 0xff) == SQLITE_AUTH) {
            return LiveRefused("tables must be named without 'main.'");
        }
        return LiveRefused(StrCat("the query cannot be followed: ", MessageOf(prepared.status())));
    }
    while (sqlite3_step(prepared->get()) == SQLITE_ROW) {
        const std::string_view opcode =
            reinterpret_cast<const char*>(sqlite3_column_text(prepared->get(), 1));
        if (opcode == "VOpen") program.cursors.insert(sqlite3_column_int(prepared->get(), 2));
        if (StartsWith(opcode, "Agg")) program.aggregates = true;
    }
    return program;
}

void AnalyzerImpl::FillTables(const Permissions& permissions, const Program& program,
                              const SelectText& text, QueryPlan* plan) const {
    // Columns that only NATURAL JOIN and USING name are not asked for.
    const bool all = text.Has("NATURAL") || text.Has("USING") || !permissions.views.empty();
    for (const auto& table : schema_->tables) {
        const auto found = permissions.tables.find(table.get());
        if (found == permissions.tables.end()) continue;
        uint64_t columns = found->second;
        const auto accesses = program.accesses.find(table.get());
        if (accesses == program.accesses.end() || all) {
            columns = ~uint64_t{0};
        } else {
            for (const PlannedAccess& access : accesses->second) columns |= access.columns;
        }
        plan->tables.push_back({table->id, table->name, columns});
    }
}

bool AnalyzerImpl::Compiles(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(keyed_, sql.c_str(), -1, &statement, nullptr);
    sqlite3_finalize(statement);
    return code == SQLITE_OK;
}

// Keys of the rows in the outermost FROM: together they tell the rows of the result apart when
// every thing there is a table, once.
bool AnalyzerImpl::AddRowKeys(const SelectText& text, QueryPlan* plan) const {
    std::string columns;
    int count = 0;
    for (const QueryPlan::TableUse& use : plan->tables) {
        const std::string column = Backquote(KeyColumnOf(*schema_->Find(use.table)));
        const auto keyed = text.WithColumns(column, 1);
        if (!keyed.has_value() || !Compiles(*keyed)) continue;
        StrAppend(columns, count == 0 ? "" : ", ", column);
        ++count;
    }
    if (count == 0 || count != text.from_items()) return false;
    auto keyed = text.WithColumns(columns, count);
    if (!keyed.has_value() || !Compiles(*keyed)) return false;
    plan->keyed_sql = *std::move(keyed);
    plan->key_columns = count;
    return true;
}

void AnalyzerImpl::AddGroupKeys(const SelectText& text, QueryPlan* plan) const {
    const auto groups = text.GroupBy();
    if (!groups.has_value()) return;
    auto keyed = text.WithColumns(groups->text, groups->count);
    // The tables as they are, so that SELECT * and bare columns mean the same.
    if (!keyed.has_value() || !Prepare(plain_, *keyed).ok()) return;
    plan->keyed_sql = *std::move(keyed);
    plan->key_columns = groups->count;
}

void AnalyzerImpl::Classify(const SelectText& text, const Permissions& permissions,
                            const Program& program, QueryPlan* plan) const {
    const auto general = [&](std::string_view why) {
        plan->query_class = Class::kReevaluated;
        plan->why = why;
    };
    plan->unique_rows = text.has_compound() ? text.unique_compound()
                                            : permissions.selects == 1 && text.has_distinct();
    if (plan->tables.empty()) return general("it reads no table");
    if (!permissions.views.empty()) {
        return general(StrCat("it reads the view '", *permissions.views.begin(), "'"));
    }
    if (text.Has("WITH") || permissions.recursive) return general("it has a WITH clause");
    if (text.has_compound()) return general("it is a compound of several SELECTs");
    if (permissions.virtual_tables) return general("it reads a table-valued function");
    const bool groups = program.aggregates || text.has_group_by();
    if (groups && !text.Has("OVER")) {
        if (permissions.selects > 1) return general("it has an aggregate and a sub-select");
        if (text.has_distinct()) return general("it has an aggregate and DISTINCT");
        if (text.Has("LIMIT")) return general("it has an aggregate and LIMIT");
        plan->query_class = Class::kAggregate;
        plan->single_row = !text.has_group_by();
        AddGroupKeys(text, plan);
        return;
    }
    if (text.has_distinct()) return general("it has DISTINCT");
    const bool keyed = AddRowKeys(text, plan);
    if (text.Has("OVER")) return general("it has a window function");
    if (permissions.selects > 1) return general("it has a sub-select");
    if (!keyed) return general("its rows cannot be told apart by the keys of its tables");
    if (text.Has("LIMIT")) {
        if (!text.has_order_by()) return general("it has LIMIT and no ORDER BY");
        plan->query_class = Class::kTopK;
        return;
    }
    if (plan->tables.size() == 1 && program.cursors.size() <= 1) {
        plan->query_class = Class::kFilter;
        plan->filter_sql = text.WithoutOrder();
        return;
    }
    plan->query_class = Class::kJoin;
}

Result<QueryPlanPtr> AnalyzerImpl::Analyze(const std::string& sql) {
    if (sql.find('\0') != std::string::npos) {
        return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", "the statement holds a NUL");
    }
    const SelectText given(sql);
    const std::string first = given.first_word();
    if (!first.empty() && first != "SELECT" && first != "WITH" && first != "VALUES") {
        return LiveRefused(StrCat("only a SELECT can be followed, this is ", Printable(first)));
    }
    if (const std::string function = given.PresentTime(); !function.empty()) {
        return LiveRefused(StrCat("function ", Printable(function),
                                  " of the present time has no stable result; pass the time as a "
                                  "parameter"));
    }
    auto plan = std::make_shared<QueryPlan>();
    std::vector<std::string> origins;
    Permissions permissions;
    permissions.schema = schema_.get();
    permissions.modules = &modules_;
    BLASTY_RETURN_IF_ERROR(Describe(sql, &permissions, plan.get(), &origins));
    BLASTY_ASSIGN_OR_RETURN(plan->sql, NameRowid(given, permissions));
    BLASTY_ASSIGN_OR_RETURN(const Program program, Compile(plan->sql));
    plan->keyed_sql = plan->sql;
    const SelectText text(plan->sql);
    FillTables(permissions, program, text, plan.get());
    Classify(text, permissions, program, plan.get());
    PlanIncrements(
        text, *schema_, origins, [this](const std::string& t) { return Compiles(t); }, plan.get());
    plan->words = WordsOf(plan->sql);
    return QueryPlanPtr(std::move(plan));
}

}  // namespace

Result<std::unique_ptr<Analyzer>> Analyzer::Make(tables::SchemaPtr schema) {
    auto analyzer = std::make_unique<AnalyzerImpl>(std::move(schema));
    BLASTY_RETURN_IF_ERROR(analyzer->Open());
    return std::unique_ptr<Analyzer>(std::move(analyzer));
}

Result<tables::Row> BindParameters(const QueryPlan& plan, const tables::Statement& query) {
    const auto error = [](const std::string& message) {
        return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", message);
    };
    if (query.parameters.size() > static_cast<size_t>(plan.parameter_count)) {
        return error(StrCat("the query takes ", plan.parameter_count, " parameters, ",
                            query.parameters.size(), " were given"));
    }
    tables::Row out(query.parameters);
    std::vector<bool> given(static_cast<size_t>(plan.parameter_count), false);
    std::fill_n(given.begin(), out.size(), true);
    out.resize(given.size());
    for (const auto& [name, value] : query.named) {
        const auto found =
            std::find(plan.parameter_names.begin(), plan.parameter_names.end(), name);
        if (name.empty() || found == plan.parameter_names.end()) {
            return error(StrCat("the query has no parameter '", Printable(name), "'"));
        }
        const auto place = static_cast<size_t>(found - plan.parameter_names.begin());
        out[place] = value;
        given[place] = true;
    }
    const auto missing = std::find(given.begin(), given.end(), false);
    if (missing != given.end()) {
        const auto place = static_cast<size_t>(missing - given.begin());
        const std::string& name = plan.parameter_names[place];
        return error(
            StrCat("parameter ", name.empty() ? StrCat("?", place + 1) : name, " has no value"));
    }
    return out;
}

}  // namespace blasty::live::internal
