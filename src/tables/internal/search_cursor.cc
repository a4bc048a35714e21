#include "tables/internal/search_cursor.h"

#include <utility>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/guard.h"
#include "tables/internal/meta.h"
#include "tables/internal/schema_loader.h"
#include "tables/internal/statement.h"
#include "tables/value.h"

namespace blasty::tables::internal {
namespace {

// Of a token: the number of the row below, that of the cursor above.
constexpr int kRowBits = 40;

}  // namespace

Status BaseRow::Prepare(sqlite3* db, const Table& table, const std::vector<std::string>& columns) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<std::string> collations, KeyCollations(db, table));
    std::string sql = "SELECT ";
    for (size_t i = 0; i < columns.size(); ++i)
        StrAppend(sql, i == 0 ? "" : ", ", QuotedName(columns[i]));
    StrAppend(sql, " FROM main.", QuotedName(table.name));
    for (size_t i = 0; i < table.key_columns.size(); ++i) {
        const tables::Column& column = table.columns[static_cast<size_t>(table.key_columns[i])];
        StrAppend(sql, i == 0 ? " WHERE " : " AND ", QuotedName(column.name), " COLLATE ",
                  QuotedName(collations[i]), " = ?", i + 1);
    }
    return statement_.Prepare(db, sql);
}

Status BaseRow::Find(sqlite3* db, std::string_view key) {
    Forget();
    RowReader reader(key);
    ValueView value;
    for (int number = 1; reader.Next(&value); ++number) {
        if (const int code = BindView(statement_.get(), number, value); code != SQLITE_OK)
            return SqliteError(db, code);
    }
    const int code = statement_.Step();
    if (code == SQLITE_ROW) return OkStatus();
    if (code != SQLITE_DONE) return SqliteError(db, code);
    return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED",
                     "the search index names a row that its table does not have; build it again");
}

sqlite3_value* BaseRow::Column(int column) const {
    return sqlite3_column_value(statement_.get(), column);
}

void BaseRow::Forget() {
    statement_.Reset();
    // The bytes bound are those of the search's key.
    sqlite3_clear_bindings(statement_.get());
}

SearchVtab::SearchVtab(SearchTables& its_owner, std::string its_name, Result<SearchTable> what_over)
    : sqlite3_vtab{}, owner(its_owner), name(std::move(its_name)), over(std::move(what_over)) {
    owner.tables_[name] = this;
}

SearchVtab::~SearchVtab() {
    sqlite3_free(zErrMsg);
    // After a change of the schema the new one may come before the old one goes.
    const auto known = owner.tables_.find(name);
    if (known != owner.tables_.end() && known->second == this) owner.tables_.erase(known);
}

std::string SearchVtab::Declaration() const {
    std::string sql = "CREATE TABLE x(";
    for (int i = 0; i < columns(); ++i) {
        const std::string& column = over->columns[static_cast<size_t>(i)];
        StrAppend(sql, QuotedName(column));
        const char *type = nullptr, *collation = nullptr;
        if (sqlite3_table_column_metadata(owner.db_, "main", over->table.c_str(), column.c_str(),
                                          &type, &collation, nullptr, nullptr,
                                          nullptr) == SQLITE_OK) {
            // The word makes a column hidden.
            if (type != nullptr && sqlite3_strlike("%hidden%", type, 0) != 0)
                StrAppend(sql, " ", type);
            if (collation != nullptr) StrAppend(sql, " COLLATE ", QuotedName(collation));
        }
        sql += ", ";
    }
    return StrCat(sql, QuotedName(name), " HIDDEN, rank HIDDEN)");
}

int SearchVtab::Fail(const Status& status) { return owner.Fail(status, &zErrMsg); }

Result<Sequence> SearchVtab::Position() {
    if (position == nullptr) {
        auto prepared = std::make_unique<Prepared>();
        BLASTY_RETURN_IF_ERROR(prepared->Prepare(owner.db_, kReadPosition));
        position = std::move(prepared);
    }
    const int code = position->Step();
    const Sequence applied(static_cast<uint64_t>(position->Integer(0)));
    position->Reset();
    if (code != SQLITE_ROW) return SqliteError(owner.db_, code);
    return applied;
}

Result<std::unique_ptr<BaseRow>> SearchVtab::TakeBaseRow() {
    if (!idle.empty()) {
        auto taken = std::move(idle.back());
        idle.pop_back();
        return taken;
    }
    auto made = std::make_unique<BaseRow>();
    BLASTY_RETURN_IF_ERROR(made->Prepare(owner.db_, *base, over->columns));
    return made;
}

SearchCursor::SearchCursor(SearchVtab& vtab)
    : sqlite3_vtab_cursor{}, table(vtab), number(vtab.owner.next_cursor_++) {
    table.owner.cursors_[number] = this;
}

SearchCursor::~SearchCursor() {
    table.owner.cursors_.erase(number);
    if (row == nullptr) return;
    row->Forget();
    table.idle.push_back(std::move(row));
}

Status SearchCursor::Find(std::string_view text, uint64_t rows_likely) {
    rows.reset();
    has_row = false;
    eof = true;
    row_number = 0;
    BLASTY_RETURN_IF_ERROR(table.over.status());
    if (table.over->topic) {
        return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR",
                         StrCat("search index '", Printable(table.name),
                                "' is over a topic, which has no rows in SQL; search it with "
                                "`blasty search ",
                                Printable(table.name), " 'words'` or over the API"));
    }
    if (!table.base) {
        BLASTY_ASSIGN_OR_RETURN(std::vector<Table> tables, LoadTables(table.owner.db_));
        for (Table& one : tables) {
            if (sqlite3_stricmp(one.name.c_str(), table.over->table.c_str()) == 0)
                table.base = std::move(one);
        }
        if (!table.base)
            return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR",
                             StrCat("no such table: ", Printable(table.over->table)));
    }
    SearchQuery query;
    query.index = table.name;
    query.text = text;
    query.deadline_us = table.owner.guard_.deadline_us();
    query.rows_likely = rows_likely;
    BLASTY_ASSIGN_OR_RETURN(query.at, table.Position());
    BLASTY_ASSIGN_OR_RETURN(rows, table.owner.options_.module->Find(query));
    return Next();
}

Status SearchCursor::Next() {
    if (row != nullptr) row->Forget();
    has_row = false;
    BLASTY_ASSIGN_OR_RETURN(const bool found, rows->Next());
    eof = !found;
    ++row_number;
    return OkStatus();
}

Result<sqlite3_value*> SearchCursor::Column(int column) {
    if (!has_row) {
        const InternalScope scope(table.owner.guard_);
        if (row == nullptr) {
            BLASTY_ASSIGN_OR_RETURN(row, table.TakeBaseRow());
        }
        BLASTY_RETURN_IF_ERROR(row->Find(table.owner.db_, rows->key()));
        has_row = true;
    }
    return row->Column(column);
}

Result<int64_t> SearchCursor::Rowid() const {
    if (!table.base->key_is_rowid) return row_number;
    RowReader reader(rows->key());
    ValueView value;
    if (reader.Next(&value) && value.type == ValueType::kInteger) return value.integer;
    return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED",
                     "the search index names a row by a key of another type; build it again");
}

int64_t SearchCursor::Token() const { return (number << kRowBits) | row_number; }

SearchCursor* SearchTables::CursorOf(int64_t token) const {
    const auto found = cursors_.find(token >> kRowBits);
    return found != cursors_.end() && found->second->IsAt(token) ? found->second : nullptr;
}

}  // namespace blasty::tables::internal
