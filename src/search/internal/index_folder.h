// Where the files of an index are: FOLDER/GENERATION; each time it is built is a generation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_system.h"

namespace blasty::search::internal {

// The folder of an index of that name and definition.
std::string FolderOf(std::string_view name, std::string_view sql);
// Newest first.
std::vector<uint64_t> GenerationsIn(io::FileSystem& fs, const std::string& directory);
// Removes the index files in a folder that no index uses.
void EraseFolder(io::FileSystem& fs, const std::string& directory);

}  // namespace blasty::search::internal
