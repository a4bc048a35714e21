#include "tables/internal/ddl.h"

#include <algorithm>

#include "base/strings.h"
#include "tables/internal/computed_columns.h"
#include "tables/internal/meta.h"
#include "tables/internal/prepared.h"
#include "tables/internal/row_images.h"
#include "tables/internal/schema_loader.h"

namespace blasty::tables::internal {
namespace {

bool SameShape(const Table& a, const Table& b) {
    return a.without_rowid == b.without_rowid && a.key_columns == b.key_columns &&
           std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                      [](const Column& x, const Column& y) {
                          return x.name == y.name && x.declared_type == y.declared_type &&
                                 x.collation == y.collation && x.generated == y.generated;
                      });
}

// CREATE TABLE with a key column put in front of its columns.
std::string WithKey(std::string_view sql) {
    char quote = 0;
    for (size_t i = 0; i < sql.size(); ++i) {
        const char c = sql[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '`' || c == '\'') {
            quote = c;
        } else if (c == '[') {
            quote = ']';
        } else if (c == '(') {
            return StrCat(sql.substr(0, i + 1), "id INTEGER PRIMARY KEY, ", sql.substr(i + 1));
        }
    }
    return std::string(sql);
}

const Table* FindIn(const std::vector<Table>& tables, std::string_view name) {
    for (const Table& table : tables) {
        if (table.name == name) return &table;
    }
    return nullptr;
}

Status Refused(std::string_view message) {
    return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED", message);
}

}  // namespace

SchemaEdit::SchemaEdit(Handle& handle, Capture* capture, SchemaPtr before)
    : handle_(handle), capture_(capture) {
    for (const auto& table : before->tables) tables_.push_back({*table, false});
}

Result<int64_t> SchemaEdit::Version() {
    Prepared version;
    BLASTY_RETURN_IF_ERROR(version.Prepare(handle_.db(), "PRAGMA main.schema_version"));
    const int code = version.Step();
    if (code != SQLITE_ROW) return handle_.Error(code);
    return version.Integer(0);
}

Status SchemaEdit::Execute(std::string_view sql, Access access) {
    handle_.guard().Resume(Access::kInternal);
    BLASTY_ASSIGN_OR_RETURN(const int64_t before, Version());
    std::string made_search;
    {
        BLASTY_ASSIGN_OR_RETURN(Statement statement, Statement::Prepare(handle_, sql, access));
        if (!statement.facts().changes_schema())
            return Refused(
                "a transaction of schema statements may hold nothing else; send the "
                "other statements in a transaction of their own");
        for (const SchemaAction& action : statement.facts().actions) {
            if (action.action == SQLITE_CREATE_VTABLE) made_search = action.name;
        }
        BLASTY_RETURN_IF_ERROR(statement.Bind({}));
        if (capture_ != nullptr) capture_->Clear();
        BLASTY_RETURN_IF_ERROR(statement.Run());
    }
    handle_.guard().Resume(Access::kInternal);
    BLASTY_ASSIGN_OR_RETURN(const int64_t after, Version());
    if (after == before) return OkStatus();
    BLASTY_RETURN_IF_ERROR(Compare(sql, made_search));
    statements_.emplace_back(sql);
    return OkStatus();
}

