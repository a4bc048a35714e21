// Finding tables in the schema that the server gives.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

// Null when there is no table of that name (in any case of its letters).
const v1::GetSchemaResponse::Object* FindTable(const v1::GetSchemaResponse& schema,
                                               std::string_view name);
// TABLE_NOT_FOUND (NOT_FOUND), with the name that was probably meant.
Status TableNotFound(const v1::GetSchemaResponse& schema, std::string_view name);

}  // namespace blasty::cli
