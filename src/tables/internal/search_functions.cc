#include "tables/internal/search_functions.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/search_cursor.h"
#include "tables/internal/statement.h"

namespace blasty::tables::internal {
namespace {

constexpr int kHighlightArguments = 4;
constexpr int kSnippetArguments = 6;
constexpr int kTokensMax = 1000;

Status Wrong(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR", message);
}

// As text; SQLite converts in place.
std::string_view TextOf(sqlite3_value* value) {
    const auto* const bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<size_t>(sqlite3_value_bytes(value))};
}

// Where the function is not one of a search table.
void Misplaced(sqlite3_context* context, int, sqlite3_value**) {
    sqlite3_result_error(context, static_cast<const char*>(sqlite3_user_data(context)), -1);
}

// The place of a column given by number or by name; -1 where the number may say any.
Result<int> ColumnOf(const SearchVtab& table, sqlite3_value* value, int least) {
    int64_t place = std::numeric_limits<int64_t>::max();
    if (sqlite3_value_type(value) == SQLITE_TEXT) {
        for (int i = 0; i < table.columns(); ++i) {
            const std::string& column = table.over->columns[static_cast<size_t>(i)];
            if (sqlite3_stricmp(column.c_str(), std::string(TextOf(value)).c_str()) == 0) place = i;
        }
    } else {
        place = sqlite3_value_int64(value);
    }
    if (place >= least && place < table.columns()) return static_cast<int>(place);
    return Wrong(StrCat("search table '", Printable(table.name), "' has no column ",
                        Printable(TextOf(value)), "; give its name or its number, 0 to ",
                        table.columns() - 1));
}

}  // namespace

Status SearchFunctions::Register(sqlite3* db) {
    static constexpr char kMarks[] =
        "highlight() and snippet() take the search table itself first, in the query that has its "
        "MATCH";
    static constexpr char kMatch[] =
        "MATCH stands between the name of a search table and the words to find, as a condition "
        "that must hold";
    struct Known {
        const char* name;
        int arguments;
        const char* misplaced;
    };
    for (const auto& [name, arguments, misplaced] :
         {Known{"highlight", kHighlightArguments, kMarks},
          Known{"snippet", kSnippetArguments, kMarks}, Known{"match", 2, kMatch}}) {
        // Innocuous: views may use them.
        const int code = sqlite3_create_function_v2(
            db, name, arguments, SQLITE_UTF8 | SQLITE_INNOCUOUS, const_cast<char*>(misplaced),
            &Misplaced, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return SqliteError(db, code);
    }
    return OkStatus();
}

SearchFunctions::Function SearchFunctions::Of(const char* name, int arguments) {
    if (sqlite3_stricmp(name, "highlight") == 0 && arguments == kHighlightArguments)
        return &Highlight;
    if (sqlite3_stricmp(name, "snippet") == 0 && arguments == kSnippetArguments) return &Snippet;
    return nullptr;
}

SearchCursor* SearchFunctions::CursorOf(sqlite3_context* context, sqlite3_value** arguments) {
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return nullptr;
    const auto* const owner = static_cast<SearchTables*>(sqlite3_user_data(context));
    SearchCursor* const cursor = owner->CursorOf(sqlite3_value_int64(arguments[0]));
    if (cursor == nullptr)
        Fail(context, Wrong("highlight() and snippet() must stand where the search finds the row: "
                            "use them in a subquery below GROUP BY, DISTINCT or an aggregate"));
    return cursor;
}

void SearchFunctions::Highlight(sqlite3_context* context, int, sqlite3_value** arguments) {
    SearchCursor* const cursor = CursorOf(context, arguments);
    if (cursor == nullptr) return;
    const Result<int> column = ColumnOf(cursor->table, arguments[1], 0);
    if (!column.ok()) return Fail(context, column.status());
    const Result<sqlite3_value*> value = cursor->Column(*column);
    if (!value.ok()) return Fail(context, value.status());
    if (sqlite3_value_type(*value) == SQLITE_NULL) return;
    const SearchMarks marks{TextOf(arguments[2]), TextOf(arguments[3])};
    Put(context, cursor->rows->Highlight(*column, TextOf(*value), marks));
}

void SearchFunctions::Snippet(sqlite3_context* context, int, sqlite3_value** arguments) {
    SearchCursor* const cursor = CursorOf(context, arguments);
    if (cursor == nullptr) return;
    const Result<int> column = ColumnOf(cursor->table, arguments[1], -1);
    if (!column.ok()) return Fail(context, column.status());
    SnippetForm form{{TextOf(arguments[2]), TextOf(arguments[3])}, TextOf(arguments[4]), 0};
    const int64_t tokens = sqlite3_value_int64(arguments[5]);
    form.tokens = static_cast<int>(std::clamp<int64_t>(tokens, 1, kTokensMax));
    // -1: the first column in which something matches, else the first that has a text.
    MarkedText best;
    bool found = false;
    const int end = *column < 0 ? cursor->table.columns() : *column + 1;
    for (int i = std::max(*column, 0); i < end && !best.matched; ++i) {
        const Result<sqlite3_value*> value = cursor->Column(i);
        if (!value.ok()) return Fail(context, value.status());
        if (sqlite3_value_type(*value) == SQLITE_NULL) continue;
        Result<MarkedText> text = cursor->rows->Snippet(i, TextOf(*value), form);
        if (!text.ok()) return Fail(context, text.status());
        if (!found || text->matched) best = *std::move(text);
        found = true;
    }
    if (found) Put(context, best);
}

void SearchFunctions::Put(sqlite3_context* context, const Result<MarkedText>& text) {
    if (!text.ok()) return Fail(context, text.status());
    sqlite3_result_text64(context, text->text.data(), text->text.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8);
}

void SearchFunctions::Fail(sqlite3_context* context, const Status& status) {
    char* message = nullptr;
    const int code = static_cast<SearchTables*>(sqlite3_user_data(context))->Fail(status, &message);
    if (message != nullptr) sqlite3_result_error(context, message, -1);
    sqlite3_free(message);
    if (code != SQLITE_ERROR) sqlite3_result_error_code(context, code);
}

}  // namespace blasty::tables::internal
