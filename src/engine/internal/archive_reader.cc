#include <algorithm>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"
#include "engine/internal/archive.h"
#include "engine/internal/archive_format.h"

namespace blasty::engine::internal {
namespace {

constexpr uint64_t kProgressBytes = 4 << 20;

bool GoodName(std::string_view name) {
    if (name.empty() || name.size() > kNameBytesMax || name.front() == '/') return false;
    if (name.find("..") != std::string_view::npos) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '/' || c == '.' || c == '-' || c == '_';
    });
}

class Reader {
  public:
    Reader(const BackupSource& source, ArchiveTarget& target,
           const std::function<void(uint64_t)>& progress)
        : source_(source), target_(target), progress_(progress) {}

    Result<BackupInfo> Run() {
        BLASTY_RETURN_IF_ERROR(Header());
        for (;;) {
            BLASTY_ASSIGN_OR_RETURN(const std::string kind, Take(1));
            if (kind[0] == kManifestEntry) return Manifest();
            if (kind[0] != kFileEntry) return Damaged(offset_ - 1, "no entry begins here");
            BLASTY_RETURN_IF_ERROR(File());
        }
    }

  private:
    Status Damaged(uint64_t offset, std::string_view what) const {
        return MakeError(
            StatusCode::kDataLoss, "BACKUP_DAMAGED",
            StrCat("the archive is damaged at offset ", offset, file_.empty() ? "" : ", in '",
                   file_, file_.empty() ? "" : "'", ": ", what, "; use another copy"));
    }

    // Exactly `size` bytes.
    Result<std::string> Take(size_t size) {
        std::string out(size, '\0');
        for (size_t have = 0; have < size;) {
            BLASTY_ASSIGN_OR_RETURN(const size_t read, source_(out.data() + have, size - have));
            if (read == 0) {
                return Damaged(offset_ + have, "it ends here, before its manifest is complete");
            }
            have += read;
        }
        offset_ += size;
        if (progress_ && offset_ >= told_ + kProgressBytes) progress_(told_ = offset_);
        return out;
    }

    Status Header() {
        BLASTY_ASSIGN_OR_RETURN(const std::string magic, Take(kArchiveMagic.size()));
        if (magic != kArchiveMagic) return Damaged(0, "this is no backup of Blasty");
        BLASTY_ASSIGN_OR_RETURN(const std::string rest, Take(8));
        if (Crc32c(magic + rest.substr(0, 4)) != GetFixed<uint32_t>(rest.data() + 4)) {
            return Damaged(kArchiveMagic.size(), "the checksum of the header is wrong");
        }
        const auto version = GetFixed<uint32_t>(rest.data());
        if (version == kArchiveVersion) return OkStatus();
        return MakeError(StatusCode::kFailedPrecondition, "BACKUP_VERSION_UNKNOWN",
                         StrCat("the archive has version ", version, ", this program reads ",
                                kArchiveVersion, "; restore it with the program that wrote it"));
    }

    Status File() {
        const uint64_t at = offset_ - 1;
        file_.clear();
        BLASTY_ASSIGN_OR_RETURN(std::string head, Take(2));
        const auto name_bytes = GetFixed<uint16_t>(head.data());
        if (name_bytes > kNameBytesMax) return Damaged(at, "the name of a file is too long");
        BLASTY_ASSIGN_OR_RETURN(const std::string rest, Take(name_bytes + 12u));
        head = kFileEntry + head + rest.substr(0, name_bytes + 8u);
        if (Crc32c(head) != GetFixed<uint32_t>(rest.data() + name_bytes + 8)) {
            return Damaged(at, "the checksum of an entry is wrong");
        }
        ArchiveFile file{rest.substr(0, name_bytes), GetFixed<uint64_t>(rest.data() + name_bytes)};
        if (!GoodName(file.name) || !names_.insert(file.name).second) {
            return Damaged(at, "a file has a name that is not allowed or comes twice");
        }
        file_ = file.name;
        BLASTY_RETURN_IF_ERROR(target_.BeginFile(file.name, file.bytes));
        BLASTY_RETURN_IF_ERROR(Chunks(file));
        BLASTY_RETURN_IF_ERROR(target_.EndFile());
        files_.push_back(std::move(file));
        return OkStatus();
    }

