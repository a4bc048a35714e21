#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"
#include "engine/internal/archive.h"
#include "engine/internal/archive_format.h"

namespace blasty::engine::internal {

Status ArchiveWriter::Put(std::string_view bytes) {
    written_ += bytes.size();
    return sink_(bytes, std::max(total_bytes_, written_));
}

Status ArchiveWriter::Begin() {
    std::string head(kArchiveMagic);
    PutFixed<uint32_t>(head, kArchiveVersion);
    PutFixed<uint32_t>(head, Crc32c(head));
    return Put(head);
}

Status ArchiveWriter::AddFile(const std::string& name, const io::File& file, uint64_t bytes) {
    std::string head(1, kFileEntry);
    PutFixed<uint16_t>(head, static_cast<uint16_t>(name.size()));
    head += name;
    PutFixed<uint64_t>(head, bytes);
    PutFixed<uint32_t>(head, Crc32c(head));
    BLASTY_RETURN_IF_ERROR(Put(head));
    uint32_t crc = Crc32c(name);
    std::string chunk;
    for (uint64_t offset = 0; offset < bytes;) {
        const auto size = static_cast<size_t>(std::min<uint64_t>(kChunkBytes, bytes - offset));
        chunk.resize(kChunkHeadBytes + size);
        BLASTY_ASSIGN_OR_RETURN(const size_t read,
                                file.ReadAt(offset, size, chunk.data() + kChunkHeadBytes));
        if (read != size) {
            return MakeError(StatusCode::kUnavailable, "BACKUP_SOURCE_SHORT",
                             StrCat("'", name, "' ends at ", offset + read, ", before the ", bytes,
                                    " bytes that it had; try the backup again"));
        }
        crc = ExtendCrc32c(crc, std::string_view(chunk).substr(kChunkHeadBytes));
        std::string chunk_head;
        PutFixed<uint32_t>(chunk_head, static_cast<uint32_t>(size));
        PutFixed<uint32_t>(chunk_head, crc);
        chunk.replace(0, kChunkHeadBytes, chunk_head);
        BLASTY_RETURN_IF_ERROR(Put(chunk));
        offset += size;
    }
    files_.push_back({name, bytes, crc});
    return OkStatus();
}

Status ArchiveWriter::Finish(BackupInfo* info) {
    std::string body;
    PutFixed<uint64_t>(body, info->sequence.value());
    PutFixed<uint64_t>(body, info->tables_sequence.value());
    PutFixed<int64_t>(body, info->created_us);
    PutFixed<uint32_t>(body, static_cast<uint32_t>(files_.size()));
    for (const ArchiveFile& file : files_) {
        PutFixed<uint16_t>(body, static_cast<uint16_t>(file.name.size()));
        body += file.name;
        PutFixed<uint64_t>(body, file.bytes);
        PutFixed<uint32_t>(body, file.crc);
    }
    std::string out(1, kManifestEntry);
    PutFixed<uint32_t>(out, static_cast<uint32_t>(body.size()));
    PutFixed<uint32_t>(out, Crc32c(out));
    out += body;
    PutFixed<uint32_t>(out, Crc32c(body));
    out += kArchiveEnd;
    BLASTY_RETURN_IF_ERROR(Put(out));
    info->files = files_.size();
    info->bytes = written_;
    return OkStatus();
}

}  // namespace blasty::engine::internal
