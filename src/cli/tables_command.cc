#include <memory>

#include "base/strings.h"
#include "cli/column_types.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/table_schema.h"
#include "cli/value_text.h"
#include "client/sql.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

using Object = v1::GetSchemaResponse::Object;

struct TablesArgs {
    std::string name, confirm;
};

// name, declared type, whether part of the key.
std::string JsonColumns(const Object& table) {
    std::string out = "[";
    for (const v1::Column& column : table.columns())
        StrAppend(out, out.size() > 1 ? "," : "",
                  server::JsonObject()
                      .AddBytes("name", column.name())
                      .AddBytes("type", column.declared_type())
                      .Take());
    return out += ']';
}

std::string JsonNames(const google::protobuf::RepeatedPtrField<std::string>& names) {
    std::string out = "[";
    for (const std::string& name : names) {
        if (out.size() > 1) out += ',';
        server::AppendJsonString(out, name);
    }
    return out += ']';
}

std::string KeyText(const Object& table) {
    std::string out;
    for (const std::string& name : table.key())
        StrAppend(out, out.empty() ? "" : ", ", Printable(name));
    return out;
}

uint64_t CountOf(const v1::GetSchemaResponse& schema, const Object& table, std::string_view type) {
    uint64_t count = 0;
    for (const Object& object : schema.objects())
        if (object.type() == type && SameName(object.table(), table.name())) ++count;
    return count;
}

int List(const TablesArgs&, const Session& session) {
    client::Client client(session.client_options());
    const Result<v1::GetSchemaResponse> schema = client::Sql(client).GetSchema();
    if (!schema.ok()) return PrintError(schema.status());
    Output out;
    Table table({"TABLE", "COLUMNS", "KEY", "INDEXES", "TRIGGERS"}, "lrlrr");
    bool any = false;
    for (const Object& object : schema->objects()) {
        if (object.type() != "table") continue;
        any = true;
        if (session.json) {
            out.Line(server::JsonObject()
                         .AddBytes("name", object.name())
                         .AddRaw("columns", JsonColumns(object))
                         .AddRaw("key", JsonNames(object.key()))
                         .Add("indexes", CountOf(*schema, object, "index"))
                         .Add("triggers", CountOf(*schema, object, "trigger"))
                         .Take());
        } else {
            table.Add({Printable(object.name(), 200), StrCat(object.columns_size()),
                       KeyText(object), StrCat(CountOf(*schema, object, "index")),
                       StrCat(CountOf(*schema, object, "trigger"))});
        }
    }
    if (!any) {
        Note(
            "there are no tables yet; blasty sql 'CREATE TABLE users (id INTEGER PRIMARY KEY, "
            "name TEXT)' makes one");
    } else if (!session.json) {
        out.Write(table.Text());
    }
    return kOk;
}

Result<uint64_t> RowsOf(client::Sql& sql, const std::string& name) {
    v1::Statement statement;
    statement.set_sql(StrCat("SELECT count(*) FROM ", QuotedName(name)));
    BLASTY_ASSIGN_OR_RETURN(const v1::ExecuteResponse answer, sql.Execute(statement));
    if (answer.rows_size() != 1 || answer.rows(0).values_size() != 1) return uint64_t{0};
    return static_cast<uint64_t>(answer.rows(0).values(0).integer());
}

void PrintTable(const v1::GetSchemaResponse& schema, const Object& table, uint64_t rows,
                const Session& session) {
    Output out;
    if (session.json) {
        out.Line(server::JsonObject()
                     .AddBytes("name", table.name())
                     .Add("rows", rows)
                     .AddRaw("columns", JsonColumns(table))
                     .AddRaw("key", JsonNames(table.key()))
                     .AddBytes("sql", table.sql())
                     .Take());
        return;
    }
    out.Write(StrCat("table     ", Printable(table.name(), 200), "\nrows      ",
                     server::FormatCount(rows), "\nkey       ", KeyText(table), "\n\n"));
    Table columns({"COLUMN", "TYPE", "KEY"});
    for (const v1::Column& column : table.columns()) {
        std::string place;
        for (int i = 0; i < table.key_size(); ++i)
            if (SameName(table.key(i), column.name())) place = StrCat(i + 1);
        columns.Add({Printable(column.name(), 200), Printable(column.declared_type(), 200), place});
    }
    out.Write(columns.Text());
    out.Line("");
    for (const Object& object : schema.objects())
        if (SameName(object.table(), table.name()) && !object.sql().empty())
            out.Line(object.sql() + ";");
}

int Info(const TablesArgs& args, const Session& session) {
    client::Client client(session.client_options());
    client::Sql sql(client);
    const Result<v1::GetSchemaResponse> schema = sql.GetSchema();
    if (!schema.ok()) return PrintError(schema.status());
    const Object* const table = FindTable(*schema, args.name);
    if (table == nullptr) return PrintError(TableNotFound(*schema, args.name));
    const Result<uint64_t> rows = RowsOf(sql, table->name());
    if (!rows.ok()) return PrintError(rows.status());
    PrintTable(*schema, *table, *rows, session);
    return kOk;
}

int Drop(const TablesArgs& args, const Session& session) {
    client::Client client(session.client_options());
    client::Sql sql(client);
    const Result<v1::GetSchemaResponse> schema = sql.GetSchema();
    if (!schema.ok()) return PrintError(schema.status());
    const Object* const table = FindTable(*schema, args.name);
    if (table == nullptr) return PrintError(TableNotFound(*schema, args.name));
    const Result<uint64_t> rows = RowsOf(sql, table->name());
    if (!rows.ok()) return PrintError(rows.status());
    const auto confirm = Confirm(
        StrCat("table ", Printable(table->name()), " and its ", server::Counted(*rows, "row")),
        table->name(), args.confirm);
    if (!confirm.ok()) return PrintError(confirm.status());
    v1::Statement statement;
    statement.set_sql(StrCat("DROP TABLE ", QuotedName(table->name())));
    const Status status = sql.Execute(statement).status();
    if (status.ok()) Note(StrCat("dropped table ", Printable(table->name())));
    return PrintError(status);
}

}  // namespace

void AddTables(CLI::App& app, Session& session) {
    CLI::App* tables = app.add_subcommand("tables", "list, describe, drop SQL tables");
    AddExamples(*tables, {"blasty tables ls", "blasty tables info users",
                          "blasty sql 'CREATE TABLE …'     makes one"});
    auto args = std::make_shared<TablesArgs>();
    CLI::App* ls = AddAction(*tables, session, args, "ls", "list tables", List);
    AddExamples(*ls, {"blasty tables ls", "blasty tables ls --json"});
    CLI::App* info = AddAction(*tables, session, args, "info", "all about one table", Info);
    info->add_option("name", args->name, "name of the table")->required()->type_name("");
    AddExamples(*info, {"blasty tables info users"});
    CLI::App* drop = AddAction(*tables, session, args, "drop", "remove a table for ever", Drop);
    drop->add_option("name", args->name, "name of the table")->required()->type_name("");
    drop->add_option("--confirm", args->confirm, "the name again, instead of asking")
        ->type_name("NAME");
    AddExamples(*drop, {"blasty tables drop users", "blasty tables drop users --confirm users"});
}

}  // namespace blasty::cli
