#include "engine/internal/write_backup.h"

#include <memory>
#include <vector>

#include "base/strings.h"
#include "engine/internal/archive.h"
#include "log/segment_files.h"

namespace blasty::engine::internal {
namespace {

// A file that goes when the backup ends, however it ends.
class TemporaryFile {
  public:
    TemporaryFile(io::FileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {
        (void)fs_.Remove(path_);
    }
    ~TemporaryFile() { (void)fs_.Remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::string& path() const { return path_; }

  private:
    io::FileSystem& fs_;
    const std::string path_;
};

struct OpenedFile {
    std::string name;
    std::shared_ptr<io::File> file;
    uint64_t bytes = 0;
};

Status Open(io::FileSystem& fs, const std::string& path, const std::string& name,
            std::vector<OpenedFile>* files) {
    BLASTY_ASSIGN_OR_RETURN(auto opened, fs.Open(path, io::OpenMode::kRead));
    BLASTY_ASSIGN_OR_RETURN(const uint64_t bytes, opened->Size());
    files->push_back({name, std::move(opened), bytes});
    return OkStatus();
}

Status OpenIfThere(const BackupParts& parts, const char* name, std::vector<OpenedFile>* files) {
    const Status opened = Open(parts.fs, StrCat(parts.directory, "/", name), name, files);
    return ReasonOf(opened) == "FILE_NOT_FOUND" ? OkStatus() : opened;
}

}  // namespace

Result<BackupInfo> WriteBackup(const BackupParts& parts, const BackupSink& sink) {
    BackupInfo info;
    info.created_us = parts.clock.NowMicros();
    std::vector<OpenedFile> files;
    // The views first, the log last: it then holds everything that they stand on. What is said of
    // the history before the copy, so that it never begins behind what the copy needs.
    BLASTY_RETURN_IF_ERROR(OpenIfThere(parts, kHistoryFile, &files));
    const TemporaryFile copy(parts.fs, StrCat(parts.directory, "/", kTablesCopy));
    BLASTY_ASSIGN_OR_RETURN(info.tables_sequence, parts.tables.CopyTo(copy.path()));
    BLASTY_RETURN_IF_ERROR(Open(parts.fs, copy.path(), kTablesFile, &files));
    BLASTY_RETURN_IF_ERROR(parts.topics.Checkpoint());
    BLASTY_RETURN_IF_ERROR(OpenIfThere(parts, kCheckpointFile, &files));
    info.sequence = parts.topics.log().state().last;
    BLASTY_ASSIGN_OR_RETURN(
        const auto segments,
        log::OpenSegmentFiles(parts.fs, StrCat(parts.directory, "/", kLogDirectory),
                              info.sequence));
    for (const log::SegmentFile& segment : segments) {
        files.push_back({StrCat(kLogDirectory, "/", segment.name), segment.file, segment.bytes});
    }
    uint64_t total = 0;
    for (const OpenedFile& file : files) total += file.bytes;
    ArchiveWriter writer(sink, total);
    BLASTY_RETURN_IF_ERROR(writer.Begin());
    for (OpenedFile& file : files) {
        BLASTY_RETURN_IF_ERROR(writer.AddFile(file.name, *file.file, file.bytes));
        file.file.reset();
    }
    BLASTY_RETURN_IF_ERROR(writer.Finish(&info));
    return info;
}

void RemoveBackupLeftovers(io::FileSystem& fs, const std::string& directory) {
    (void)fs.Remove(StrCat(directory, "/", kTablesCopy));
}

}  // namespace blasty::engine::internal
