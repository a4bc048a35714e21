#include "tables/internal/prepared.h"

#include "base/strings.h"
#include "tables/connection.h"

namespace blasty::tables::internal {

Status Prepared::Prepare(sqlite3* db, std::string_view sql) {
    sqlite3_finalize(statement_);
    statement_ = nullptr;
    const int code =
        sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
    if (code != SQLITE_OK) return Annotate(SqliteError(db, code), Printable(sql, 200));
    return OkStatus();
}

void Prepared::Bind(int index, std::string_view text) {
    sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
}

std::string_view Prepared::Text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (text == nullptr) return {};
    return {text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace blasty::tables::internal
