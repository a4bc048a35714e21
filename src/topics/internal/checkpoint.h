// The checkpoint file of topics: the view at a sequence, so that a start replays only what came
// later. Bytes: magic "BLTC", version (u8), CRC-32C (u32) of the rest, the newest sequence anything
// in it knows (u64; the log must reach it), length (u64), then View::Encode, which begins with the
// sequence to replay after. `topics.checkpoint` is the newest, `topics.checkpoint.previous` the one
// before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/file_system.h"

namespace blasty::topics::internal {

struct CheckpointFile {
    uint64_t sequence = 0;
    std::string view;
};

inline constexpr uint64_t kCheckpointBytesMax = 16ull << 30;

std::string EncodeCheckpoint(uint64_t sequence, std::string_view view);
// CHECKPOINT_DAMAGED (DATA_LOSS).
Status DecodeCheckpoint(std::string_view bytes, CheckpointFile* file);

std::string CheckpointPath(const std::string& directory);
std::string PreviousCheckpointPath(const std::string& directory);

// Durable; keeps the newest so far as the previous one.
Status WriteCheckpoint(io::FileSystem& fs, const std::string& directory, uint64_t sequence,
                       std::string_view view);

}  // namespace blasty::topics::internal
