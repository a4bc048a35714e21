#include "search/internal/sql_text.h"

#include "base/strings.h"

namespace blasty::search::internal {

std::string QuotedName(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c;
        if (c == '"') out += c;
    }
    return out + "\"";
}

std::string QuotedNames(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) StrAppend(out, out.empty() ? "" : ", ", QuotedName(name));
    return out;
}

}  // namespace blasty::search::internal
