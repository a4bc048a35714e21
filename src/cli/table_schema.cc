#include "cli/table_schema.h"

#include <vector>

#include "base/strings.h"
#include "cli/column_types.h"
#include "cli/command.h"

namespace blasty::cli {

const v1::GetSchemaResponse::Object* FindTable(const v1::GetSchemaResponse& schema,
                                               std::string_view name) {
    for (const auto& object : schema.objects())
        if (object.type() == "table" && SameName(object.name(), name)) return &object;
    return nullptr;
}

Status TableNotFound(const v1::GetSchemaResponse& schema, std::string_view name) {
    std::vector<std::string> known;
    for (const auto& object : schema.objects())
        if (object.type() == "table") known.push_back(object.name());
    const std::string near = DidYouMean(std::string(name), known);
    return MakeError(StatusCode::kNotFound, "TABLE_NOT_FOUND",
                     StrCat("table '", Printable(name), "' does not exist",
                            near.empty() ? "" : StrCat("; did you mean '", near, "'?"),
                            " (blasty tables ls lists them)"));
}

}  // namespace blasty::cli
