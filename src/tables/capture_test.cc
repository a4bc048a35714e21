// Random statements of every kind that changes rows: what the log says of them must be exactly what
// happened, and a replay of the log must give the same tables.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/random.h"
#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

const char* const kSchema[] = {
    "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, r REAL, s TEXT COLLATE NOCASE UNIQUE, x)",
    "CREATE TABLE b(k1 TEXT COLLATE NOCASE, k2 NUMERIC, v INTEGER UNIQUE ON CONFLICT REPLACE,"
    " w TEXT DEFAULT 'w', PRIMARY KEY(k2, k1))",
    "CREATE TABLE c(v, k1 INT, k2 TEXT, g AS (k1 || '-' || v) STORED, r FLOAT,"
    " PRIMARY KEY(k2, k1)) WITHOUT ROWID",
    "CREATE TABLE d(id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id) ON DELETE CASCADE"
    " ON UPDATE CASCADE, n REFERENCES a(id) ON DELETE SET NULL ON UPDATE SET NULL)",
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, what TEXT)",
    "CREATE TABLE e(k ANY PRIMARY KEY, i INTEGER, r REAL) STRICT",
    "CREATE TABLE f(id INTEGER PRIMARY KEY, x, v1 TEXT AS (x || '-' || n) VIRTUAL, n NUMERIC,"
    " v2 AS (typeof(x)), g AS (v1 || '!') STORED, r REAL, v3 REAL AS (n + 1) COLLATE NOCASE)",
    "CREATE TABLE h(v AS (lower(k1) || k2), i INTEGER, k1 TEXT, w INT AS (i * 2), r REAL,"
    " k2 TEXT COLLATE NOCASE, PRIMARY KEY(k2, k1)) WITHOUT ROWID",
    "CREATE INDEX fv ON f(v1, v3)",
    "CREATE TRIGGER a1 AFTER INSERT ON a BEGIN INSERT INTO audit(what) VALUES ('new ' || NEW.id);"
    " UPDATE b SET v = v + 1 WHERE k2 = NEW.id % 7; END",
    "CREATE TRIGGER a2 BEFORE DELETE ON a BEGIN DELETE FROM audit WHERE what = 'new ' || OLD.id;"
    " END",
    "CREATE VIEW w AS SELECT k1, k2, v FROM b",
    "CREATE TRIGGER w1 INSTEAD OF UPDATE ON w BEGIN UPDATE b SET v = NEW.v WHERE k1 = OLD.k1; END",
    "CREATE INDEX ax ON a(x, r)",
};

// %n: a small number, %v: any value, %s: a short text of either case.
const char* const kStatements[] = {
    "INSERT INTO a(r, s, x) VALUES (%n, %s, %v)",
    "INSERT OR IGNORE INTO a(id, r, s, x) VALUES (%n, %n, %s, %v), (%n, %n, %s, %v)",
    "INSERT OR REPLACE INTO a(id, s, x) VALUES (%n, %s, %v)",
    "INSERT OR FAIL INTO a(id, s, r) VALUES (%n, %s, 1), (%n, %s, 2.5)",
    "INSERT OR ROLLBACK INTO a(id, s) VALUES (%n, %s)",
    "INSERT INTO a(id, s) VALUES (%n, %s) ON CONFLICT DO UPDATE SET x = excluded.s, r = %n",
    "UPDATE a SET id = id + 100 WHERE id > %n",
    "UPDATE a SET id = id - 1 WHERE id % 5 = %n",
    "UPDATE OR REPLACE a SET s = %s WHERE id % 3 = 1",
    "UPDATE OR IGNORE a SET id = %n WHERE id % 4 = 2",
    "UPDATE a SET x = %v, r = r + %n",
    "UPDATE a SET r = x",
    "DELETE FROM a WHERE id % 6 = %n",
    "DELETE FROM a WHERE s = %s",
    "INSERT OR REPLACE INTO b VALUES (%s, %n, %n, %v)",
    "INSERT INTO b(k1, k2, v) VALUES (%s, %v, %n)",
    "INSERT INTO b(k1, k2) SELECT s, id FROM a WHERE id < %n",
    "INSERT INTO b(k1, k2, v) VALUES (%s, %n, %n) ON CONFLICT(k2, k1) DO UPDATE SET k1 = upper(k1)",
    "UPDATE b SET k1 = lower(k1), k2 = k2 + 1 WHERE v > %n",
    "UPDATE b SET v = %n WHERE k2 = %n",
    "UPDATE b SET rowid = rowid + 1000 WHERE k2 > %n",
    "UPDATE w SET v = v + 1 WHERE k2 = %n",
    "DELETE FROM b WHERE k1 > %s",
    "DELETE FROM b",
    "INSERT OR REPLACE INTO c(v, k1, k2, r) VALUES (%v, %n, %s, %n)",
    "INSERT INTO c(v, k1, k2) VALUES (%v, %n, %s) ON CONFLICT DO UPDATE SET v = excluded.v, r = 3",
    "UPDATE c SET k1 = k1 + 1 WHERE k2 > %s",
    "UPDATE OR REPLACE c SET k2 = %s WHERE k1 = %n",
    "UPDATE c SET v = %v, r = %n WHERE k1 < %n",
    "DELETE FROM c WHERE g LIKE '%n%'",
    "INSERT INTO d(a, n) SELECT id, id FROM a ORDER BY id LIMIT %n",
    "UPDATE d SET a = (SELECT max(id) FROM a) WHERE id % 3 = 0",
    "DELETE FROM d WHERE id > %n",
    "INSERT OR REPLACE INTO e VALUES (%v, %n, %n)",
    "UPDATE e SET r = i, i = %n WHERE typeof(k) = 'text'",
    "UPDATE OR IGNORE e SET k = %v",
    "DELETE FROM e WHERE i = %n",
    "INSERT OR REPLACE INTO f(id, x, n, r) VALUES (%n, %v, %n, %n), (%n, %v, %v, 1.5)",
    "INSERT INTO f(x, n) VALUES (%v, %n) ON CONFLICT DO UPDATE SET x = excluded.x",
    "UPDATE f SET x = %v WHERE v3 > %n",
    "UPDATE f SET id = id + 20, n = %v WHERE v2 = 'text'",
    "UPDATE f SET r = n, n = %n WHERE id % 3 = 1",
    "DELETE FROM f WHERE v1 LIKE '%n%'",
    "INSERT OR REPLACE INTO h(i, k1, r, k2) VALUES (%n, %s, %n, %s), (%n, %s, NULL, %s)",
    "UPDATE h SET i = i + 1, r = %n WHERE w > %n",
    "UPDATE OR REPLACE h SET k1 = upper(k1), k2 = %s WHERE v > %s",
    "DELETE FROM h WHERE k2 = %s",
    "DELETE FROM audit WHERE id % 4 = %n",
    "WITH n AS (SELECT id, s FROM a) UPDATE b SET w = n.s FROM n WHERE n.id = b.k2",
};

