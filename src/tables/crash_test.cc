// Power cuts and failing disks under the log and SQLite at once: after a restart the tables equal
// the log, every acknowledged request is there, and the others are there whole or not at all.
#include <gtest/gtest.h>

#include <vector>

#include "io/faulty_file_system.h"
#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

constexpr int64_t kRequests = 24;

log::LogOptions SmallLog() {
    log::LogOptions options = ManualLog();
    options.segment_bytes = 32 << 10;
    return options;
}

WriteRequest Numbered(int64_t number) {
    WriteRequest request =
        Request("INSERT INTO t VALUES (?1, 1, zeroblob(300)), (?1, 2, 0)", {number});
    request.statements.push_back({"UPDATE counter SET n = n + 1, last = ?1", {number}, {}});
    request.statements.push_back({"DELETE FROM t WHERE a = ?1 - 5 AND b = 2", {number}, {}});
    request.id = StrCat("request ", number);
    return request;
}

// Which requests were acknowledged. Stops at the first that is not.
struct Told {
    bool schema = false;
    int64_t acknowledged = 0;
};

Told RunScript(io::FileSystem& fs) {
    Told told;
    TestDatabase db(fs, ManualTables(), SmallLog());
    if (!db.status().ok()) return told;
    WriteRequest schema =
        Request("CREATE TABLE t(a INTEGER, b INTEGER, v, PRIMARY KEY(a, b)) WITHOUT ROWID");
    schema.statements.push_back({"CREATE TABLE counter(id INTEGER PRIMARY KEY, n, last)", {}, {}});
    if (!db.Run(schema).ok()) return told;
    if (!db.Run("INSERT INTO counter VALUES (1, 0, 0)").ok()) return told;
    told.schema = true;
    for (int64_t number = 1; number <= kRequests;) {
        // Requests alone, in groups, and checkpoints and restarts between them.
        Group group(db.tables());
        const int64_t count = 1 + number % 3;
        for (int64_t i = 0; i < count; ++i) group.Add(Numbered(number + i));
        group.Run();
        for (int64_t i = 0; i < count; ++i) {
            if (!group[static_cast<size_t>(i)].ok()) return told;
            told.acknowledged = number + i;
        }
        number += count;
        if (number % 4 == 0 && !db.tables().Checkpoint().ok()) return told;
        if (number % 7 == 0) {
            db.Restart();
            if (!db.status().ok()) return told;
        }
    }
    return told;
}

std::string Everything(TestDatabase& db) {
    return db.Ask("SELECT * FROM t ORDER BY a, b") + "/" + db.Ask("SELECT * FROM counter") + "/" +
           db.Ask("SELECT name FROM sqlite_schema WHERE name NOT LIKE '~_~_%' ESCAPE '~'");
}

void Check(io::MemoryFileSystem& fs, const Told& told) {
    TestDatabase db(fs, ManualTables(), SmallLog());
    ASSERT_TRUE(db.status().ok()) << db.status();
    if (!told.schema) {
        if (db.tables().schema()->tables.empty()) return;
        ASSERT_EQ(db.tables().schema()->tables.size(), 2u);
    }
    if (db.Ask("SELECT count(*) FROM counter") == "0") {
        EXPECT_EQ(told.acknowledged, 0);
        return;
    }
    const auto counted = db.Run("SELECT n, last FROM counter");
    ASSERT_TRUE(counted.ok()) << counted.status();
    const int64_t n = std::get<int64_t>(counted->results[0].rows[0][0]);
    EXPECT_EQ(n, std::get<int64_t>(counted->results[0].rows[0][1]));
    EXPECT_GE(n, told.acknowledged);
    std::string wanted;
    for (int64_t a = 1; a <= n; ++a) {
        StrAppend(wanted, wanted.empty() ? "" : "|", a, ",1");
        if (a > n - 5) StrAppend(wanted, "|", a, ",2");
    }
    EXPECT_EQ(db.Ask("SELECT a, b FROM t ORDER BY a, b"), wanted);
    // The log alone says the same.
    const auto copy = fs.Clone();
    (void)copy->Remove("db/tables.db");
    (void)copy->Remove("db/tables.db-wal");
    TestDatabase again(*copy, ManualTables(), SmallLog());
    ASSERT_TRUE(again.status().ok()) << again.status();
    EXPECT_EQ(Everything(again), Everything(db));
    EXPECT_EQ(again.tables().schema()->changed_at, db.tables().schema()->changed_at);
    // Requests are remembered, and life goes on.
    for (const int64_t number : {told.acknowledged, n}) {
        if (number == 0) continue;
        const auto repeated = db.Run(Numbered(number));
        ASSERT_TRUE(repeated.ok()) << repeated.status();
        EXPECT_TRUE(repeated->duplicate) << number;
    }
    const auto next = db.Run(Numbered(n + 1));
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_FALSE(next->duplicate);
}

// Operations of an undisturbed run.
uint64_t OperationsOfScript() {
    io::MemoryFileSystem fs;
    io::FaultyFileSystem faulty(fs);
    EXPECT_EQ(RunScript(faulty).acknowledged, kRequests);
    return faulty.count(io::kEveryOperation);
}

void Sweep(io::CrashMode mode, uint64_t first, uint64_t step, uint64_t seed) {
    const uint64_t operations = OperationsOfScript();
    ASSERT_GT(operations, 100u);
    for (uint64_t at = first; at <= operations; at += step) {
        SCOPED_TRACE(StrCat("power cut at operation ", at, " of ", operations, ", seed ", seed));
        io::MemoryFileSystem fs;
        Told told;
        {
            io::FaultyFileSystem faulty(fs);
            faulty.Set({.at = at, .kind = io::FaultKind::kShort, .and_all_later = true});
            told = RunScript(faulty);
        }
        fs.Crash(mode, seed + at);
        Check(fs, told);
        if (testing::Test::HasFailure()) return;
    }
}

TEST(TablesCrash, KilledAtAnyOperation) { Sweep(io::CrashMode::kKeep, 1, 3, 1); }
TEST(TablesCrash, PowerCutThatLosesWhatWasNotSynced) { Sweep(io::CrashMode::kLose, 2, 3, 2); }
TEST(TablesCrash, PowerCutThatGarblesWhatWasNotSynced) { Sweep(io::CrashMode::kGarble, 3, 3, 3); }
TEST(TablesCrash, PowerCutThatMixesBoth) { Sweep(io::CrashMode::kMix, 1, 2, 4); }

TEST(TablesCrash, OneFailingOperationStopsAtMostUntilTheRestart) {
    const uint64_t operations = OperationsOfScript();
    for (uint64_t at = 1; at <= operations; at += 9) {
        for (const auto kind : {io::FaultKind::kIoError, io::FaultKind::kNoSpace}) {
            SCOPED_TRACE(StrCat("operation ", at, " of ", operations, " fails"));
            io::MemoryFileSystem fs;
            Told told;
            {
                io::FaultyFileSystem faulty(fs);
                faulty.Set({.at = at, .kind = kind});
                told = RunScript(faulty);
            }
            Check(fs, told);
            if (HasFailure()) return;
        }
    }
}

}  // namespace
}  // namespace blasty::tables
