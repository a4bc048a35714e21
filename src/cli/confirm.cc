#include "cli/confirm.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/strings.h"

namespace blasty::cli {

Result<std::string> Confirm(const std::string& what, const std::string& name,
                            const std::string& given) {
    std::string typed = given;
    if (given.empty() && isatty(STDIN_FILENO) == 1) {
        const std::string question =
            StrCat("This removes ", what, " for ever.\nType the name to go on: ");
        std::fputs(question.c_str(), stderr);
        std::getline(std::cin, typed);
    }
    if (typed == name) return typed;
    return MakeError(
        StatusCode::kInvalidArgument, "CONFIRMATION_MISSING",
        StrCat("nothing was removed: ", what, " would be gone for ever; ",
               typed.empty() ? "" : StrCat("'", Printable(typed), "' is not the name; "),
               "confirm with --confirm ", name));
}

}  // namespace blasty::cli
