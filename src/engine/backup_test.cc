// Backups of a running database, and what restoring makes of them: equal tables and topics at the
// sequence of the archive, and damage refused by place.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "base/random.h"
#include "base/strings.h"
#include "engine/engine.h"
#include "exec/worker_pool.h"
#include "io/memory_file_system.h"

namespace blasty::engine {
namespace {

using tables::Statement;
using tables::WriteRequest;

WriteRequest Write(const std::string& sql, tables::Row parameters = {}) {
    WriteRequest request;
    request.statements.push_back({sql, std::move(parameters), {}});
    return request;
}

BackupSource SourceOf(const std::string& archive) {
    return [&archive, at = size_t{0}](char* out, size_t size) mutable -> Result<size_t> {
        const size_t n = archive.copy(out, size, std::min(at, archive.size()));
        at += n;
        return n;
    };
}

class BackupTest : public testing::Test {
  protected:
    BackupTest() {
        options_.data_directory = "data";
        options_.topics.log.segment_bytes = 256 << 10;
    }
    std::unique_ptr<Engine> Open(const std::string& directory = "data") {
        EngineOptions options = options_;
        options.data_directory = directory;
        auto engine = Engine::Open(disk_, options, pool_, SystemClock());
        EXPECT_TRUE(engine.ok()) << engine.status();
        return engine.ok() ? *std::move(engine) : nullptr;
    }
    Result<BackupInfo> Backup(Engine& engine) {
        archive_.clear();
        return engine.Backup([this](std::string_view bytes, uint64_t total) {
            EXPECT_GE(total, archive_.size() + bytes.size());
            archive_ += bytes;
            return OkStatus();
        });
    }
    Result<BackupInfo> Restore(const std::string& directory) {
        RestoreOptions options;
        options.data_directory = directory;
        return RestoreBackup(disk_, SourceOf(archive_), options, pool_, SystemClock());
    }
    static std::vector<std::string> Rows(Engine& engine, const std::string& sql) {
        tables::ReadRequest request;
        request.statement.sql = sql;
        std::vector<std::string> rows;
        auto query = engine.tables().Read(request);
        EXPECT_TRUE(query.ok()) << query.status();
        while (query.ok()) {
            const auto more = (*query)->Next(1000, 1 << 20, &rows);
            EXPECT_TRUE(more.ok()) << more.status();
            if (!more.ok() || !*more) break;
        }
        return rows;
    }
    static void Do(Engine& engine, const std::string& sql, tables::Row parameters = {}) {
        const auto done = engine.tables().ExecuteAndWait(Write(sql, std::move(parameters)));
        ASSERT_TRUE(done.ok()) << done.status();
    }
    static void Publish(Engine& engine, const std::string& payload) {
        topics::NewMessage message;
        message.payload = payload;
        engine.topics().Publish("t", std::span<const topics::NewMessage>(&message, 1),
                                [](const auto& result) { EXPECT_TRUE(result.ok()); });
    }

    io::MemoryFileSystem disk_;
    exec::WorkerPool pool_{{"backup-test", 3}};
    EngineOptions options_;
    std::string archive_;
};

TEST_F(BackupTest, RestoresTablesAndTopics) {
    auto engine = Open();
    ASSERT_NE(engine, nullptr);
    Do(*engine, "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)");
    for (int64_t i = 1; i <= 100; ++i) {
        Do(*engine, "INSERT INTO users VALUES(?1, ?2)", {i, tables::Text{StrCat("name", i)}});
    }
    Publish(*engine, "one");
    Publish(*engine, "two");
    Do(*engine, "DELETE FROM users WHERE id % 3 = 0");
    const auto expected = Rows(*engine, "SELECT * FROM users ORDER BY id");
    const auto info = Backup(*engine);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->sequence, engine->topics().stats().log.last);
    EXPECT_EQ(info->bytes, archive_.size());
    // What comes later is not in it.
    Do(*engine, "DELETE FROM users");
    engine.reset();
    const auto restored = Restore("copy");
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->sequence, info->sequence);
    engine = Open("copy");
    ASSERT_NE(engine, nullptr);
    EXPECT_EQ(engine->topics().stats().log.last, info->sequence);
    EXPECT_EQ(Rows(*engine, "SELECT * FROM users ORDER BY id"), expected);
    EXPECT_EQ(engine->topics().GetTopic("t")->messages, 2u);
    Do(*engine, "INSERT INTO users VALUES(1000, 'after')");
}

