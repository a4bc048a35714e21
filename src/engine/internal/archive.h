// The bytes of a backup archive (docs/backup.md): files in chunks with checksums, a manifest at the
// end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "engine/backup.h"
#include "io/file_system.h"

namespace blasty::engine::internal {

constexpr size_t kChunkBytes = 1 << 20;

// Of one file, for the manifest.
struct ArchiveFile {
    std::string name;
    uint64_t bytes = 0;
    uint32_t crc = 0;
};

class ArchiveWriter {
  public:
    ArchiveWriter(const BackupSink& sink, uint64_t total_bytes)
        : sink_(sink), total_bytes_(total_bytes) {}
    Status Begin();
    // Copies the first `bytes` bytes of `file`. BACKUP_SOURCE_SHORT when there are fewer.
    Status AddFile(const std::string& name, const io::File& file, uint64_t bytes);
    // The manifest; fills in `files` and `bytes`.
    Status Finish(BackupInfo* info);

  private:
    Status Put(std::string_view bytes);

    const BackupSink& sink_;
    const uint64_t total_bytes_;
    uint64_t written_ = 0;
    std::vector<ArchiveFile> files_;
};

// What is done with the files of an archive that is read.
class ArchiveTarget {
  public:
    virtual ~ArchiveTarget() = default;
    // Names are checked: relative, without "..", of printable ASCII.
    virtual Status BeginFile(const std::string& name, uint64_t bytes) = 0;
    virtual Status Write(std::string_view bytes) = 0;
    virtual Status EndFile() = 0;
};

// Reads a whole archive. BACKUP_DAMAGED names the offset and the file.
Result<BackupInfo> ReadArchive(const BackupSource& source, ArchiveTarget& target,
                               const std::function<void(uint64_t)>& progress);

}  // namespace blasty::engine::internal
