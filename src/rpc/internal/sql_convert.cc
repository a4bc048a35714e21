#include "rpc/internal/sql_convert.h"

#include <cctype>
#include <string>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

Status CheckTimeout(int64_t timeout_us) {
    if (timeout_us >= 0) return OkStatus();
    return MakeError(StatusCode::kInvalidArgument, "INVALID_TIMEOUT",
                     StrCat("timeout_us is ", timeout_us, "; 0 (the server's) or more"));
}

Status CheckId(const std::string& id) {
    if (id.size() <= kRequestIdBytesMax) return OkStatus();
    return MakeError(StatusCode::kInvalidArgument, "INVALID_ID",
                     StrCat("the id has ", id.size(), " bytes; at most ", kRequestIdBytesMax));
}

template <typename Conditions>
void TakeConditions(const Conditions& from, std::vector<tables::RowCondition>* to) {
    for (const v1::RowCondition& condition : from) {
        to->push_back({condition.table(), FromProto(condition.key()), condition.version()});
    }
}

bool IsSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == ';';
}

// Behind white space and comments, as SQLite skips them.
std::string_view SkipToWord(std::string_view sql) {
    for (;;) {
        while (!sql.empty() && IsSpace(sql.front())) sql.remove_prefix(1);
        size_t end = std::string_view::npos;
        if (sql.starts_with("--")) {
            end = sql.find('\n');
            if (end != std::string_view::npos) end += 1;
        } else if (sql.starts_with("/*")) {
            end = sql.find("*/", 2);
            if (end != std::string_view::npos) end += 2;
        } else {
            return sql;
        }
        sql = end == std::string_view::npos ? std::string_view() : sql.substr(end);
    }
}

}  // namespace

tables::Value FromProto(const v1::Value& proto) {
    switch (proto.kind_case()) {
        case v1::Value::kInteger:
            return proto.integer();
        case v1::Value::kReal:
            return proto.real();
        case v1::Value::kText:
            return tables::Text{proto.text()};
        case v1::Value::kBlob:
            return tables::Blob{proto.blob()};
        case v1::Value::kRawText:
            return tables::Text{proto.raw_text()};
        case v1::Value::KIND_NOT_SET:
            break;
    }
    return tables::Null{};
}

tables::Row FromProto(const v1::Row& proto) {
    tables::Row row;
    row.reserve(static_cast<size_t>(proto.values_size()));
    for (const v1::Value& value : proto.values()) row.push_back(FromProto(value));
    return row;
}

Result<tables::Statement> FromProto(const v1::Statement& proto) {
    if (proto.sql().empty()) {
        return MakeError(StatusCode::kInvalidArgument, "STATEMENT_MISSING",
                         "the request has no statement; set `sql`");
    }
    tables::Statement statement;
    statement.sql = proto.sql();
    for (const v1::Parameter& parameter : proto.parameters()) {
        if (parameter.name().empty()) {
            statement.parameters.push_back(FromProto(parameter.value()));
        } else {
            statement.named.emplace_back(parameter.name(), FromProto(parameter.value()));
        }
    }
    return statement;
}

Result<tables::WriteRequest> WriteRequestOf(const v1::QueryRequest& proto) {
    BLASTY_RETURN_IF_ERROR(CheckTimeout(proto.timeout_us()));
    BLASTY_RETURN_IF_ERROR(CheckId(proto.id()));
    tables::WriteRequest request;
    BLASTY_ASSIGN_OR_RETURN(auto statement, FromProto(proto.statement()));
    request.statements.push_back(std::move(statement));
    TakeConditions(proto.conditions(), &request.conditions);
    request.id = proto.id();
    request.timeout_us = proto.timeout_us();
    return request;
}

Result<tables::WriteRequest> WriteRequestOf(const v1::TransactionRequest& proto) {
    BLASTY_RETURN_IF_ERROR(CheckTimeout(proto.timeout_us()));
    BLASTY_RETURN_IF_ERROR(CheckId(proto.id()));
    if (proto.statements().empty()) {
        return MakeError(StatusCode::kInvalidArgument, "STATEMENT_MISSING",
                         "the transaction has no statement; add to `statements`");
    }
    if (proto.statements_size() > kTransactionStatementsMax) {
        return MakeError(StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                         StrCat("the transaction has ", proto.statements_size(),
                                " statements; at most ", kTransactionStatementsMax));
    }
    tables::WriteRequest request;
    request.statements.reserve(static_cast<size_t>(proto.statements_size()));
    for (const v1::Statement& each : proto.statements()) {
        BLASTY_ASSIGN_OR_RETURN(auto statement, FromProto(each));
        request.statements.push_back(std::move(statement));
    }
    TakeConditions(proto.conditions(), &request.conditions);
    request.id = proto.id();
    request.timeout_us = proto.timeout_us();
    return request;
}

Result<tables::ReadRequest> ReadRequestOf(const v1::QueryRequest& proto) {
    BLASTY_RETURN_IF_ERROR(CheckTimeout(proto.timeout_us()));
    if (!proto.conditions().empty()) {
        return MakeError(StatusCode::kInvalidArgument, "CONDITIONS_NOT_ALLOWED",
                         "conditions are for writes; a SELECT has a WHERE");
    }
    tables::ReadRequest request;
    BLASTY_ASSIGN_OR_RETURN(request.statement, FromProto(proto.statement()));
    request.at_least = Sequence(proto.at_least());
    request.timeout_us = proto.timeout_us();
    return request;
}

StatementKind KindOf(std::string_view sql) {
    constexpr size_t kWordMax = 8;
    const std::string_view text = SkipToWord(sql);
    std::string word;
    for (const char c : text.substr(0, kWordMax + 1)) {
        if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
        word.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    }
    for (const std::string_view read : {"SELECT", "VALUES", "EXPLAIN"}) {
        if (word == read) return StatementKind::kRead;
    }
    for (const std::string_view write :
         {"INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP"}) {
        if (word == write) return StatementKind::kWrite;
    }
    return StatementKind::kUnsure;
}

void ToProto(const tables::Table& table, google::protobuf::RepeatedPtrField<v1::Column>* columns) {
    for (const tables::Column& column : table.columns) {
        v1::Column* added = columns->Add();
        added->set_name(column.name);
        added->set_declared_type(column.declared_type);
    }
}

void ToProto(const tables::Schema& schema, v1::GetSchemaResponse* proto) {
    for (const auto& table : schema.tables) {
        v1::GetSchemaResponse::Object* object = proto->add_objects();
        object->set_type("table");
        object->set_name(table->name);
        object->set_table(table->name);
        object->set_sql(table->sql);
        ToProto(*table, object->mutable_columns());
        for (const int place : table->key_columns) {
            object->add_key(table->columns[static_cast<size_t>(place)].name);
        }
    }
    for (const tables::SchemaObject& other : schema.others) {
        v1::GetSchemaResponse::Object* object = proto->add_objects();
        object->set_type(other.type);
        object->set_name(other.name);
        object->set_table(other.table);
        object->set_sql(other.sql);
    }
    proto->set_changed_at(schema.changed_at.value());
}

}  // namespace blasty::rpc
