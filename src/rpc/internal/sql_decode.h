// Reads a v1.TransactionRequest without the generated code: texts and values stay where they are in
// the message. Field numbers are those of api/blasty/v1/sql.proto; sql_wire_test.cc compares with
// the generated code.
#pragma once

#include <memory>
#include <string_view>

#include "tables/request.h"

namespace blasty::rpc {

// False: the message is damaged or has something that is rare (conditions, fields of a newer
// version, more statements than are allowed): the generated code is to read it, and says what is
// wrong. `memory` holds `wire` and is kept by the request.
bool DecodeTransaction(std::string_view wire, std::shared_ptr<const void> memory,
                       tables::WriteRequest* request);

}  // namespace blasty::rpc
