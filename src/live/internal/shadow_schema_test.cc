#include "live/internal/shadow_schema.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

using tables::Row;
using tables::Text;

class ShadowSchemaTest : public ::testing::Test {
  protected:
    ShadowSchemaTest() {
        EXPECT_TRUE(InstallLiveFunctions(tables_.db()).ok());
        tables_.Run("INSERT INTO users VALUES (1, 'Ged', 20), (2, 'tenar', 30), (3, NULL, 40)");
        tables_.Run("INSERT INTO pairs VALUES ('a', 1, 'x'), ('A', 1, 'y')");
    }
    std::vector<std::string> Rows(const std::string& sql) {
        std::vector<std::string> rows;
        EXPECT_TRUE(tables_.Select(sql, {}, &rows)) << sql << ": " << sqlite3_errmsg(tables_.db());
        return rows;
    }
    Status Install(ShadowSchema::Mode mode) {
        shadow_ = std::make_unique<ShadowSchema>(tables_.db(), mode);
        return shadow_->Install(*tables_.schema());
    }

    TestTables tables_{
        {"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, "
         "age INT)",
         "CREATE TABLE pairs(a TEXT, b INT, c, PRIMARY KEY (b, a)) WITHOUT ROWID",
         "CREATE VIEW grown AS SELECT name FROM users WHERE age > 25"}};
    std::unique_ptr<ShadowSchema> shadow_;
};

TEST_F(ShadowSchemaTest, KeyedViewsHaveKeys) {
    ASSERT_TRUE(Install(ShadowSchema::Mode::kKeyed).ok());
    const auto rows =
        Rows("SELECT __blasty_key_users, name FROM users WHERE name = 'GED' ORDER BY 1");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0],
              tables::EncodeRow({tables::Blob{tables::EncodeRow({int64_t{1}})}, Text{"Ged"}}));
    EXPECT_EQ(Rows("SELECT __blasty_key_pairs FROM pairs WHERE c = 'y'")[0],
              tables::EncodeRow({tables::Blob{tables::EncodeRow({int64_t{1}, Text{"A"}})}}));
    // Not matched in a LEFT JOIN: no key.
    EXPECT_EQ(Rows("SELECT __blasty_key_pairs FROM users LEFT JOIN pairs ON b = id + 5").at(0),
              tables::EncodeRow({tables::Null()}));
    ASSERT_TRUE(shadow_->Clear().ok());
    EXPECT_EQ(Rows("SELECT * FROM users WHERE id = 1")[0],
              tables::EncodeRow({int64_t{1}, Text{"Ged"}, int64_t{20}}));
}

TEST_F(ShadowSchemaTest, AsOfShowsOlderRows) {
    for (const auto mode : {ShadowSchema::Mode::kAsOf, ShadowSchema::Mode::kAsOfKeyed}) {
        ASSERT_TRUE(Install(mode).ok());
        const tables::Table& users = tables_.table("users");
        const auto key = [](int64_t id) { return tables::EncodeRow({id}); };
        // 1 had another name, 2 was not there, 4 is gone since.
        ASSERT_TRUE(
            shadow_
                ->Overlay(users, key(1), tables::EncodeRow({int64_t{1}, Text{"Duny"}, int64_t{7}}))
                .ok());
        ASSERT_TRUE(shadow_->Overlay(users, key(2), "").ok());
        ASSERT_TRUE(shadow_
                        ->Overlay(users, key(4),
                                  tables::EncodeRow({int64_t{4}, Text{"Ogion"}, int64_t{60}}))
                        .ok());
        EXPECT_EQ(Rows("SELECT id, name FROM users ORDER BY id"),
                  (std::vector<std::string>{tables::EncodeRow({int64_t{1}, Text{"Duny"}}),
                                            tables::EncodeRow({int64_t{3}, tables::Null()}),
                                            tables::EncodeRow({int64_t{4}, Text{"Ogion"}})}));
        EXPECT_EQ(Rows("SELECT id FROM users WHERE name = 'DUNY'").size(), 1u) << "its collation";
        EXPECT_EQ(Rows("SELECT id FROM users WHERE age = '60'").size(), 1u) << "its affinity";
        EXPECT_EQ(Rows("SELECT id FROM users WHERE age = '40'").size(), 1u);
        if (mode == ShadowSchema::Mode::kAsOf) {
            EXPECT_EQ(Rows("SELECT * FROM grown"),
                      (std::vector<std::string>{tables::EncodeRow({tables::Null()}),
                                                tables::EncodeRow({Text{"Ogion"}})}));
        } else {
            EXPECT_EQ(Rows("SELECT __blasty_key_users FROM users WHERE id = 4")[0],
                      tables::EncodeRow({tables::Blob{key(4)}}));
        }
        ASSERT_TRUE(shadow_->ClearOverlay().ok());
        EXPECT_EQ(Rows("SELECT * FROM users").size(), 3u);
    }
}

TEST_F(ShadowSchemaTest, DatesOfTheArgumentsOnly) {
    EXPECT_EQ(Rows("SELECT date('2024-02-28', '+1 day'), strftime('%Y', 0, 'unixepoch')")[0],
              tables::EncodeRow({Text{"2024-02-29"}, Text{"1970"}}));
    EXPECT_EQ(Rows("SELECT date(NULL), unixepoch('1970-01-02'), julianday('bad')")[0],
              tables::EncodeRow({tables::Null(), int64_t{86400}, tables::Null()}));
    for (const char* sql : {"SELECT date('NOW')", "SELECT time()", "SELECT strftime('%s')",
                            "SELECT datetime(x'6e6f77')", "SELECT julianday('now', '+1 day')"}) {
        std::vector<std::string> rows;
        EXPECT_FALSE(tables_.Select(sql, {}, &rows)) << sql;
        EXPECT_EQ(std::string(sqlite3_errmsg(tables_.db())).rfind("LIVE_REFUSED: ", 0), 0u) << sql;
    }
}

}  // namespace
}  // namespace blasty::live::internal