Status SchemaEdit::Compare(std::string_view sql, std::string_view made_search) {
    BLASTY_RETURN_IF_ERROR(CheckNames());
    BLASTY_ASSIGN_OR_RETURN(const std::vector<Table> after, LoadTables(handle_.db()));
    BLASTY_RETURN_IF_ERROR(CheckTouched(after));
    BLASTY_RETURN_IF_ERROR(CheckSearch(after, made_search));
    std::vector<Known*> gone;
    std::vector<const Table*> fresh;
    for (Known& known : tables_) {
        if (FindIn(after, known.table.name) == nullptr) gone.push_back(&known);
    }
    for (const Table& table : after) {
        const bool there = std::any_of(tables_.begin(), tables_.end(), [&](const Known& known) {
            return known.table.name == table.name;
        });
        if (!there) fresh.push_back(&table);
    }
    // A statement creates one table, drops one, or renames one.
    if (gone.size() == 1 && fresh.size() == 1) {
        gone[0]->table.name = fresh[0]->name;
    } else if (fresh.size() == 1) {
        BLASTY_RETURN_IF_ERROR(CheckTable(*fresh[0], sql));
        if (next_table_ == 0) {
            Prepared state;
            BLASTY_RETURN_IF_ERROR(state.Prepare(handle_.db(), kReadState));
            if (state.Step() != SQLITE_ROW) return handle_.Error(SQLITE_CORRUPT);
            next_table_ = static_cast<uint32_t>(state.Integer(3));
        }
        Known made{*fresh[0], true};
        made.table.id = TableId(next_table_++);
        created_.push_back(made.table.id);
        tables_.push_back(std::move(made));
    } else if (gone.size() == 1) {
        const TableId id = gone[0]->table.id;
        if (std::erase(created_, id) == 0) dropped_.push_back(id);
        std::erase_if(tables_, [id](const Known& known) { return known.table.id == id; });
    }
    for (Known& known : tables_) {
        const Table* now = FindIn(after, known.table.name);
        if (now == nullptr) continue;
        const TableId id = known.table.id;
        const bool grown = now->columns.size() > known.table.columns.size();
        if (!SameShape(known.table, *now)) {
            BLASTY_RETURN_IF_ERROR(CheckTable(*now, sql));
            known.reshaped = true;
        }
        const Sequence shaped_at = known.table.shaped_at;
        known.table = *now;
        known.table.id = id;
        known.table.shaped_at = shaped_at;
        if (grown) BLASTY_RETURN_IF_ERROR(FillColumn(known.table));
    }
    return OkStatus();
}

Status SchemaEdit::CheckTable(const Table& table, std::string_view sql) const {
    for (const Column& column : table.columns) {
        if (IsReservedName(column.name))
            return Refused(StrCat("column name '", Printable(column.name),
                                  "' is reserved; choose one that does not begin with __blasty or "
                                  "sqlite_"));
    }
    BLASTY_ASSIGN_OR_RETURN(const std::vector<bool> is_virtual,
                            VirtualColumns(handle_.db(), table));
    if (const Column* misread = MisreadColumn(table, is_virtual)) {
        return Refused(StrCat("the changes of column '", Printable(misread->name), "' of table '",
                              Printable(table.name),
                              "' could not be followed exactly: give it a type, or put the key "
                              "columns first and VIRTUAL columns last, or leave out WITHOUT "
                              "ROWID"));
    }
    if (!table.key_columns.empty()) return OkStatus();
    return MakeError(StatusCode::kInvalidArgument, "PRIMARY_KEY_MISSING",
                     StrCat("table '", Printable(table.name),
                            "' has no primary key, by which its rows are followed; add one, for "
                            "example: ",
                            Printable(WithKey(sql), 2000)));
}

Status SchemaEdit::CheckNames() {
    Prepared names;
    BLASTY_RETURN_IF_ERROR(names.Prepare(
        handle_.db(),
        "SELECT name FROM main.sqlite_schema WHERE name LIKE '\\_\\_blasty%' ESCAPE '\\' AND name"
        " NOT IN ('__blasty_state', '__blasty_tables', '__blasty_requests',"
        " '__blasty_requests_time')"));
    const int code = names.Step();
    if (code == SQLITE_ROW)
        return Refused(StrCat("name '", Printable(names.Text(0)),
                              "' is reserved; choose one that does not begin with __blasty"));
    return code == SQLITE_DONE ? OkStatus() : handle_.Error(code);
}

Status SchemaEdit::CheckSearch(const std::vector<Table>& after, std::string_view made) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<SearchTableInfo> all, handle_.search().List());
    for (const SearchTableInfo& info : all) {
        if (!info.over || info.over->topic) continue;
        const std::string index = Printable(info.name);
        std::string missing;
        const auto base = std::find_if(after.begin(), after.end(), [&info](const Table& table) {
            return sqlite3_stricmp(table.name.c_str(), info.over->table.c_str()) == 0;
        });
        if (base == after.end()) {
            missing = StrCat("table '", Printable(info.over->table), "'");
        } else {
            for (const std::string& column : info.over->columns) {
                if (base->ColumnOf(column) >= 0) continue;
                missing = StrCat("column '", Printable(column), "' of table '",
                                 Printable(base->name), "'");
            }
        }
        if (missing.empty()) continue;
        if (info.name == made)
            return MakeError(StatusCode::kInvalidArgument, "BAD_INDEX_DEFINITION",
                             StrCat("search index '", index, "': ", missing,
                                    " does not exist; name what there is, or create it first"));
        return Refused(StrCat(missing, " is needed by search index '", index,
                              "'; drop that first: DROP TABLE ", index));
    }
    return OkStatus();
}

