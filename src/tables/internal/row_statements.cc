#include "tables/internal/row_statements.h"

#include <utility>

#include "base/strings.h"
#include "tables/internal/schema_loader.h"

namespace blasty::tables::internal {

Status RowStatements::Prepare(std::optional<Statement>& statement, std::string_view sql) {
    BLASTY_ASSIGN_OR_RETURN(Statement made, Statement::Prepare(handle_, sql, Access::kInternal));
    statement.emplace(std::move(made));
    return OkStatus();
}

Result<std::string> RowStatements::Where(int first) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<std::string> collations,
                            KeyCollations(handle_.db(), *table_));
    std::string where;
    for (size_t i = 0; i < table_->key_columns.size(); ++i) {
        const Column& column = table_->columns[static_cast<size_t>(table_->key_columns[i])];
        StrAppend(where, i == 0 ? " WHERE " : " AND ", QuotedName(column.name), " COLLATE ",
                  QuotedName(collations[i]), " = ?", first + static_cast<int>(i));
    }
    return where;
}

Status RowStatements::BindRow(Statement& statement, std::string_view row, int* next) const {
    RowReader reader(row);
    ValueView value;
    for (const Column& column : table_->columns) {
        if (!reader.Next(&value))
            return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED",
                             StrCat("an image of a row of '", Printable(table_->name),
                                    "' has fewer columns than the table"));
        if (!column.generated) BLASTY_RETURN_IF_ERROR(statement.Bind((*next)++, value));
    }
    if (reader.Next(&value) || !reader.ok())
        return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED",
                         StrCat("an image of a row of '", Printable(table_->name),
                                "' has more columns than the table"));
    return OkStatus();
}

Status RowStatements::BindKey(Statement& statement, std::string_view key, int* next) {
    RowReader reader(key);
    ValueView value;
    while (reader.Next(&value)) BLASTY_RETURN_IF_ERROR(statement.Bind((*next)++, value));
    return OkStatus();
}

Status RowStatements::RunOnOne(Statement& statement, std::string_view what) {
    BLASTY_RETURN_IF_ERROR(statement.Run());
    const int64_t changed = sqlite3_changes64(handle_.db());
    if (changed == 1) return OkStatus();
    return MakeError(
        StatusCode::kDataLoss, "TABLES_DAMAGED",
        StrCat(what, " of one row of '", Printable(table_->name), "' changed ", changed, " rows"));
}

Result<std::optional<std::string>> RowStatements::Find(std::string_view key) {
    if (!find_) {
        std::string sql = "SELECT ";
        for (size_t i = 0; i < table_->columns.size(); ++i)
            StrAppend(sql, i == 0 ? "" : ", ", QuotedName(table_->columns[i].name));
        BLASTY_ASSIGN_OR_RETURN(const std::string where, Where(1));
        StrAppend(sql, " FROM main.", QuotedName(table_->name), where);
        BLASTY_RETURN_IF_ERROR(Prepare(find_, sql));
    }
    int next = 1;
    BLASTY_RETURN_IF_ERROR(BindKey(*find_, key, &next));
    BLASTY_ASSIGN_OR_RETURN(const bool found, find_->Step());
    std::optional<std::string> row;
    if (found) find_->AppendRow(&row.emplace());
    find_->Reset();
    return row;
}

Status RowStatements::Insert(std::string_view row) {
    if (!insert_) {
        std::string columns, values;
        for (const Column& column : table_->columns) {
            if (column.generated) continue;
            StrAppend(columns, columns.empty() ? "" : ", ", QuotedName(column.name));
            StrAppend(values, values.empty() ? "?" : ", ?");
        }
        BLASTY_RETURN_IF_ERROR(
            Prepare(insert_, StrCat("INSERT INTO main.", QuotedName(table_->name), "(", columns,
                                    ") VALUES (", values, ")")));
    }
    int next = 1;
    BLASTY_RETURN_IF_ERROR(BindRow(*insert_, row, &next));
    return RunOnOne(*insert_, "the insert");
}

Status RowStatements::Update(std::string_view old_key, std::string_view row) {
    if (!update_) {
        std::string sets;
        int next = 1;
        for (const Column& column : table_->columns) {
            if (column.generated) continue;
            StrAppend(sets, sets.empty() ? "" : ", ", QuotedName(column.name), " = ?", next++);
        }
        BLASTY_ASSIGN_OR_RETURN(const std::string where, Where(next));
        BLASTY_RETURN_IF_ERROR(Prepare(
            update_, StrCat("UPDATE main.", QuotedName(table_->name), " SET ", sets, where)));
    }
    int next = 1;
    BLASTY_RETURN_IF_ERROR(BindRow(*update_, row, &next));
    BLASTY_RETURN_IF_ERROR(BindKey(*update_, old_key, &next));
    return RunOnOne(*update_, "the update");
}

Status RowStatements::Delete(std::string_view key) {
    if (!delete_) {
        BLASTY_ASSIGN_OR_RETURN(const std::string where, Where(1));
        BLASTY_RETURN_IF_ERROR(
            Prepare(delete_, StrCat("DELETE FROM main.", QuotedName(table_->name), where)));
    }
    int next = 1;
    BLASTY_RETURN_IF_ERROR(BindKey(*delete_, key, &next));
    return RunOnOne(*delete_, "the delete");
}

Status RowStatements::Apply(const RowChange& change) {
    switch (change.kind) {
        case ChangeKind::kInsert:
            return Insert(change.new_row);
        case ChangeKind::kUpdate:
            return Update(change.old_key, change.new_row);
        case ChangeKind::kDelete:
            return Delete(change.key);
    }
    return OkStatus();
}

RowStatements* AllRowStatements::Of(TableId table) {
    if (const auto at = statements_.find(table); at != statements_.end()) return at->second.get();
    if (!schema_) return nullptr;
    for (const auto& one : schema_->tables) {
        if (one->id != table) continue;
        auto& made = statements_[table];
        made = std::make_unique<RowStatements>(handle_, one);
        return made.get();
    }
    return nullptr;
}

void AllRowStatements::SetSchema(SchemaPtr schema) {
    statements_.clear();
    schema_ = std::move(schema);
}

}  // namespace blasty::tables::internal
