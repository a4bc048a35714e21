#include <memory>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "engine/backup.h"
#include "engine/engine.h"
#include "engine/internal/archive.h"
#include "engine/internal/archive_format.h"

namespace blasty::engine {
namespace {

// Checks only.
class NoTarget final : public internal::ArchiveTarget {
  public:
    Status BeginFile(const std::string&, uint64_t) override { return OkStatus(); }
    Status Write(std::string_view) override { return OkStatus(); }
    Status EndFile() override { return OkStatus(); }
};

// Writes the files under a directory, each synced before the next.
class DirectoryTarget final : public internal::ArchiveTarget {
  public:
    DirectoryTarget(io::FileSystem& fs, std::string directory)
        : fs_(fs), directory_(std::move(directory)) {}

    Status BeginFile(const std::string& name, uint64_t bytes) override {
        const std::string path = StrCat(directory_, "/", name);
        const std::string parent = io::ParentDirectory(path);
        if (parent != parent_) {
            BLASTY_RETURN_IF_ERROR(fs_.MakeDirectories(parent));
            parent_ = parent;
        }
        BLASTY_ASSIGN_OR_RETURN(file_, fs_.Open(path, io::OpenMode::kCreateNew));
        written_.push_back(path);
        offset_ = 0;
        return bytes == 0 ? OkStatus() : file_->Allocate(bytes);
    }
    Status Write(std::string_view bytes) override {
        BLASTY_RETURN_IF_ERROR(file_->WriteAt(offset_, bytes));
        offset_ += bytes.size();
        return OkStatus();
    }
    Status EndFile() override {
        BLASTY_RETURN_IF_ERROR(file_->Sync());
        file_.reset();
        return fs_.SyncDirectory(parent_);
    }
    void RemoveAll() {
        file_.reset();
        for (const std::string& path : written_) (void)fs_.Remove(path);
    }

  private:
    io::FileSystem& fs_;
    const std::string directory_;
    std::string parent_;
    std::unique_ptr<io::File> file_;
    uint64_t offset_ = 0;
    std::vector<std::string> written_;
};

// Directories without files are what a refused archive leaves, and count as nothing.
Status CheckEmpty(io::FileSystem& fs, const std::string& directory) {
    const auto entries = fs.List(directory);
    if (!entries.ok()) {
        return ReasonOf(entries.status()) == "FILE_NOT_FOUND" ? OkStatus() : entries.status();
    }
    for (const io::DirectoryEntry& entry : *entries) {
        const std::string path = StrCat(directory, "/", entry.name);
        if (entry.is_directory) {
            BLASTY_RETURN_IF_ERROR(CheckEmpty(fs, path));
            continue;
        }
        return MakeError(StatusCode::kFailedPrecondition, "DIRECTORY_NOT_EMPTY",
                         StrCat("there is '", path, "' already; restore into a new directory"));
    }
    return OkStatus();
}

// A start proves that it is a database, and brings it to where the archive stands.
Status OpenOnce(io::FileSystem& fs, const std::string& directory, const BackupInfo& info,
                exec::Executor& executor, const Clock& clock) {
    EngineOptions options;
    options.data_directory = directory;
    BLASTY_ASSIGN_OR_RETURN(const auto engine, Engine::Open(fs, options, executor, clock));
    const Sequence last = engine->topics().stats().log.last;
    const Sequence applied = engine->tables().applied();
    engine->Close();
    if (last == info.sequence && applied >= info.tables_sequence) return OkStatus();
    return MakeError(StatusCode::kDataLoss, "BACKUP_DAMAGED",
                     StrCat("the archive says that it ends at sequence ", info.sequence.value(),
                            ", what it holds ends at ", last.value(), "; use another copy"));
}

}  // namespace

Result<BackupInfo> VerifyBackup(const BackupSource& source) {
    NoTarget target;
    return internal::ReadArchive(source, target, nullptr);
}

Result<BackupInfo> RestoreBackup(io::FileSystem& fs, const BackupSource& source,
                                 const RestoreOptions& options, exec::Executor& executor,
                                 const Clock& clock) {
    const std::string& directory = options.data_directory;
    BLASTY_RETURN_IF_ERROR(CheckEmpty(fs, directory));
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(directory));
    // Half a database never opens: while this file is there, Engine::Open refuses.
    const std::string mark = StrCat(directory, "/", internal::kUnfinishedFile);
    BLASTY_RETURN_IF_ERROR(io::WriteFileAtomically(
        fs, mark, "a restore into this directory was not finished: remove it all\n"));
    DirectoryTarget target(fs, StrCat(directory, "/databases/main"));
    auto info = internal::ReadArchive(source, target, options.progress);
    if (!info.ok()) {
        target.RemoveAll();
        (void)fs.Remove(mark);
        return info.status();
    }
    BLASTY_RETURN_IF_ERROR(fs.Remove(mark));
    BLASTY_RETURN_IF_ERROR(fs.SyncDirectory(directory));
    BLASTY_RETURN_IF_ERROR(OpenOnce(fs, directory, *info, executor, clock));
    return info;
}

}  // namespace blasty::engine
