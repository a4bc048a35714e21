// Constants of the archive format: docs/backup.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace blasty::engine::internal {

constexpr std::string_view kArchiveMagic = "BLASTBAK";
constexpr std::string_view kArchiveEnd = "BLASTEND";
constexpr uint32_t kArchiveVersion = 1;
constexpr char kFileEntry = 'F';
constexpr char kManifestEntry = 'M';
constexpr size_t kChunkHeadBytes = 8;  // size, CRC

// In the data directory while a restore is under way.
constexpr char kUnfinishedFile[] = "restore.unfinished";

// Bounds for what is read, so that a damaged length asks for no absurd memory.
constexpr size_t kNameBytesMax = 200;
constexpr size_t kManifestBytesMax = 256 << 20;

}  // namespace blasty::engine::internal
