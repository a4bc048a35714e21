#include "io/faulty_file_system.h"

#include <map>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"

namespace blasty::io {

struct FaultyFileSystem::State {
    explicit State(FileSystem& file_system) : below(file_system) {}

    // What to do instead of an operation, when it is to fail.
    std::optional<FaultKind> Next(Operation operation) {
        MutexLock lock(mutex);
        ++counts[operation];
        if (dead) return FaultKind::kIoError;
        if (!fault || (fault->operations & operation) == 0 || ++seen != fault->at)
            return std::nullopt;
        failed = true;
        dead = fault->and_all_later;
        return fault->kind;
    }

    Status Check(Operation operation, const std::string& path) {
        const auto kind = Next(operation);
        return kind ? Error(*kind, path) : OkStatus();
    }

    static Status Error(FaultKind kind, const std::string& path) {
        if (kind == FaultKind::kNoSpace)
            return MakeError(StatusCode::kResourceExhausted, "NO_SPACE",
                             StrCat("'", path, "': no space left (on request)"));
        return MakeError(StatusCode::kUnavailable, "IO_ERROR",
                         StrCat("'", path, "': input/output error (on request)"));
    }

    FileSystem& below;
    mutable Mutex mutex;
    std::optional<Fault> fault ABSL_GUARDED_BY(mutex);
    uint64_t seen ABSL_GUARDED_BY(mutex) = 0;
    bool failed ABSL_GUARDED_BY(mutex) = false;
    bool dead ABSL_GUARDED_BY(mutex) = false;
    std::map<uint32_t, uint64_t> counts ABSL_GUARDED_BY(mutex);
};

class FaultyFileSystem::FaultyFile : public File {
  public:
    FaultyFile(std::unique_ptr<File> below, std::string path, State& state)
        : below_(std::move(below)), path_(std::move(path)), state_(state) {}

    Result<size_t> ReadAt(uint64_t offset, size_t size, char* out) const override {
        return below_->ReadAt(offset, size, out);
    }
    Status WriteAt(uint64_t offset, std::string_view data) override {
        const auto kind = state_.Next(kWrite);
        if (!kind) return below_->WriteAt(offset, data);
        if (*kind == FaultKind::kShort)
            BLASTY_RETURN_IF_ERROR(below_->WriteAt(offset, data.substr(0, data.size() / 2)));
        return State::Error(*kind, path_);
    }
    Status Sync() override {
        BLASTY_RETURN_IF_ERROR(state_.Check(kSync, path_));
        return below_->Sync();
    }
    Result<uint64_t> Size() const override { return below_->Size(); }
    Status Allocate(uint64_t size) override {
        BLASTY_RETURN_IF_ERROR(state_.Check(kAllocate, path_));
        return below_->Allocate(size);
    }
    Status Truncate(uint64_t size) override {
        BLASTY_RETURN_IF_ERROR(state_.Check(kTruncate, path_));
        return below_->Truncate(size);
    }

  private:
    const std::unique_ptr<File> below_;
    const std::string path_;
    State& state_;
};

FaultyFileSystem::FaultyFileSystem(FileSystem& below) : state_(std::make_unique<State>(below)) {}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::Set(const Fault& fault) {
    MutexLock lock(state_->mutex);
    state_->fault = fault;
    state_->seen = 0;
    state_->failed = false;
    state_->dead = false;
}

void FaultyFileSystem::Heal() {
    MutexLock lock(state_->mutex);
    state_->fault.reset();
    state_->dead = false;
}

void FaultyFileSystem::FailEverything() {
    MutexLock lock(state_->mutex);
    state_->dead = true;
    state_->failed = true;
}

bool FaultyFileSystem::failed() const {
    MutexLock lock(state_->mutex);
    return state_->failed;
}

uint64_t FaultyFileSystem::count(uint32_t operations) const {
    MutexLock lock(state_->mutex);
    uint64_t sum = 0;
    for (const auto& [operation, n] : state_->counts)
        if ((operations & operation) != 0) sum += n;
    return sum;
}

Result<std::unique_ptr<File>> FaultyFileSystem::Open(const std::string& path, OpenMode mode) {
    if (mode == OpenMode::kCreateNew) BLASTY_RETURN_IF_ERROR(state_->Check(kCreate, path));
    BLASTY_ASSIGN_OR_RETURN(auto file, state_->below.Open(path, mode));
    return std::make_unique<FaultyFile>(std::move(file), path, *state_);
}

Status FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
    BLASTY_RETURN_IF_ERROR(state_->Check(kRename, to));
    return state_->below.Rename(from, to);
}

Status FaultyFileSystem::Remove(const std::string& path) {
    BLASTY_RETURN_IF_ERROR(state_->Check(kRemove, path));
    return state_->below.Remove(path);
}

Result<std::vector<DirectoryEntry>> FaultyFileSystem::List(const std::string& directory) {
    return state_->below.List(directory);
}

Status FaultyFileSystem::MakeDirectories(const std::string& directory) {
    return state_->below.MakeDirectories(directory);
}

Status FaultyFileSystem::SyncDirectory(const std::string& directory) {
    BLASTY_RETURN_IF_ERROR(state_->Check(kSyncDirectory, directory));
    return state_->below.SyncDirectory(directory);
}

Result<std::unique_ptr<DirectoryLock>> FaultyFileSystem::Lock(const std::string& directory) {
    return state_->below.Lock(directory);
}

Result<uint64_t> FaultyFileSystem::FreeBytes(const std::string& directory) {
    return state_->below.FreeBytes(directory);
}

}  // namespace blasty::io
