// Between the messages of api/blasty/v1/sql.proto and the structures of src/tables.
#pragma once

#include <string_view>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "tables/request.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::rpc {

tables::Value FromProto(const v1::Value& proto);
tables::Row FromProto(const v1::Row& proto);
// STATEMENT_MISSING (INVALID_ARGUMENT) without a text.
Result<tables::Statement> FromProto(const v1::Statement& proto);
// Of a write. INVALID_TIMEOUT when negative, INVALID_ID.
Result<tables::WriteRequest> WriteRequestOf(const v1::QueryRequest& proto);
Result<tables::WriteRequest> WriteRequestOf(const v1::TransactionRequest& proto);
// Of a read. INVALID_TIMEOUT, CONDITIONS_NOT_ALLOWED when it has conditions.
Result<tables::ReadRequest> ReadRequestOf(const v1::QueryRequest& proto);

// How a statement runs, as far as its first word tells.
enum class StatementKind {
    kRead,    // SELECT, VALUES, EXPLAIN
    kWrite,   // INSERT, CREATE, …
    kUnsure,  // WITH, and what only SQLite can tell
};
StatementKind KindOf(std::string_view sql);

void ToProto(const tables::Schema& schema, v1::GetSchemaResponse* proto);
void ToProto(const tables::Table& table, google::protobuf::RepeatedPtrField<v1::Column>* columns);

}  // namespace blasty::rpc
