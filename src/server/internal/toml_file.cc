#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include "server/internal/toml_file.h"

#include <toml++/toml.h>

#include <algorithm>

#include "base/strings.h"

namespace blasty::server::internal {
namespace {

Status Walk(const toml::table& table, const std::string& prefix, const std::string& path,
            std::vector<TomlEntry>* out) {
    for (const auto& [name, node] : table) {
        TomlEntry entry;
        entry.key = prefix + std::string(name.str());
        entry.line = static_cast<int>(name.source().begin.line);
        if (const toml::table* inner = node.as_table()) {
            BLASTY_RETURN_IF_ERROR(Walk(*inner, entry.key + ".", path, out));
            continue;
        }
        if (const auto* text = node.as_string()) {
            entry.value = text->get();
        } else if (const auto* number = node.as_integer()) {
            entry.value = StrCat(number->get());
        } else if (const auto* flag = node.as_boolean()) {
            entry.value = flag->get() ? "true" : "false";
        } else {
            return MakeError(StatusCode::kInvalidArgument, "CONFIG_SYNTAX",
                             StrCat(path, ":", entry.line, ": the value of '", entry.key,
                                    "' must be a string, a whole number, true or false"));
        }
        out->push_back(std::move(entry));
    }
    return OkStatus();
}

}  // namespace

Result<std::vector<TomlEntry>> ParseToml(std::string_view text, const std::string& path) {
    const toml::parse_result parsed = toml::parse(text, path);
    if (!parsed) {
        return MakeError(StatusCode::kInvalidArgument, "CONFIG_SYNTAX",
                         StrCat(path, ":", parsed.error().source().begin.line, ": ",
                                parsed.error().description()));
    }
    std::vector<TomlEntry> out;
    BLASTY_RETURN_IF_ERROR(Walk(parsed.table(), "", path, &out));
    std::stable_sort(out.begin(), out.end(),
                     [](const TomlEntry& a, const TomlEntry& b) { return a.line < b.line; });
    return out;
}

}  // namespace blasty::server::internal
