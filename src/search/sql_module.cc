#include "search/sql_module.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/definition.h"
#include "search/internal/sql_rows.h"

namespace blasty::search {

Result<tables::SearchTable> SqlModule::Describe(std::string_view /*name*/,
                                                const std::vector<std::string>& arguments) const {
    BLASTY_ASSIGN_OR_RETURN(const Definition definition, ParseDefinition(arguments));
    tables::SearchTable table{.table = definition.table, .topic = definition.topic, .columns = {}};
    for (const FieldDefinition& field : definition.fields) {
        if (std::find(table.columns.begin(), table.columns.end(), field.column) ==
            table.columns.end())
            table.columns.push_back(field.column);
    }
    return table;
}

Result<std::unique_ptr<tables::SearchRows>> SqlModule::Find(const tables::SearchQuery& query) {
    Searches* searches = nullptr;
    {
        MutexLock lock(mutex_);
        searches = searches_;
        if (searches != nullptr) ++finding_;
    }
    if (searches == nullptr) {
        return MakeError(StatusCode::kUnavailable, "INDEX_BUILDING",
                         "search begins in a moment; ask again");
    }
    auto rows = searches->FindRows(query);
    MutexLock lock(mutex_);
    --finding_;
    changed_.SignalAll();
    return rows;
}

void SqlModule::Use(Searches* searches) {
    MutexLock lock(mutex_);
    searches_ = searches;
    while (finding_ > 0) changed_.Wait(mutex_);
}

}  // namespace blasty::search
