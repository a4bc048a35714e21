#include "search/internal/hit_rows.h"

#include <string>
#include <vector>

#include "base/strings.h"
#include "search/internal/sql_text.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

constexpr size_t kRowBytesMax = 256 << 20;
}  // namespace

HitRows::HitRows(tables::Tables& tables, const LiveIndex::View& view)
    : tables_(tables), messages_(view.of_topic ? view.source : nullptr) {
    const std::string columns = QuotedNames(view.mapping->columns());
    std::string where;
    int number = 0;
    for (const int place : view.mapping->key_columns()) {
        StrAppend(where, where.empty() ? "" : " AND ",
                  QuotedName(view.mapping->columns()[static_cast<size_t>(place)]), " IS ?",
                  ++number);
    }
    request_.statement.sql =
        StrCat("SELECT ", columns, " FROM ", QuotedName(view.table->name), " WHERE ", where);
}

Result<tables::Row> HitRows::Read(const tables::Row& key) {
    if (messages_ != nullptr) {
        const auto* const sequence = key.empty() ? nullptr : std::get_if<int64_t>(&key[0]);
        if (sequence == nullptr) return tables::Row();
        return messages_->ReadMessage(Sequence(static_cast<uint64_t>(*sequence)));
    }
    request_.statement.parameters = key;
    BLASTY_ASSIGN_OR_RETURN(const auto query, tables_.Read(request_));
    std::vector<std::string> rows;
    BLASTY_RETURN_IF_ERROR(query->Next(1, kRowBytesMax, &rows).status());
    if (rows.empty()) return tables::Row();
    return tables::DecodeRow(rows[0]);
}

}  // namespace blasty::search::internal
