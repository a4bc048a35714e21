// Power cuts and failing disks under SQLite, at every operation.
#include <gtest/gtest.h>

#include "base/random.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "tables/internal/test_file.h"

namespace blasty::tables::internal {
namespace {

constexpr int kTransactions = 12;

// What was done to a file: transaction n sets the counter to n, adds rows and changes others.
struct Progress {
    int committed = 0;  // of the last one that was acknowledged
    int durable = 0;    // of the last one before a checkpoint that was acknowledged
    int attempted = 0;
};

Status OneTransaction(TestFile& file, int n) {
    const Status status =
        file.Run(StrCat("BEGIN IMMEDIATE;"
                        "INSERT INTO t(n, x) VALUES(",
                        n, ", randomblob(1500)), (", n, ", randomblob(3000)), (", n,
                        ", 'x');"
                        "UPDATE t SET x = x || 'y' WHERE id % 7 = ",
                        n % 7,
                        ";"
                        "UPDATE counter SET n = ",
                        n,
                        " WHERE id = 1;"
                        "COMMIT"));
    if (!status.ok()) static_cast<void>(file.Run("ROLLBACK"));
    return status;
}

Status Checkpoint(TestFile& file, int mode) {
    const int code = sqlite3_wal_checkpoint_v2(file.writer().db(), "main", mode, nullptr, nullptr);
    return code == SQLITE_OK ? OkStatus() : file.writer().Error(code);
}

Status CreateTables(TestFile& file) {
    BLASTY_RETURN_IF_ERROR(file.status());
    return file.Run(
        "BEGIN; CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, n INT, x);"
        "CREATE INDEX IF NOT EXISTS t_n ON t(n);"
        "CREATE TABLE IF NOT EXISTS counter(id INTEGER PRIMARY KEY, n INT);"
        "INSERT OR IGNORE INTO counter VALUES(1, 0); COMMIT");
}

// Until the first error.
void Work(io::FileSystem& fs, Progress* progress) {
    TestFile file(fs);
    if (!CreateTables(file).ok()) return;
    for (int n = 1; n <= kTransactions; ++n) {
        progress->attempted = n;
        if (!OneTransaction(file, n).ok()) return;
        progress->committed = n;
        if (n % 4 != 0) continue;
        const int mode = n % 8 == 0 ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
        if (!Checkpoint(file, mode).ok()) return;
        progress->durable = progress->committed;
    }
}

// A prefix of the transactions, whole, and at least the durable ones.
void Verify(io::FileSystem& fs, const Progress& progress, bool exactly) {
    TestFile file(fs);
    ASSERT_TRUE(file.status().ok()) << file.status();
    ASSERT_EQ(file.Integrity(), "ok");
    ASSERT_TRUE(CreateTables(file).ok());
    const int64_t last = file.Number("SELECT n FROM counter");
    ASSERT_GE(last, progress.durable);
    ASSERT_LE(last, progress.attempted);
    if (exactly) {
        ASSERT_EQ(last, progress.committed);
    }
    ASSERT_EQ(file.Number("SELECT count(*) FROM t"), 3 * last);
    ASSERT_EQ(file.Number("SELECT count(DISTINCT n) FROM t"), last);
    // And it can be used.
    ASSERT_TRUE(OneTransaction(file, static_cast<int>(last) + 1).ok());
    ASSERT_TRUE(Checkpoint(file, SQLITE_CHECKPOINT_TRUNCATE).ok());
    ASSERT_EQ(file.Integrity(), "ok");
}

uint64_t OperationsInAll() {
    io::MemoryFileSystem memory;
    io::FaultyFileSystem fs(memory);
    Progress progress;
    Work(fs, &progress);
    EXPECT_EQ(progress.committed, kTransactions);
    return fs.count(io::kEveryOperation);
}

TEST(VfsCrash, PowerCutAtEveryOperation) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(seed);
    Random random(seed);
    const uint64_t operations = OperationsInAll();
    EXPECT_GT(operations, 100u);
    constexpr io::CrashMode kModes[] = {io::CrashMode::kKeep, io::CrashMode::kLose,
                                        io::CrashMode::kGarble, io::CrashMode::kMix};
    for (uint64_t at = 1; at <= operations; ++at) {
        const io::CrashMode mode = kModes[random.Below(4)];
        const uint64_t crash_seed = random.Next();
        SCOPED_TRACE(
            StrCat("operation ", at, ", mode ", static_cast<int>(mode), ", seed ", crash_seed));
        io::MemoryFileSystem memory;
        io::FaultyFileSystem fs(memory);
        fs.Set({.at = at,
                .kind = random.Chance(1, 2) ? io::FaultKind::kShort : io::FaultKind::kIoError,
                .and_all_later = true});
        Progress progress;
        Work(fs, &progress);
        memory.Crash(mode, crash_seed);
        Verify(memory, progress, false);
        if (::testing::Test::HasFatalFailure()) return;
    }
}

TEST(VfsCrash, KilledAtEveryOperation) {
    const uint64_t operations = OperationsInAll();
    for (uint64_t at = 1; at <= operations; at += 2) {
        SCOPED_TRACE(at);
        io::MemoryFileSystem memory;
        io::FaultyFileSystem fs(memory);
        fs.Set({.at = at, .kind = io::FaultKind::kShort, .and_all_later = true});
        Progress progress;
        Work(fs, &progress);
        // The system lives: what was written is there. Everything acknowledged is, too.
        progress.durable = progress.committed;
        Verify(memory, progress, false);
        if (::testing::Test::HasFatalFailure()) return;
    }
}

TEST(VfsCrash, EveryOperationFailsOnce) {
    const uint64_t operations = OperationsInAll();
    constexpr io::FaultKind kKinds[] = {io::FaultKind::kIoError, io::FaultKind::kNoSpace,
                                        io::FaultKind::kShort};
    for (uint64_t at = 1; at <= operations; ++at) {
        const io::FaultKind kind = kKinds[at % 3];
        SCOPED_TRACE(StrCat("operation ", at, ", kind ", static_cast<int>(kind)));
        io::MemoryFileSystem memory;
        io::FaultyFileSystem fs(memory);
        fs.Set({.at = at, .kind = kind});
        Progress progress;
        {
            TestFile file(fs);
            if (CreateTables(file).ok()) {
                int n = 1;
                for (int i = 0; i < kTransactions; ++i) {
                    progress.attempted = n;
                    if (OneTransaction(file, n).ok()) progress.committed = n++;
                    if (i % 4 == 3) static_cast<void>(Checkpoint(file, SQLITE_CHECKPOINT_TRUNCATE));
                }
                ASSERT_EQ(file.Integrity(), "ok");
                ASSERT_EQ(file.Number("SELECT n FROM counter"), progress.committed);
            }
        }
        progress.durable = progress.committed;
        Verify(memory, progress, true);
        if (::testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::tables::internal
