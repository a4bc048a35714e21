#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/random.h"
#include "base/strings.h"
#include "io/faulty_file_system.h"
#include "io/file_system.h"
#include "io/memory_file_system.h"

namespace blasty::io {
namespace {

// The same behaviour is expected of every file system.
struct Subject {
    virtual ~Subject() = default;
    virtual FileSystem& fs() = 0;
    virtual std::string root() = 0;
};

struct PosixSubject : Subject {
    PosixSubject() {
        std::string name = std::filesystem::temp_directory_path() / "blasty_io_XXXXXX";
        directory = mkdtemp(name.data());
    }
    ~PosixSubject() override { std::filesystem::remove_all(directory); }
    FileSystem& fs() override { return PosixFileSystem(); }
    std::string root() override { return directory; }
    std::string directory;
};

struct MemorySubject : Subject {
    FileSystem& fs() override { return memory; }
    std::string root() override { return "root"; }
    MemoryFileSystem memory;
};

struct FaultySubject : Subject {
    FileSystem& fs() override { return faulty; }
    std::string root() override { return "root"; }
    MemoryFileSystem memory;
    FaultyFileSystem faulty{memory};
};

class EveryFileSystem : public testing::TestWithParam<std::string> {
  protected:
    EveryFileSystem() {
        if (GetParam() == "posix") subject_ = std::make_unique<PosixSubject>();
        if (GetParam() == "memory") subject_ = std::make_unique<MemorySubject>();
        if (GetParam() == "faulty") subject_ = std::make_unique<FaultySubject>();
        dir_ = subject_->root() + "/a/b";
        EXPECT_TRUE(fs().MakeDirectories(dir_).ok());
    }
    FileSystem& fs() { return subject_->fs(); }
    std::string Path(std::string_view name) { return StrCat(dir_, "/", name); }
    std::unique_ptr<File> Create(std::string_view name) {
        return *fs().Open(Path(name), OpenMode::kCreateNew);
    }
    std::string Read(const File& file, uint64_t offset, size_t size) {
        std::string out(size, '?');
        out.resize(*file.ReadAt(offset, size, out.data()));
        return out;
    }
    std::unique_ptr<Subject> subject_;
    std::string dir_;
};

TEST_P(EveryFileSystem, WriteReadGrow) {
    const auto file = Create("f");
    ASSERT_TRUE(file->WriteAt(3, "abc").ok());
    EXPECT_EQ(Read(*file, 0, 10), std::string("\0\0\0abc", 6));
    EXPECT_EQ(Read(*file, 4, 1), "b");
    EXPECT_EQ(Read(*file, 100, 10), "");
    ASSERT_TRUE(file->WriteAt(4, "XY").ok());
    EXPECT_EQ(Read(*file, 3, 3), "aXY");
    EXPECT_EQ(*file->Size(), 6u);
    EXPECT_TRUE(file->Sync().ok());
}

TEST_P(EveryFileSystem, AllocateAndTruncate) {
    const auto file = Create("f");
    ASSERT_TRUE(file->WriteAt(0, "abc").ok());
    ASSERT_TRUE(file->Allocate(10'000).ok());
    EXPECT_EQ(*file->Size(), 10'000u);
    EXPECT_EQ(Read(*file, 0, 5), std::string("abc\0\0", 5));
    ASSERT_TRUE(file->Allocate(100).ok());
    EXPECT_EQ(*file->Size(), 10'000u) << "never smaller";
    ASSERT_TRUE(file->Truncate(2).ok());
    ASSERT_TRUE(file->Truncate(4).ok());
    EXPECT_EQ(Read(*file, 0, 10), std::string("ab\0\0", 4));
}

TEST_P(EveryFileSystem, MapsWholeFiles) {
    const auto file = Create("f");
    EXPECT_EQ((*file->Map())->bytes(), "");
    ASSERT_TRUE(file->WriteAt(0, "hello").ok());
    const auto mapping = file->Map();
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    EXPECT_EQ((*mapping)->bytes(), "hello");
    ASSERT_TRUE(fs().Remove(Path("f")).ok());
    EXPECT_EQ((*mapping)->bytes(), "hello");
}

TEST_P(EveryFileSystem, OpenModes) {
    EXPECT_EQ(ReasonOf(fs().Open(Path("f"), OpenMode::kRead).status()), "FILE_NOT_FOUND");
    EXPECT_EQ(ReasonOf(fs().Open(Path("f"), OpenMode::kReadWrite).status()), "FILE_NOT_FOUND");
    EXPECT_EQ(ReasonOf(fs().Open(Path("no/f"), OpenMode::kCreateNew).status()), "FILE_NOT_FOUND");
    Create("f");
    EXPECT_EQ(ReasonOf(fs().Open(Path("f"), OpenMode::kCreateNew).status()), "FILE_EXISTS");
    const auto file = *fs().Open(Path("f"), OpenMode::kRead);
    const Status status = file->WriteAt(0, "x");
    EXPECT_EQ(ReasonOf(status), "IO_ERROR");
    EXPECT_NE(std::string(MessageOf(status)).find(Path("f")), std::string::npos);
}

TEST_P(EveryFileSystem, RenameRemoveList) {
    ASSERT_TRUE(Create("one")->WriteAt(0, "1").ok());
    const auto two = Create("two");
    ASSERT_TRUE(two->WriteAt(0, "2").ok());
    ASSERT_TRUE(fs().MakeDirectories(Path("sub")).ok());
    ASSERT_TRUE(fs().Rename(Path("one"), Path("two")).ok());
    EXPECT_EQ(Read(*two, 0, 1), "2") << "open files stay what they are";
    EXPECT_EQ(*ReadFile(fs(), Path("two"), 10), "1");
    EXPECT_EQ(ReasonOf(fs().Rename(Path("one"), Path("x"))), "FILE_NOT_FOUND");
    auto entries = *fs().List(dir_);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "sub");
    EXPECT_TRUE(entries[0].is_directory);
    EXPECT_EQ(entries[1].name, "two");
    EXPECT_FALSE(entries[1].is_directory);
    ASSERT_TRUE(fs().Remove(Path("two")).ok());
    EXPECT_EQ(ReasonOf(fs().Remove(Path("two"))), "FILE_NOT_FOUND");
    EXPECT_TRUE(fs().SyncDirectory(dir_).ok());
    EXPECT_EQ(ReasonOf(fs().List(Path("none")).status()), "FILE_NOT_FOUND");
    EXPECT_TRUE(fs().MakeDirectories(dir_).ok());
    EXPECT_GT(*fs().FreeBytes(dir_), 0u);
}

TEST_P(EveryFileSystem, LockIsExclusive) {
    auto lock = fs().Lock(dir_);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_EQ(ReasonOf(fs().Lock(dir_).status()), "DATA_DIRECTORY_IN_USE");
    lock->reset();
    EXPECT_TRUE(fs().Lock(dir_).ok());
}

TEST_P(EveryFileSystem, WholeFiles) {
    ASSERT_TRUE(WriteFileAtomically(fs(), Path("f"), "first").ok());
    ASSERT_TRUE(WriteFileAtomically(fs(), Path("f"), "second").ok());
    EXPECT_EQ(*ReadFile(fs(), Path("f"), 6), "second");
    EXPECT_EQ(ReasonOf(ReadFile(fs(), Path("f"), 5).status()), "FILE_TOO_LARGE");
    Create("g.tmp");
    EXPECT_TRUE(WriteFileAtomically(fs(), Path("g"), "").ok()) << "leftovers do not matter";
    EXPECT_EQ(*ReadFile(fs(), Path("g"), 5), "");
}

INSTANTIATE_TEST_SUITE_P(All, EveryFileSystem, testing::Values("posix", "memory", "faulty"),
                         [](const auto& name) { return name.param; });

TEST(Paths, ParentDirectory) {
    for (const auto& [path, parent] :
         std::vector<std::pair<std::string, std::string>>{{"a/b/c", "a/b"},
                                                          {"a", "."},
                                                          {"/a", "/"},
                                                          {"/", "/"},
                                                          {"a/b/", "a"},
                                                          {"a//b", "a"},
                                                          {"", "."}})
        EXPECT_EQ(ParentDirectory(path), parent) << path;
}

class PowerCut : public testing::Test {
  protected:
    PowerCut() { EXPECT_TRUE(fs_.MakeDirectories("d").ok()); }
    MemoryFileSystem fs_;
};

TEST_F(PowerCut, WhatIsSyncedStays) {
    for (const auto mode :
         {CrashMode::kKeep, CrashMode::kLose, CrashMode::kGarble, CrashMode::kMix}) {
        MemoryFileSystem fs;
        ASSERT_TRUE(fs.MakeDirectories("d").ok());
        Random random(5);
        const std::string data = random.Bytes(5000);
        const auto file = *fs.Open("d/f", OpenMode::kCreateNew);
        ASSERT_TRUE(file->WriteAt(0, data).ok());
        ASSERT_TRUE(file->Sync().ok());
        ASSERT_TRUE(fs.SyncDirectory("d").ok());
        ASSERT_TRUE(file->WriteAt(4000, random.Bytes(3000)).ok());
        ASSERT_TRUE(file->Allocate(20'000).ok());
        fs.Crash(mode, 9);
        const std::string after = *fs.Peek("d/f");
        EXPECT_EQ(after.substr(0, 4000), data.substr(0, 4000));
        if (mode == CrashMode::kLose) {
            EXPECT_EQ(after, data);
        }
        if (mode == CrashMode::kKeep) {
            EXPECT_EQ(after.size(), 20'000u);
        }
        if (mode == CrashMode::kGarble) {
            EXPECT_NE(after.substr(4000, 1000), data.substr(4000));
        }
    }
}

TEST_F(PowerCut, NamesNeedTheirDirectorySynced) {
    const auto file = *fs_.Open("d/f", OpenMode::kCreateNew);
    ASSERT_TRUE(file->WriteAt(0, "x").ok());
    ASSERT_TRUE(file->Sync().ok());
    fs_.Crash(CrashMode::kLose, 1);
    EXPECT_EQ(ReasonOf(fs_.Peek("d/f").status()), "FILE_NOT_FOUND");
    ASSERT_TRUE(WriteFileAtomically(fs_, "d/g", "old").ok());
    ASSERT_TRUE(fs_.Remove("d/g").ok());
    fs_.Crash(CrashMode::kLose, 1);
    EXPECT_EQ(*fs_.Peek("d/g"), "old");
    ASSERT_TRUE(fs_.Rename("d/g", "d/h").ok());
    ASSERT_TRUE(fs_.SyncDirectory("d").ok());
    fs_.Crash(CrashMode::kLose, 1);
    EXPECT_EQ(*fs_.Peek("d/h"), "old");
    EXPECT_FALSE(fs_.Peek("d/g").ok());
}

TEST_F(PowerCut, AtomicReplacementIsOldOrNew) {
    ASSERT_TRUE(WriteFileAtomically(fs_, "d/f", "old").ok());
    for (uint64_t at = 1, seed = 1; at < 10; ++at, ++seed) {
        const auto disk = fs_.Clone();
        FaultyFileSystem fs(*disk);
        fs.Set({.at = at, .kind = FaultKind::kShort, .and_all_later = true});
        const Status status = WriteFileAtomically(fs, "d/f", "new!");
        disk->Crash(CrashMode::kMix, seed);
        const std::string after = *disk->Peek("d/f");
        EXPECT_TRUE(after == "new!" || (!status.ok() && after == "old")) << at << after;
    }
}

TEST_F(PowerCut, SameSeedSameDisk) {
    const auto run = [](uint64_t seed) {
        MemoryFileSystem fs;
        EXPECT_TRUE(fs.MakeDirectories("d").ok());
        const auto file = *fs.Open("d/f", OpenMode::kCreateNew);
        EXPECT_TRUE(fs.SyncDirectory("d").ok());
        EXPECT_TRUE(file->WriteAt(0, std::string(10'000, 'x')).ok());
        fs.Crash(CrashMode::kMix, seed);
        return *fs.Peek("d/f");
    };
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(2));
}

TEST(Memory, NoSpace) {
    MemoryFileSystem fs(1000);
    ASSERT_TRUE(fs.MakeDirectories("d").ok());
    const auto file = *fs.Open("d/f", OpenMode::kCreateNew);
    EXPECT_TRUE(file->WriteAt(0, std::string(1000, 'x')).ok());
    EXPECT_EQ(ReasonOf(file->WriteAt(1, std::string(1000, 'x'))), "NO_SPACE");
    EXPECT_EQ(ReasonOf(file->Allocate(1001)), "NO_SPACE");
    EXPECT_EQ(*fs.FreeBytes("d"), 0u);
}

TEST(Faulty, FailsTheOneAskedFor) {
    MemoryFileSystem memory;
    FaultyFileSystem fs(memory);
    ASSERT_TRUE(fs.MakeDirectories("d").ok());
    const auto file = *fs.Open("d/f", OpenMode::kCreateNew);
    fs.Set({.operations = kWrite, .at = 2, .kind = FaultKind::kShort});
    EXPECT_TRUE(file->WriteAt(0, "aaaa").ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_FALSE(fs.failed());
    EXPECT_EQ(ReasonOf(file->WriteAt(0, "bbbb")), "IO_ERROR");
    EXPECT_TRUE(fs.failed());
    EXPECT_EQ(*memory.Peek("d/f"), "bbaa");
    EXPECT_TRUE(file->WriteAt(0, "cccc").ok());
    fs.Set({.operations = kSync | kAllocate, .kind = FaultKind::kNoSpace, .and_all_later = true});
    EXPECT_TRUE(file->WriteAt(0, "dddd").ok());
    EXPECT_EQ(ReasonOf(file->Allocate(10)), "NO_SPACE");
    EXPECT_EQ(ReasonOf(file->WriteAt(0, "eeee")), "IO_ERROR");
    EXPECT_EQ(ReasonOf(fs.Rename("d/f", "d/g")), "IO_ERROR");
    EXPECT_EQ(fs.count(kWrite), 5u);
    EXPECT_EQ(fs.count(kRename), 1u);
    fs.Heal();
    EXPECT_TRUE(fs.Rename("d/f", "d/g").ok());
}

}  // namespace
}  // namespace blasty::io
