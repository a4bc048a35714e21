// Records of a CSV file (RFC 4180): quotes, line ends inside of them, CRLF, a byte order mark.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace blasty::cli {

struct CsvField {
    std::string text;
    bool quoted = false;  // "" is the empty text, nothing at all is NULL
};

// Not thread-safe.
class CsvReader {
  public:
    // `more` appends what comes next to its argument; false at the end of the input.
    CsvReader(std::function<bool(std::string*)> more, char delimiter)
        : more_(std::move(more)), delimiter_(delimiter) {}

    // The next record; false at the end. A line with nothing on it is a record of one field with
    // nothing in it. A malformed record sets `problem` (else empty) and is passed over to the end
    // of its line, so that the next one can be read.
    bool Next(std::vector<CsvField>* fields, std::string* problem);
    // First line of the record that Next gave, from 1.
    uint64_t line() const { return record_line_; }

  private:
    enum class Field { kMore, kLast, kBad };

    int Peek();
    void Take() { ++at_; }
    Field ReadField(CsvField* field, std::string* problem);
    Field ReadQuoted(CsvField* field, std::string* problem);
    Field Bad(std::string* problem, std::string why);
    bool TakeLineEnd();

    std::function<bool(std::string*)> more_;
    const char delimiter_;
    std::string buffer_;
    size_t at_ = 0;
    bool ended_ = false, begun_ = false;
    uint64_t line_ = 1, record_line_ = 0;
};

}  // namespace blasty::cli
