// Any file system with faults on request: for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace blasty::io {

enum class FaultKind {
    kIoError,  // IO_ERROR, nothing done
    kNoSpace,  // NO_SPACE, nothing done
    kShort,    // a write stores only its first half, then IO_ERROR; else as kIoError
};

// Operations that change something, as bits: which ones a fault counts.
enum Operation : uint32_t {
    kWrite = 1,
    kSync = 2,
    kAllocate = 4,
    kTruncate = 8,
    kCreate = 16,
    kRename = 32,
    kRemove = 64,
    kSyncDirectory = 128,
    kEveryOperation = 255,
};

struct Fault {
    uint32_t operations = kEveryOperation;
    uint64_t at = 1;  // fails the at-th of these operations from now on, counted from 1
    FaultKind kind = FaultKind::kIoError;
    bool and_all_later = false;  // also every operation that changes something afterwards
};

// Thread-safe. The file system below must outlive it, and it the files.
class FaultyFileSystem : public FileSystem {
  public:
    explicit FaultyFileSystem(FileSystem& below);
    ~FaultyFileSystem() override;

    // Replaces the fault set before; counting starts again.
    void Set(const Fault& fault);
    // No fault any more.
    void Heal();
    // From now on everything that changes something fails, as if power were gone.
    void FailEverything();
    // Whether a fault has happened since Set.
    bool failed() const;
    // Operations of these kinds so far, failed ones too.
    uint64_t count(uint32_t operations) const;

    Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
    Status Rename(const std::string& from, const std::string& to) override;
    Status Remove(const std::string& path) override;
    Result<std::vector<DirectoryEntry>> List(const std::string& directory) override;
    Status MakeDirectories(const std::string& directory) override;
    Status SyncDirectory(const std::string& directory) override;
    Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& directory) override;
    Result<uint64_t> FreeBytes(const std::string& directory) override;

  private:
    class FaultyFile;
    struct State;
    const std::unique_ptr<State> state_;
};

}  // namespace blasty::io
