// The segment files of a running log up to one record, for copies of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "io/file_system.h"

namespace blasty::log {

struct SegmentFile {
    std::string name;                // in the directory of the log
    std::shared_ptr<io::File> file;  // stays readable when retention removes or rewrites it
    uint64_t bytes = 0;              // from the front, to be copied
};

// Opens the files that hold every stored record up to `last`, which must be the last record of a
// durable frame. The newest is cut behind that frame. A log opened on the copies ends at `last`.
// All files are open at once. LOG_DAMAGED when the frame cannot be found.
Result<std::vector<SegmentFile>> OpenSegmentFiles(io::FileSystem& fs, const std::string& directory,
                                                  Sequence last);

}  // namespace blasty::log
