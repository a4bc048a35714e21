// What becomes of the lines that an import cannot take.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "base/status.h"

namespace blasty::cli {

// One thread at a time.
class BadLines {
  public:
    // "stop", "skip" or "file=PATH". USAGE (INVALID_ARGUMENT).
    Status Open(const std::string& how);
    // The text of lines is wanted: it goes to the file.
    bool keeps_text() const { return !path_.empty(); }
    // Tells it, or writes {"line":…,"reason":…,"text":…}. An error ends the import.
    Status Take(uint64_t line, const std::string& text, const Status& why);

  private:
    bool stop_ = false;
    std::string path_;
    std::ofstream file_;
    uint64_t told_ = 0;
};

}  // namespace blasty::cli
