// Values and rows of tables as the contract has them (api/blasty/v1/sql.proto), made and read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "blasty/v1/sql.pb.h"

namespace blasty::client {

inline v1::Value NullValue() { return {}; }
v1::Value IntegerValue(int64_t value);
v1::Value RealValue(double value);
// Bytes that are not UTF-8 stay TEXT: they travel as `raw_text`.
v1::Value TextValue(std::string_view bytes);
v1::Value BlobValue(std::string_view bytes);

bool IsNull(const v1::Value& value);
bool IsText(const v1::Value& value);  // text or raw_text
// Of texts (either form) and blobs; empty for the others.
const std::string& BytesOf(const v1::Value& value);

// A statement with positional parameters ?1, ?2, …
template <typename... Values>
v1::Statement MakeStatement(std::string_view sql, const Values&... values) {
    v1::Statement statement;
    statement.set_sql(std::string(sql));
    ((*statement.add_parameters()->mutable_value() = values), ...);
    return statement;
}
// Adds :name, @name or $name (with its mark), or the next of ?1, ?2, … when `name` is empty.
void AddParameter(v1::Statement* statement, std::string_view name, const v1::Value& value);

}  // namespace blasty::client
