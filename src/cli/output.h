// What commands print: text to stdout that survives a closed pipe, errors to stderr, tables,
// colour.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace blasty::cli {

// Buffered standard output. Not thread-safe. After the reader is gone (EPIPE) or the disk is full
// everything is dropped and broken() says so.
class Output {
  public:
    ~Output() { Flush(); }
    void Write(std::string_view text);
    void Line(std::string_view text) {
        Write(text);
        Write("\n");
    }
    // False when broken.
    bool Flush();
    bool broken() const { return broken_; }

  private:
    std::string buffer_;
    bool broken_ = false;
};

// OUTPUT_FAILED when standard output could not be written and its reader is not merely gone.
Status OutputStatus();

// One line on stderr, whole even when several threads print: "blasty: text".
void Note(std::string_view text);
// "blasty: message [REASON]" on stderr; returns the exit code.
int PrintError(const Status& status);

enum class Colour { kNone, kBold, kDim, kRed, kGreen, kYellow, kBlue, kMagenta, kCyan };
// Standard output (1) or error (2) is a terminal that wants colour (NO_COLOR, TERM=dumb).
bool WantsColour(int fd);
// `text` in `colour` when `on`.
std::string Paint(bool on, Colour colour, std::string_view text);

// Columns of text, aligned; numbers (columns of `right`) to the right.
class Table {
  public:
    explicit Table(std::vector<std::string> titles, std::string right = "")
        : rows_{std::move(titles)}, right_(std::move(right)) {}
    void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string Text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
    std::string right_;  // 'r' for each column to align right, anything else left
};

// Columns a terminal needs for `text`: two for East Asian characters and emoji.
size_t DisplayWidth(std::string_view text);

}  // namespace blasty::cli
