#include "server/restore.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/clock.h"
#include "base/strings.h"
#include "engine/backup.h"
#include "exec/worker_pool.h"
#include "io/file_system.h"

namespace blasty::server {
namespace {

struct Archive {
    std::shared_ptr<io::File> file;  // null: standard input
    uint64_t bytes = 0;
    engine::BackupSource source;
};

Result<size_t> ReadStandardInput(char* out, size_t size) {
    for (;;) {
        const ssize_t n = read(STDIN_FILENO, out, size);
        if (n >= 0) return static_cast<size_t>(n);
        if (errno == EINTR) continue;
        return MakeError(StatusCode::kUnavailable, "IO_ERROR",
                         StrCat("reading standard input: ", std::strerror(errno)));
    }
}

Result<Archive> OpenArchive(const std::string& path) {
    Archive archive;
    if (path == "-") {
        archive.source = ReadStandardInput;
        return archive;
    }
    BLASTY_ASSIGN_OR_RETURN(auto file, io::PosixFileSystem().Open(path, io::OpenMode::kRead));
    archive.file = std::move(file);
    BLASTY_ASSIGN_OR_RETURN(archive.bytes, archive.file->Size());
    archive.source = [file = archive.file, offset = uint64_t{0}](
                         char* out, size_t size) mutable -> Result<size_t> {
        BLASTY_ASSIGN_OR_RETURN(const size_t n, file->ReadAt(offset, size, out));
        offset += n;
        return n;
    };
    return archive;
}

RestoredDatabase Told(const engine::BackupInfo& info) {
    return {info.sequence.value(), info.created_us, info.files, info.bytes};
}

}  // namespace

Result<RestoredDatabase> RestoreDatabase(const std::string& archive_path,
                                         const std::string& data_directory,
                                         const RestoreProgress& progress) {
    BLASTY_ASSIGN_OR_RETURN(const Archive archive, OpenArchive(archive_path));
    engine::RestoreOptions options;
    options.data_directory = data_directory;
    if (progress) {
        options.progress = [&](uint64_t done) { progress(done, archive.bytes); };
    }
    exec::WorkerPool pool({.name = "restore", .threads = 2});
    BLASTY_ASSIGN_OR_RETURN(
        const engine::BackupInfo info,
        engine::RestoreBackup(io::PosixFileSystem(), archive.source, options, pool, SystemClock()));
    return Told(info);
}

Result<RestoredDatabase> VerifyArchive(const std::string& archive_path) {
    BLASTY_ASSIGN_OR_RETURN(const Archive archive, OpenArchive(archive_path));
    BLASTY_ASSIGN_OR_RETURN(const engine::BackupInfo info, engine::VerifyBackup(archive.source));
    return Told(info);
}

}  // namespace blasty::server