std::string RandomValue(Random& random) {
    static const char* const kValues[] = {
        "NULL",
        "0",
        "1",
        "-1.5",
        "3.0",
        "'abc'",
        "'ABC'",
        "x'00ff'",
        "'3'",
        "' 4 '",
        "1e300",
        "9223372036854775807",
        "'x' || char(0) || 'y'",
        "x'c328'",
        "CAST(x'ff' AS TEXT)",
        "''",
        "zeroblob(3)",
        "randomblob(4)",
        "random()",
        "'3.0'",
        "0.1",
    };
    return kValues[random.Below(std::size(kValues))];
}

std::string RandomStatement(Random& random) {
    const std::string form = kStatements[random.Below(std::size(kStatements))];
    std::string sql;
    for (size_t i = 0; i < form.size(); ++i) {
        if (form[i] != '%' || i + 1 == form.size() || !std::strchr("nvs", form[i + 1])) {
            sql += form[i];
            continue;
        }
        switch (form[++i]) {
            case 'n':
                sql += StrCat(random.Below(12));
                break;
            case 'v':
                sql += RandomValue(random);
                break;
            default:
                sql += StrCat("'",
                              static_cast<char>((random.Chance(1, 2) ? 'a' : 'A') +
                                                static_cast<char>(random.Below(6))),
                              "'");
        }
    }
    return sql;
}

using Rows = std::map<std::string, std::string>;  // encoded key -> encoded row

// The tables as the log tells them.
class FromLog {
  public:
    // Takes the commits after what it has; every old image must be what it knew.
    void Follow(Tables& tables, log::Log& log) {
        const auto cursor = log.NewCursor({.from = Next(at_)});
        for (;;) {
            const auto frame = cursor->Next();
            ASSERT_TRUE(frame.ok()) << frame.status();
            if (!*frame) break;
            const auto commit = DecodeCommit(*frame);
            ASSERT_TRUE(commit.ok()) << commit.status();
            for (const RowChange& change : commit->changes) Apply(change);
            if (commit->schema_changed) {
                // A column more: images come anew.
                for (const auto& table : tables.schema()->tables) {
                    if (table->shaped_at == commit->first) tables_.erase(table->id.value());
                }
            }
            at_ = (*frame)->last();
        }
    }
    Rows& Of(TableId id) { return tables_[id.value()]; }
    bool Has(TableId id) const { return tables_.contains(id.value()); }
    void Set(TableId id, Rows rows) { tables_[id.value()] = std::move(rows); }

  private:
    void Apply(const RowChange& change) {
        Rows& rows = tables_[change.table.value()];
        const std::string old_key(change.kind == ChangeKind::kUpdate ? change.old_key : change.key);
        if (change.kind == ChangeKind::kInsert) {
            EXPECT_FALSE(rows.contains(std::string(change.key)));
        } else {
            ASSERT_TRUE(rows.contains(old_key)) << "table " << change.table;
            EXPECT_EQ(rows[old_key], change.old_row) << "table " << change.table;
            rows.erase(old_key);
        }
        if (change.kind != ChangeKind::kDelete) rows[std::string(change.key)] = change.new_row;
    }

