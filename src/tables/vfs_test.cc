// SQLite on our file system: what it does, with many connections, and when the disk fails.
#include "tables/internal/vfs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/mutex.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "tables/internal/test_file.h"

namespace blasty::tables::internal {
namespace {

// Fails the `at`-th read from now on, once.
class FailingReads : public io::FileSystem {
  public:
    explicit FailingReads(io::FileSystem& below) : below_(below) {}
    void FailAt(uint64_t at) {
        reads_ = 0;
        at_ = at;
    }
    bool failed() const { return reads_ >= at_; }

    Result<std::unique_ptr<io::File>> Open(const std::string& path, io::OpenMode mode) override {
        BLASTY_ASSIGN_OR_RETURN(auto file, below_.Open(path, mode));
        return std::make_unique<ReadFile>(*this, std::move(file));
    }
    Status Rename(const std::string& from, const std::string& to) override {
        return below_.Rename(from, to);
    }
    Status Remove(const std::string& path) override { return below_.Remove(path); }
    Result<std::vector<io::DirectoryEntry>> List(const std::string& directory) override {
        return below_.List(directory);
    }
    Status MakeDirectories(const std::string& directory) override {
        return below_.MakeDirectories(directory);
    }
    Status SyncDirectory(const std::string& directory) override {
        return below_.SyncDirectory(directory);
    }
    Result<std::unique_ptr<io::DirectoryLock>> Lock(const std::string& directory) override {
        return below_.Lock(directory);
    }
    Result<uint64_t> FreeBytes(const std::string& directory) override {
        return below_.FreeBytes(directory);
    }

  private:
    class ReadFile : public io::File {
      public:
        ReadFile(FailingReads& fs, std::unique_ptr<io::File> below)
            : fs_(fs), below_(std::move(below)) {}
        Result<size_t> ReadAt(uint64_t offset, size_t size, char* out) const override {
            if (++fs_.reads_ == fs_.at_)
                return MakeError(StatusCode::kUnavailable, "IO_ERROR", "reading: a bad sector");
            return below_->ReadAt(offset, size, out);
        }
        Status WriteAt(uint64_t offset, std::string_view data) override {
            return below_->WriteAt(offset, data);
        }
        Status Sync() override { return below_->Sync(); }
        Result<uint64_t> Size() const override { return below_->Size(); }
        Status Allocate(uint64_t size) override { return below_->Allocate(size); }
        Status Truncate(uint64_t size) override { return below_->Truncate(size); }

      private:
        FailingReads& fs_;
        const std::unique_ptr<io::File> below_;
    };

    io::FileSystem& below_;
    std::atomic<uint64_t> reads_{0};
    std::atomic<uint64_t> at_{UINT64_MAX};
};

Status Checkpoint(Handle& handle, int mode) {
    const int code = sqlite3_wal_checkpoint_v2(handle.db(), "main", mode, nullptr, nullptr);
    return code == SQLITE_OK ? OkStatus() : handle.Error(code);
}

TEST(Vfs, SettingsAreInForce) {
    io::MemoryFileSystem fs;
    TestFile file(fs);
    ASSERT_TRUE(file.status().ok()) << file.status();
    auto mode = file.writer().Cached("PRAGMA journal_mode", Access::kInternal);
    ASSERT_TRUE(mode.ok() && *mode->Step());
    EXPECT_EQ(mode->Column(0).bytes, "wal");
    EXPECT_EQ(file.Number("PRAGMA synchronous"), 1);
    EXPECT_EQ(file.Number("PRAGMA foreign_keys"), 1);
    EXPECT_EQ(file.Number("PRAGMA wal_autocheckpoint"), 0);
    EXPECT_EQ(file.Number("PRAGMA temp_store"), 2);
}

TEST(Vfs, ASnapshotStandsStillWhileOneWrites) {
    io::MemoryFileSystem fs;
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)").ok());
    const auto reader = file.OpenReader();
    ASSERT_TRUE(reader->Execute("BEGIN").ok());
    EXPECT_EQ(TestFile::NumberOf(*reader, "SELECT count(*) FROM t"), 1);
    ASSERT_TRUE(file.Run("INSERT INTO t VALUES(2)").ok());
    EXPECT_EQ(TestFile::NumberOf(*reader, "SELECT count(*) FROM t"), 1);
    // A checkpoint moves only what nobody looks at in the WAL.
    EXPECT_TRUE(Checkpoint(file.writer(), SQLITE_CHECKPOINT_PASSIVE).ok());
    EXPECT_EQ(TestFile::NumberOf(*reader, "SELECT count(*) FROM t"), 1);
    ASSERT_TRUE(reader->Execute("COMMIT").ok());
    EXPECT_EQ(TestFile::NumberOf(*reader, "SELECT count(*) FROM t"), 2);
    EXPECT_GT(file.vfs().SizeOf(StrCat(kTestPath, "-wal")), 0u);
    EXPECT_TRUE(Checkpoint(file.writer(), SQLITE_CHECKPOINT_TRUNCATE).ok());
    EXPECT_EQ(file.vfs().SizeOf(StrCat(kTestPath, "-wal")), 0u);
    EXPECT_EQ(TestFile::NumberOf(*reader, "SELECT count(*) FROM t"), 2);
}

TEST(Vfs, AReaderCannotWriteAndHasATempSchema) {
    io::MemoryFileSystem fs;
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY)").ok());
    const auto reader = file.OpenReader();
    EXPECT_FALSE(reader->Execute("INSERT INTO t VALUES(1)").ok());
    EXPECT_TRUE(reader->Execute("CREATE TEMP TABLE mine(a); INSERT INTO mine VALUES(7)").ok());
    EXPECT_EQ(TestFile::NumberOf(*reader, "SELECT a FROM mine"), 7);
    EXPECT_FALSE(reader->Execute("SELECT load_extension('x')").ok());
}