TEST_F(BackupTest, StandsAtOneSequenceUnderLoad) {
    auto engine = Open();
    ASSERT_NE(engine, nullptr);
    Do(*engine, "CREATE TABLE n(id INTEGER PRIMARY KEY, v INTEGER)");
    std::atomic<bool> stop = false;
    // Every commit puts one row into `n` with its sequence order in `v`; a copy at one sequence
    // holds rows 1…k without a hole, and the messages published before each.
    std::thread writer([&] {
        for (int64_t i = 1; !stop; ++i) {
            Publish(*engine, std::string(2000, 'x'));
            Do(*engine, "INSERT INTO n VALUES(?1, ?1)", {i});
        }
    });
    for (int round = 0; round < 3; ++round) {
        while (engine->tables().stats().commits < static_cast<uint64_t>(50 * (round + 1))) {
            std::this_thread::yield();
        }
        const auto info = Backup(*engine);
        ASSERT_TRUE(info.ok()) << info.status();
        const std::string directory = StrCat("copy", round);
        const auto restored = Restore(directory);
        ASSERT_TRUE(restored.ok()) << restored.status();
        auto copy = Open(directory);
        ASSERT_NE(copy, nullptr);
        const Sequence last = copy->topics().stats().log.last;
        EXPECT_EQ(last, info->sequence);
        const auto rows = Rows(*copy, "SELECT count(*), max(id) FROM n");
        ASSERT_EQ(rows.size(), 1u);
        const auto row = tables::DecodeRow(rows[0]);
        ASSERT_TRUE(row.ok());
        EXPECT_EQ((*row)[0], (*row)[1]);
        const auto count = static_cast<uint64_t>(std::get<int64_t>((*row)[0]));
        EXPECT_GE(count, 50u);
        const uint64_t messages = copy->topics().GetTopic("t")->messages;
        EXPECT_TRUE(messages == count || messages == count + 1) << messages << " " << count;
    }
    stop = true;
    writer.join();
}

TEST_F(BackupTest, RefusesADirectoryThatIsNotEmpty) {
    auto engine = Open();
    ASSERT_NE(engine, nullptr);
    ASSERT_TRUE(Backup(*engine).ok());
    engine.reset();
    EXPECT_EQ(ReasonOf(Restore("data").status()), "DIRECTORY_NOT_EMPTY");
}

TEST_F(BackupTest, RunsOneAtATime) {
    auto engine = Open();
    ASSERT_NE(engine, nullptr);
    const auto info = engine->Backup([&](std::string_view, uint64_t) {
        return engine->Backup([](std::string_view, uint64_t) { return OkStatus(); }).status();
    });
    EXPECT_EQ(ReasonOf(info.status()), "BACKUP_RUNNING");
    EXPECT_TRUE(Backup(*engine).ok());
}

TEST_F(BackupTest, RefusesEveryDamage) {
    auto engine = Open();
    ASSERT_NE(engine, nullptr);
    Do(*engine, "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)");
    Publish(*engine, "one");
    ASSERT_TRUE(Backup(*engine).ok());
    engine.reset();
    const std::string whole = archive_;
    ASSERT_TRUE(VerifyBackup(SourceOf(whole)).ok());
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    for (int i = 0; i < 300; ++i) {
        archive_ = whole;
        const size_t at = random.Below(whole.size());
        archive_[at] = static_cast<char>(archive_[at] ^ (1 << random.Below(8)));
        const Status status = VerifyBackup(SourceOf(archive_)).status();
        EXPECT_FALSE(status.ok()) << "flipped a bit at " << at;
        EXPECT_TRUE(ReasonOf(status) == "BACKUP_DAMAGED" ||
                    ReasonOf(status) == "BACKUP_VERSION_UNKNOWN")
            << status;
        EXPECT_NE(MessageOf(status).find("offset"), std::string_view::npos) << status;
    }
    for (int i = 0; i < 100; ++i) {
        archive_ = whole.substr(0, random.Below(whole.size()));
        EXPECT_EQ(ReasonOf(VerifyBackup(SourceOf(archive_)).status()), "BACKUP_DAMAGED");
    }
    archive_ = whole + "x";
    EXPECT_EQ(ReasonOf(VerifyBackup(SourceOf(archive_)).status()), "BACKUP_DAMAGED");
    // A refused archive leaves nothing, so that a good one can follow.
    archive_ = whole.substr(0, whole.size() - 1);
    EXPECT_EQ(ReasonOf(Restore("copy").status()), "BACKUP_DAMAGED");
    archive_ = whole;
    EXPECT_TRUE(Restore("copy").ok());
}

TEST_F(BackupTest, AHalfRestoredDirectoryNeverOpens) {
    ASSERT_TRUE(disk_.MakeDirectories("half").ok());
    ASSERT_TRUE(io::WriteFileAtomically(disk_, "half/restore.unfinished", "x").ok());
    EngineOptions options = options_;
    options.data_directory = "half";
    EXPECT_EQ(ReasonOf(Engine::Open(disk_, options, pool_, SystemClock()).status()),
              "RESTORE_UNFINISHED");
}

}  // namespace
}  // namespace blasty::engine
