// Lines of a file or of standard input, until told to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace blasty::cli {

class LineReader {
  public:
    // A wait for input ends soon after `stop` is set.
    explicit LineReader(const std::atomic<bool>& stop) : stop_(stop) {}
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    // "-" is standard input. FILE_NOT_FOUND (NOT_FOUND), USAGE for a directory and for a standard
    // input that is closed.
    Status Open(const std::string& path);
    // The next line without its end, valid until the next call. False at the end, when stopped, and
    // when reading failed: see status().
    bool Next(std::string_view* line);
    // IO_ERROR (UNAVAILABLE) naming file and line once reading failed. A line that was begun is not
    // handed out then.
    const Status& status() const { return status_; }
    // Bytes in all; 0 when that is not known.
    uint64_t size() const { return size_; }
    // Bytes handed out so far.
    uint64_t read() const { return read_; }

  private:
    bool Fill();

    const std::atomic<bool>& stop_;
    int fd_ = -1;
    std::string name_;  // for messages
    Status status_;
    uint64_t lines_ = 0;  // handed out
    bool regular_ = false, ended_ = false;
    uint64_t size_ = 0, read_ = 0;
    std::string buffer_;
    size_t start_ = 0;  // of what was not handed out
};

}  // namespace blasty::cli