Status SchemaEdit::CheckTouched(const std::vector<Table>& after) const {
    if (capture_ == nullptr) return OkStatus();
    for (const TableId id : capture_->touched()) {
        for (const Known& known : tables_) {
            if (known.table.id != id || FindIn(after, known.table.name) == nullptr) continue;
            return Refused(StrCat("the statement would change rows of table '",
                                  Printable(known.table.name),
                                  "' through its foreign keys; delete or change those first"));
        }
    }
    return OkStatus();
}

Status SchemaEdit::FillColumn(const Table& table) {
    const std::string& column = table.columns.back().name;
    // A VIRTUAL one is computed when a row is read: where that fails, no change of the row could be
    // followed.
    if (table.columns.back().generated)
        return handle_.Execute(
            StrCat("SELECT count(", QuotedName(column), ") FROM main.", QuotedName(table.name))
                .c_str());
    Prepared info;
    BLASTY_RETURN_IF_ERROR(
        info.Prepare(handle_.db(),
                     "SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE name = ?2 AND dflt_value"
                     " IS NOT NULL"));
    info.Bind(1, table.name);
    info.Bind(2, column);
    if (info.Step() != SQLITE_ROW) return OkStatus();
    if (capture_ != nullptr) capture_->SetMode(Capture::Mode::kOff);
    int triggers = 0;
    sqlite3_db_config(handle_.db(), SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &triggers);
    sqlite3_db_config(handle_.db(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    const Status filled = handle_.Execute(StrCat("UPDATE main.", QuotedName(table.name), " SET ",
                                                 QuotedName(column), " = ", QuotedName(column))
                                              .c_str());
    sqlite3_db_config(handle_.db(), SQLITE_DBCONFIG_ENABLE_TRIGGER, triggers, nullptr);
    if (capture_ != nullptr) capture_->SetMode(Capture::Mode::kTouched);
    return filled;
}

SchemaChange SchemaEdit::Change() const {
    SchemaChange change;
    change.statements.assign(statements_.begin(), statements_.end());
    for (const TableId id : created_) {
        for (const Known& known : tables_) {
            if (known.table.id == id) change.created.push_back({known.table.name, id});
        }
    }
    return change;
}

Result<SchemaPtr> SchemaEdit::Finish(Sequence sequence) {
    const auto run = [this](const char* sql, int64_t a, std::string_view text,
                            int64_t c) -> Status {
        BLASTY_ASSIGN_OR_RETURN(Statement statement, handle_.Cached(sql, Access::kInternal));
        ValueView value{ValueType::kInteger, a, 0, {}};
        BLASTY_RETURN_IF_ERROR(statement.Bind(1, value));
        if (text.data() != nullptr) {
            BLASTY_RETURN_IF_ERROR(statement.Bind(2, ValueView{ValueType::kText, 0, 0, text}));
            value.integer = c;
            BLASTY_RETURN_IF_ERROR(statement.Bind(3, value));
        }
        return statement.Run();
    };
    const auto at = static_cast<int64_t>(sequence.value());
    for (const TableId id : dropped_) BLASTY_RETURN_IF_ERROR(run(kDropTable, id.value(), {}, 0));
    for (const Known& known : tables_) {
        const int64_t shaped_at =
            known.reshaped ? at : static_cast<int64_t>(known.table.shaped_at.value());
        BLASTY_RETURN_IF_ERROR(run(kPutTable, known.table.id.value(), known.table.name, shaped_at));
    }
    if (next_table_ != 0) BLASTY_RETURN_IF_ERROR(run(kSetNextTable, next_table_, {}, 0));
    BLASTY_RETURN_IF_ERROR(run(kSetSchemaAt, at, {}, 0));
    return LoadSchema(handle_);
}

}  // namespace blasty::tables::internal
