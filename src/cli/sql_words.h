// What a word of SQL may be completed to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

// Candidates for the last word of `before_cursor`: commands behind a leading dot, columns behind
// "table.", tables behind FROM and the like, else keywords, tables and columns. Keywords in the
// case in which the word was begun. Sorted, each once.
std::vector<std::string> CompleteSql(std::string_view before_cursor,
                                     const v1::GetSchemaResponse& schema);

// The dot commands of the shell with what they do, in the order of .help.
struct DotCommand {
    std::string_view name, arguments, what;
};
extern const std::vector<DotCommand> kDotCommands;

}  // namespace blasty::cli