TEST(Vfs, OnlyOneWrites) {
    io::MemoryFileSystem fs;
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY); BEGIN IMMEDIATE").ok());
    const auto other = Handle::Open(file.vfs(), {.path = kTestPath, .writable = true});
    ASSERT_TRUE(other.ok()) << other.status();
    sqlite3_busy_timeout((*other)->db(), 0);
    const Status busy = (*other)->Execute("BEGIN IMMEDIATE");
    EXPECT_EQ(ReasonOf(busy), "OVERLOADED") << busy;
    ASSERT_TRUE(file.Run("COMMIT").ok());
    EXPECT_TRUE((*other)->Execute("BEGIN IMMEDIATE; COMMIT").ok());
}

TEST(Vfs, SortsAndTemporaryFilesLeaveNothingBehind) {
    io::MemoryFileSystem fs;
    TestFile file(fs);
    ASSERT_TRUE(file.Run("PRAGMA temp_store = FILE; PRAGMA cache_size = 10;"
                         "CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB);"
                         "CREATE TEMP TABLE other(x BLOB);"
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                         " WHERE i < 3000) INSERT INTO t SELECT i, randomblob(500) FROM n;"
                         "INSERT INTO other SELECT x FROM t ORDER BY x")
                    .ok());
    EXPECT_EQ(file.Number("SELECT count(*) FROM t JOIN other ON t.x = other.x"), 3000);
    EXPECT_EQ(file.Number("SELECT count(*) FROM (SELECT x, row_number() OVER (ORDER BY x) AS n"
                          " FROM other) a JOIN (SELECT x, row_number() OVER (ORDER BY x) AS n"
                          " FROM t) b ON a.n = b.n AND a.x = b.x"),
              3000);
    const auto entries = fs.List("/db");
    ASSERT_TRUE(entries.ok());
    for (const io::DirectoryEntry& entry : *entries)
        EXPECT_TRUE(entry.name == "tables.db" || entry.name == "tables.db-wal") << entry.name;
}

TEST(Vfs, ManyReadWhileOneWrites) {
    io::MemoryFileSystem fs;
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY, x);"
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                         " WHERE i < 200) INSERT INTO t SELECT i, 0 FROM n")
                    .ok());
    std::atomic<bool> stop{false};
    Mutex mutex;
    std::string wrong;  // the first thing that was
    const auto report = [&](const std::string& what) {
        MutexLock lock(mutex);
        if (wrong.empty()) wrong = what;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            const auto reader = file.OpenReader();
            int64_t last = 0;
            while (!stop) {
                // Every row has the same value at any moment, and it never goes back.
                auto select = reader->Cached("SELECT min(x), max(x) FROM t", Access::kInternal);
                const Result<bool> row = select.ok() ? select->Step() : select.status();
                if (!row.ok()) return report(row.status().ToString());
                const int64_t low = select->Integer(0), high = select->Integer(1);
                if (low != high || low < last) report(StrCat(last, ": ", low, " to ", high));
                last = low;
            }
        });
    }
    threads.emplace_back([&] {
        const auto other = Handle::Open(file.vfs(), {.path = kTestPath, .writable = true});
        if (!other.ok()) return report(other.status().ToString());
        while (!stop) {
            const Status status = Checkpoint(**other, SQLITE_CHECKPOINT_PASSIVE);
            // Busy: the writer was just changing the header of the WAL index.
            if (!status.ok() && ReasonOf(status) != "OVERLOADED") return report(status.ToString());
        }
    });
    for (int i = 1; i <= 150; ++i) {
        const Status status = file.Run("UPDATE t SET x = x + 1");
        EXPECT_TRUE(status.ok()) << status;
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, "");
    EXPECT_TRUE(Checkpoint(file.writer(), SQLITE_CHECKPOINT_TRUNCATE).ok());
    EXPECT_EQ(file.Number("SELECT min(x) FROM t"), 150);
    EXPECT_EQ(file.Integrity(), "ok");
}

