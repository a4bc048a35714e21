// The list of an index's segments on disk, and what is deleted of each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "index/internal/segment_merger.h"

namespace blasty::index::internal {

struct Manifest {
    struct Entry {
        uint64_t id = 0;
        uint32_t documents = 0;
        DocBits deleted = {};
    };
    std::string definition;
    Sequence sequence;
    uint64_t next_id = 1;
    std::vector<Entry> segments = {};
};

std::string EncodeManifest(const Manifest& manifest);
// INDEX_DAMAGED (DATA_LOSS), INDEX_OUTDATED (FAILED_PRECONDITION): of another version.
Result<Manifest> DecodeManifest(std::string_view bytes);

std::string ManifestPath(const std::string& directory);
std::string SegmentPath(const std::string& directory, uint64_t id);
// 0: not the name of a segment file.
uint64_t SegmentIdOf(std::string_view file_name);

}  // namespace blasty::index::internal