    Sequence at_;
    std::map<uint32_t, Rows> tables_;
};

Rows Dump(Tables& tables, const Table& table) {
    Rows rows;
    ReadRequest request;
    request.statement.sql = StrCat("SELECT * FROM ", table.name);
    auto query = tables.Read(request);
    EXPECT_TRUE(query.ok()) << query.status();
    if (!query.ok()) return rows;
    for (bool more = true; more;) {
        std::vector<std::string> encoded;
        const auto next = (*query)->Next(1000, 1 << 20, &encoded);
        EXPECT_TRUE(next.ok()) << next.status();
        more = next.ok() && *next;
        for (const std::string& row : encoded) {
            const Row values = *DecodeRow(row);
            Row key;
            for (const int column : table.key_columns)
                key.push_back(values[static_cast<size_t>(column)]);
            rows[EncodeRow(key)] = row;
        }
    }
    return rows;
}

std::map<std::string, Rows> DumpAll(Tables& tables) {
    std::map<std::string, Rows> all;
    for (const auto& table : tables.schema()->tables) all[table->name] = Dump(tables, *table);
    return all;
}

void ExpectLogTellsTables(FromLog& model, TestDatabase& db) {
    model.Follow(db.tables(), db.log());
    for (const auto& table : db.tables().schema()->tables) {
        Rows rows = Dump(db.tables(), *table);
        if (!model.Has(table->id)) model.Set(table->id, rows);
        ASSERT_EQ(model.Of(table->id), rows) << table->name;
    }
}

// Everything again from the log alone, with the same schema objects and ids.
void ExpectReplayGivesTheSame(TestDatabase& db, const io::MemoryFileSystem& fs) {
    const auto copy = fs.Clone();
    (void)copy->Remove("db/tables.db");
    (void)copy->Remove("db/tables.db-wal");
    TestDatabase again(*copy);
    ASSERT_TRUE(again.status().ok()) << again.status();
    EXPECT_EQ(DumpAll(again.tables()), DumpAll(db.tables()));
    const SchemaPtr one = db.tables().schema(), two = again.tables().schema();
    ASSERT_EQ(one->tables.size(), two->tables.size());
    for (size_t i = 0; i < one->tables.size(); ++i) {
        EXPECT_EQ(one->tables[i]->id, two->tables[i]->id);
        EXPECT_EQ(one->tables[i]->sql, two->tables[i]->sql);
        EXPECT_EQ(one->tables[i]->shaped_at, two->tables[i]->shaped_at);
    }
    EXPECT_EQ(one->others.size(), two->others.size());
}

void RunSeed(uint64_t seed, int groups) {
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    io::MemoryFileSystem fs;
    TestDatabase db(fs);
    ASSERT_TRUE(db.status().ok()) << db.status();
    for (const char* sql : kSchema) db.Must(sql);
    FromLog model;
    int added = 0;
    size_t failed = 0, done = 0;
    for (int round = 0; round < groups; ++round) {
        std::string said;
        Group group(db.tables());
        const uint64_t requests = 1 + random.Below(5);
        for (uint64_t i = 0; i < requests; ++i) {
            WriteRequest request;
            for (uint64_t n = 1 + random.Below(3); n > 0; --n) {
                request.statements.push_back({RandomStatement(random), {}, {}});
                StrAppend(said, request.statements.back().sql, "; ");
            }
            said += "\n";
            group.Add(request);
        }
        if (random.Chance(1, 25)) {
            const char* const defaults[] = {"", " DEFAULT 5", " REAL DEFAULT 2",
                                            " TEXT AS (rtrim('y ')) VIRTUAL"};
            said = StrCat("ALTER TABLE ", static_cast<char>('a' + static_cast<char>(added % 6)),
                          " ADD COLUMN z", added, defaults[random.Below(4)]);
            if (added % 6 != 4) group.Add(said);
            ++added;
        }
        group.Run();
        for (size_t i = 0; i < group.size(); ++i) ++(group[i].ok() ? done : failed);
        SCOPED_TRACE(StrCat("round ", round, ": ", said));
        ExpectLogTellsTables(model, db);
        if (testing::Test::HasFailure()) return;
        if (random.Chance(1, 20)) {
            db.Restart();
            ASSERT_TRUE(db.status().ok()) << db.status();
        }
        if (random.Chance(1, 10)) ExpectReplayGivesTheSame(db, fs);
        if (testing::Test::HasFailure()) return;
    }
    ExpectReplayGivesTheSame(db, fs);
    EXPECT_GT(done, 10u);
    EXPECT_GT(failed, 0u);
}

TEST(Capture, TheLogTellsExactlyWhatHappenedAndReplaysToTheSame) {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        RunSeed(seed, 60);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::tables
