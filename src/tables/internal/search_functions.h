// highlight() and snippet() over search tables.
#pragma once

#include <sqlite3.h>

#include "base/status.h"
#include "tables/internal/search_tables.h"

namespace blasty::tables::internal {

class SearchFunctions {
  public:
    using Function = void (*)(sqlite3_context*, int, sqlite3_value**);
    // Names that SQLite then asks search tables for; elsewhere they are errors.
    static Status Register(sqlite3* db);
    // Null: search tables have no such function.
    static Function Of(const char* name, int arguments);

  private:
    static void Highlight(sqlite3_context* context, int count, sqlite3_value** arguments);
    static void Snippet(sqlite3_context* context, int count, sqlite3_value** arguments);
    // The row that the first argument names; null: the missing side of a join, or an error, both
    // in `context` then.
    static SearchCursor* CursorOf(sqlite3_context* context, sqlite3_value** arguments);
    static void Put(sqlite3_context* context, const Result<MarkedText>& text);
    static void Fail(sqlite3_context* context, const Status& status);
};

}  // namespace blasty::tables::internal
