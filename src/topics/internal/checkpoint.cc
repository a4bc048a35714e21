#include "topics/internal/checkpoint.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"

namespace blasty::topics::internal {

namespace {
constexpr std::string_view kMagic = "BLTC";
constexpr uint8_t kVersion = 1;
}  // namespace

std::string EncodeCheckpoint(uint64_t sequence, std::string_view view) {
    std::string rest;
    rest.reserve(view.size() + 16);
    PutFixed(rest, sequence);
    PutFixed<uint64_t>(rest, view.size());
    rest.append(view);
    std::string out;
    out.reserve(rest.size() + 9);
    out.append(kMagic);
    PutFixed(out, kVersion);
    PutFixed(out, Crc32c(rest));
    out.append(rest);
    return out;
}

Status DecodeCheckpoint(std::string_view bytes, CheckpointFile* file) {
    ByteReader reader(bytes);
    const std::string_view magic = reader.Raw(kMagic.size());
    const auto version = reader.Fixed<uint8_t>();
    const auto crc = reader.Fixed<uint32_t>();
    std::string_view why;
    if (!reader.ok() || magic != kMagic) {
        why = "it does not begin as a checkpoint does";
    } else if (version != kVersion) {
        why = "a newer program wrote it";
    } else if (Crc32c(reader.rest()) != crc) {
        why = "its checksum is wrong";
    } else {
        file->sequence = reader.Fixed<uint64_t>();
        const auto size = reader.Fixed<uint64_t>();
        file->view = std::string(reader.Raw(size));
        if (reader.done()) return OkStatus();
        why = "its length is wrong";
    }
    return MakeError(StatusCode::kDataLoss, "CHECKPOINT_DAMAGED", why);
}

std::string CheckpointPath(const std::string& directory) {
    return StrCat(directory, "/topics.checkpoint");
}

std::string PreviousCheckpointPath(const std::string& directory) {
    return StrCat(directory, "/topics.checkpoint.previous");
}

Status WriteCheckpoint(io::FileSystem& fs, const std::string& directory, uint64_t sequence,
                       std::string_view view) {
    const std::string path = CheckpointPath(directory);
    const Status kept = fs.Rename(path, PreviousCheckpointPath(directory));
    if (!kept.ok() && ReasonOf(kept) != "FILE_NOT_FOUND") return kept;
    if (kept.ok()) BLASTY_RETURN_IF_ERROR(fs.SyncDirectory(directory));
    return io::WriteFileAtomically(fs, path, EncodeCheckpoint(sequence, view));
}

}  // namespace blasty::topics::internal
