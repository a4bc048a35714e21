// Functions of the connections on which live queries run.
#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/strings.h"
#include "live/internal/delta_table.h"
#include "live/internal/memory_database.h"
#include "live/internal/shadow_schema.h"
#include "tables/value.h"

namespace blasty::live::internal {
namespace {

void Key(sqlite3_context* context, int argc, sqlite3_value** argv) {
    std::string key;
    for (int i = 0; i < argc; ++i) tables::PutValue(key, ValueFrom(argv[i]));
    sqlite3_result_blob64(context, key.data(), key.size(), SQLITE_TRANSIENT);
}

// Runs SQLite's own date functions on a connection of their own, since ours hide them.
class DateFunctions {
  public:
    DateFunctions() { sqlite3_open(":memory:", &db_); }
    ~DateFunctions() {
        for (auto& entry : statements_) sqlite3_finalize(entry.second);
        sqlite3_close(db_);
    }
    DateFunctions(const DateFunctions&) = delete;
    DateFunctions& operator=(const DateFunctions&) = delete;

    void Call(const char* name, sqlite3_context* context, int argc, sqlite3_value** argv) {
        sqlite3_stmt*& statement = statements_[{name, argc}];
        if (statement == nullptr) {
            std::string sql = StrCat("SELECT ", name, "(");
            for (int i = 0; i < argc; ++i) sql += i == 0 ? "?" : ",?";
            sql += ")";
            sqlite3_prepare_v3(db_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                               nullptr);
        }
        if (statement == nullptr) return sqlite3_result_error(context, sqlite3_errmsg(db_), -1);
        for (int i = 0; i < argc; ++i) sqlite3_bind_value(statement, i + 1, argv[i]);
        if (sqlite3_step(statement) == SQLITE_ROW) {
            sqlite3_result_value(context, sqlite3_column_value(statement, 0));
        } else {
            sqlite3_result_error(context, sqlite3_errmsg(db_), -1);
        }
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }

  private:
    sqlite3* db_ = nullptr;
    std::map<std::pair<std::string, int>, sqlite3_stmt*> statements_;
};

struct DateFunction {
    const char* name;
    int time_argument;
    std::shared_ptr<DateFunctions> functions;
};

void Date(sqlite3_context* context, int argc, sqlite3_value** argv) {
    const auto* function = static_cast<DateFunction*>(sqlite3_user_data(context));
    const char* time = "now";
    if (argc > function->time_argument) {
        time = reinterpret_cast<const char*>(sqlite3_value_text(argv[function->time_argument]));
    }
    if (time != nullptr && sqlite3_stricmp(time, "now") == 0) {
        const std::string message =
            StrCat("LIVE_REFUSED: ", function->name,
                   "() of the present time has no stable result; pass the time as a parameter");
        return sqlite3_result_error(context, message.c_str(), -1);
    }
    function->functions->Call(function->name, context, argc, argv);
}

void DropDate(void* function) { delete static_cast<DateFunction*>(function); }

}  // namespace

Status InstallLiveFunctions(sqlite3* db) {
    constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int code = sqlite3_create_function_v2(db, "blasty_key", -1, kFlags, nullptr, Key, nullptr,
                                          nullptr, nullptr);
    if (code != SQLITE_OK) return SqlError(db, code);
    const auto functions = std::make_shared<DateFunctions>();
    constexpr std::array<std::pair<const char*, int>, 6> kDates = {{{"date", 0},
                                                                    {"time", 0},
                                                                    {"datetime", 0},
                                                                    {"julianday", 0},
                                                                    {"unixepoch", 0},
                                                                    {"strftime", 1}}};
    for (const auto& [name, time_argument] : kDates) {
        code = sqlite3_create_function_v2(db, name, -1, kFlags,
                                          new DateFunction{name, time_argument, functions}, Date,
                                          nullptr, nullptr, DropDate);
        if (code != SQLITE_OK) return SqlError(db, code);
    }
    return OkStatus();
}

}  // namespace blasty::live::internal
