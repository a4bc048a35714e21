// A file that appears under its name only once it is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace blasty::cli {

// Not thread-safe. Written as NAME.part; removed unless Commit was called.
class OutputFile {
  public:
    OutputFile() = default;
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    // FILE_EXISTS (ALREADY_EXISTS) when the name is taken and `replace` is not set; IO_ERROR.
    Status Open(const std::string& path, bool replace);
    // IO_ERROR naming the file.
    Status Write(std::string_view bytes);
    // On disk, under its name.
    Status Commit();
    uint64_t written() const { return written_; }

  private:
    Status Flush();
    Status Failed(std::string_view what) const;

    std::string path_, part_, buffer_;
    int fd_ = -1;
    uint64_t written_ = 0;
};

}  // namespace blasty::cli