TEST(Vfs, AReadThatFailsIsAnErrorAndNothingWorse) {
    io::MemoryFileSystem memory;
    FailingReads fs(memory);
    const std::string sql = "SELECT sum(x) FROM t";
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY, x INT, y);"
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                         " WHERE i < 500) INSERT INTO t SELECT i, i, randomblob(100) FROM n")
                    .ok());
    ASSERT_TRUE(Checkpoint(file.writer(), SQLITE_CHECKPOINT_PASSIVE).ok());
    ASSERT_TRUE(file.Run("UPDATE t SET x = x + 1 WHERE id % 10 = 0").ok());
    int failures = 0;
    for (uint64_t at = 1;; ++at) {
        fs.FailAt(at);
        const auto handle = Handle::Open(file.vfs(), {.path = kTestPath});
        const int64_t sum = handle.ok() ? TestFile::NumberOf(**handle, sql) : -1;
        if (!fs.failed()) {
            EXPECT_EQ(sum, 500 * 501 / 2 + 50);
            break;
        }
        if (sum == -1) ++failures;
        // Another look tells the truth.
        fs.FailAt(UINT64_MAX);
        const auto again = Handle::Open(file.vfs(), {.path = kTestPath});
        ASSERT_TRUE(again.ok());
        ASSERT_EQ(TestFile::NumberOf(**again, sql), 500 * 501 / 2 + 50) << at;
    }
    EXPECT_GT(failures, 10);
    fs.FailAt(1);
    auto reader = Handle::Open(file.vfs(), {.path = kTestPath});
    const Status status = reader.ok() ? (*reader)->Execute("SELECT x FROM t") : reader.status();
    EXPECT_EQ(ReasonOf(status), "IO_ERROR") << status;
    EXPECT_NE(MessageOf(status).find("bad sector"), std::string_view::npos) << status;
    fs.FailAt(UINT64_MAX);
    EXPECT_EQ(file.Integrity(), "ok");
}

TEST(Vfs, AFileCutShortIsDamage) {
    io::MemoryFileSystem fs;
    {
        TestFile file(fs);
        ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY, x);"
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                             " WHERE i < 500) INSERT INTO t SELECT i, randomblob(100) FROM n")
                        .ok());
        ASSERT_TRUE(Checkpoint(file.writer(), SQLITE_CHECKPOINT_TRUNCATE).ok());
    }
    const std::string whole = *fs.Peek(kTestPath);
    ASSERT_TRUE(fs.Poke(kTestPath, whole.substr(0, whole.size() / 2)).ok());
    {
        TestFile file(fs);
        const Status status = file.Run("SELECT count(x) FROM t");
        EXPECT_EQ(ReasonOf(status), "TABLES_DAMAGED") << status;
    }
    ASSERT_TRUE(fs.Poke(kTestPath, std::string(8192, 'x')).ok());
    TestFile file(fs);
    EXPECT_EQ(ReasonOf(file.status()), "TABLES_DAMAGED") << file.status();
}

TEST(Vfs, AFullDiskUndoesTheStatement) {
    io::MemoryFileSystem fs(1 << 20);
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)").ok());
    int64_t stored = 0;
    Status status;
    while ((status = file.Run("INSERT INTO t(x) VALUES(randomblob(20000))")).ok()) ++stored;
    EXPECT_EQ(ReasonOf(status), "NO_SPACE") << status;
    EXPECT_NE(MessageOf(status).find("no space left"), std::string_view::npos) << status;
    EXPECT_EQ(file.Number("SELECT count(*) FROM t"), stored);
    EXPECT_EQ(file.Integrity(), "ok");
    EXPECT_TRUE(file.vfs().health().ok()) << "no sync failed";
}

TEST(Vfs, AfterAFailedSyncNothingIsWritten) {
    io::MemoryFileSystem memory;
    io::FaultyFileSystem fs(memory);
    TestFile file(fs);
    ASSERT_TRUE(file.Run("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)").ok());
    fs.Set({.operations = io::kSync, .at = 1});
    EXPECT_EQ(ReasonOf(Checkpoint(file.writer(), SQLITE_CHECKPOINT_PASSIVE)), "IO_ERROR");
    fs.Heal();
    EXPECT_EQ(ReasonOf(file.vfs().health()), "IO_ERROR");
    const uint64_t written = fs.count(io::kEveryOperation);
    EXPECT_FALSE(file.Run("INSERT INTO t VALUES(2)").ok());
    EXPECT_FALSE(Checkpoint(file.writer(), SQLITE_CHECKPOINT_PASSIVE).ok());
    file.CloseWriter();
    EXPECT_EQ(fs.count(io::kEveryOperation), written) << "not even when it is closed";
    TestFile again(memory);
    EXPECT_EQ(again.Number("SELECT count(*) FROM t"), 1);
}

TEST(Vfs, TimeIsTheClocks) {
    io::MemoryFileSystem fs;
    const ManualClock clock(1'700'000'000'123'000);
    TestFile file(fs, clock);
    ASSERT_TRUE(file.status().ok()) << file.status();
    EXPECT_EQ(file.Number("SELECT unixepoch('now')"), 1'700'000'000);
    EXPECT_EQ(file.Number("SELECT CURRENT_TIMESTAMP = '2023-11-14 22:13:20'"), 1);
    EXPECT_EQ(file.Number("SELECT strftime('%f', 'now') = '20.123'"), 1);
}

}  // namespace
}  // namespace blasty::tables::internal
