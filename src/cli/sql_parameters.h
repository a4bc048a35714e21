// Parameters of statements as they are written on the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

// How parameters are written, for the help of commands.
extern const std::vector<std::string> kParameterHelp;

// A number when `text` is written exactly as SQLite would print it (42, -1, 1.5), else TEXT: 007,
// 1.50, +1 and 1e5 stay as they are. So the column's own type decides what becomes of it.
v1::Value TypedValue(std::string_view text);

// Each of `words` is VALUE (the next of ?1, ?2, …), NAME=VALUE (of :NAME, @NAME or $NAME in `sql`;
// =VALUE is a positional one that holds an =), or NAME:=JSON and :=JSON with a typed value: null,
// "007", 1.0, {"$base64":"…"}. INVALID_PARAMETER (INVALID_ARGUMENT) names the word.
Result<std::vector<v1::Parameter>> ParseParameters(const std::vector<std::string>& words,
                                                   std::string_view sql);
// The same into a statement.
Result<v1::Statement> MakeStatement(std::string_view sql, const std::vector<std::string>& words);

}  // namespace blasty::cli
