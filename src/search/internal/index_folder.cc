#include "search/internal/index_folder.h"

#include <algorithm>
#include <charconv>

#include "base/crc32c.h"
#include "base/strings.h"
#include "index/index.h"

namespace blasty::search::internal {

// Letters and digits of the name stay.
std::string FolderOf(std::string_view name, std::string_view sql) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += StrCat("%", kHex.substr(byte >> 4, 1), kHex.substr(byte & 15, 1));
        }
    }
    out += '.';
    const uint32_t sum = Crc32c(sql);
    for (int shift = 28; shift >= 0; shift -= 4) out += kHex[(sum >> shift) & 15];
    return out;
}

std::vector<uint64_t> GenerationsIn(io::FileSystem& fs, const std::string& directory) {
    std::vector<uint64_t> generations;
    const auto entries = fs.List(directory);
    if (!entries.ok()) return generations;
    for (const io::DirectoryEntry& entry : *entries) {
        uint64_t number = 0;
        const char* const end = entry.name.data() + entry.name.size();
        if (std::from_chars(entry.name.data(), end, number).ptr == end && number != 0)
            generations.push_back(number);
    }
    std::sort(generations.rbegin(), generations.rend());
    return generations;
}

void EraseFolder(io::FileSystem& fs, const std::string& directory) {
    for (const uint64_t generation : GenerationsIn(fs, directory))
        index::Index::Erase(fs, StrCat(directory, "/", generation)).IgnoreError();
}

}  // namespace blasty::search::internal