    Status Chunks(ArchiveFile& file) {
        file.crc = Crc32c(file.name);
        for (uint64_t left = file.bytes; left > 0;) {
            const uint64_t at = offset_;
            BLASTY_ASSIGN_OR_RETURN(const std::string head, Take(kChunkHeadBytes));
            const auto size = GetFixed<uint32_t>(head.data());
            if (size == 0 || size > kChunkBytes || size > left) {
                return Damaged(at, "the length of a chunk is wrong");
            }
            BLASTY_ASSIGN_OR_RETURN(const std::string chunk, Take(size));
            file.crc = ExtendCrc32c(file.crc, chunk);
            if (file.crc != GetFixed<uint32_t>(head.data() + 4)) {
                return Damaged(at, "the checksum of a chunk is wrong");
            }
            BLASTY_RETURN_IF_ERROR(target_.Write(chunk));
            left -= size;
        }
        return OkStatus();
    }

    Result<BackupInfo> Manifest() {
        file_ = "manifest";
        const uint64_t at = offset_ - 1;
        BLASTY_ASSIGN_OR_RETURN(const std::string head, Take(8));
        const auto size = GetFixed<uint32_t>(head.data());
        if (Crc32c(kManifestEntry + head.substr(0, 4)) != GetFixed<uint32_t>(head.data() + 4) ||
            size > kManifestBytesMax) {
            return Damaged(at, "the checksum of its length is wrong");
        }
        BLASTY_ASSIGN_OR_RETURN(const std::string body, Take(size));
        BLASTY_ASSIGN_OR_RETURN(const std::string end, Take(4 + kArchiveEnd.size()));
        if (Crc32c(body) != GetFixed<uint32_t>(end.data()) ||
            std::string_view(end).substr(4) != kArchiveEnd) {
            return Damaged(at, "its checksum is wrong");
        }
        BackupInfo info;
        if (!Compare(body, &info)) return Damaged(at, "it does not fit the files before it");
        BLASTY_RETURN_IF_ERROR(NothingFollows());
        info.files = files_.size();
        info.bytes = offset_;
        if (progress_) progress_(offset_);
        return info;
    }

    bool Compare(std::string_view body, BackupInfo* info) const {
        ByteReader reader(body);
        info->sequence = Sequence(reader.Fixed<uint64_t>());
        info->tables_sequence = Sequence(reader.Fixed<uint64_t>());
        info->created_us = reader.Fixed<int64_t>();
        if (reader.Fixed<uint32_t>() != files_.size()) return false;
        for (const ArchiveFile& file : files_) {
            if (reader.Raw(reader.Fixed<uint16_t>()) != file.name) return false;
            if (reader.Fixed<uint64_t>() != file.bytes) return false;
            if (reader.Fixed<uint32_t>() != file.crc) return false;
        }
        return reader.done();
    }

    Status NothingFollows() {
        char byte = 0;
        BLASTY_ASSIGN_OR_RETURN(const size_t read, source_(&byte, 1));
        return read == 0 ? OkStatus() : Damaged(offset_, "something follows the end");
    }

    const BackupSource& source_;
    ArchiveTarget& target_;
    const std::function<void(uint64_t)>& progress_;
    std::string file_;  // being read
    uint64_t offset_ = 0, told_ = 0;
    std::vector<ArchiveFile> files_;
    std::set<std::string> names_;
};

}  // namespace

Result<BackupInfo> ReadArchive(const BackupSource& source, ArchiveTarget& target,
                               const std::function<void(uint64_t)>& progress) {
    return Reader(source, target, progress).Run();
}

}  // namespace blasty::engine::internal
