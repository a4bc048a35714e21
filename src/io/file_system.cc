#include "io/file_system.h"

#include "base/strings.h"

namespace blasty::io {

namespace {

class CopiedMapping : public Mapping {
  public:
    explicit CopiedMapping(std::string bytes) : bytes_(std::move(bytes)) {}
    std::string_view bytes() const override { return bytes_; }

  private:
    const std::string bytes_;
};

}  // namespace

Result<std::unique_ptr<Mapping>> File::Map() const {
    BLASTY_ASSIGN_OR_RETURN(const uint64_t size, Size());
    std::string bytes(size, '\0');
    BLASTY_ASSIGN_OR_RETURN(const size_t read, ReadAt(0, size, bytes.data()));
    bytes.resize(read);
    return std::unique_ptr<Mapping>(std::make_unique<CopiedMapping>(std::move(bytes)));
}

Result<std::string> ReadFile(FileSystem& fs, const std::string& path, uint64_t max_bytes) {
    BLASTY_ASSIGN_OR_RETURN(const auto file, fs.Open(path, OpenMode::kRead));
    BLASTY_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
    if (size > max_bytes)
        return MakeError(
            StatusCode::kResourceExhausted, "FILE_TOO_LARGE",
            StrCat("'", path, "' has ", size, " bytes; at most ", max_bytes, " are read"));
    std::string contents(size, '\0');
    BLASTY_ASSIGN_OR_RETURN(const size_t read, file->ReadAt(0, size, contents.data()));
    contents.resize(read);
    return contents;
}

Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view contents) {
    const std::string tmp = path + ".tmp";
    // Left by a crash of an earlier attempt; never holds anything that is needed.
    const Status removed = fs.Remove(tmp);
    if (!removed.ok() && removed.code() != StatusCode::kNotFound) return removed;
    {
        BLASTY_ASSIGN_OR_RETURN(const auto file, fs.Open(tmp, OpenMode::kCreateNew));
        BLASTY_RETURN_IF_ERROR(file->WriteAt(0, contents));
        BLASTY_RETURN_IF_ERROR(file->Sync());
    }
    BLASTY_RETURN_IF_ERROR(fs.Rename(tmp, path));
    return fs.SyncDirectory(ParentDirectory(path));
}

std::string ParentDirectory(const std::string& path) {
    size_t end = path.find_last_not_of('/');
    if (end == std::string::npos) return path.empty() ? "." : "/";
    const size_t slash = path.rfind('/', end);
    if (slash == std::string::npos) return ".";
    const size_t parent_end = path.find_last_not_of('/', slash);
    return parent_end == std::string::npos ? "/" : path.substr(0, parent_end + 1);
}

}  // namespace blasty::io
