// Lines typed at a terminal: editing, history, completion (libedit).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace blasty::cli {

class LineEditor {
  public:
    // What the word before the cursor may become.
    using Completer = std::function<std::vector<std::string>(std::string_view before_cursor)>;

    // `history_file` is read now and written by the destructor; empty: none is kept.
    LineEditor(std::string history_file, Completer completer);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    enum class Outcome { kLine, kCancelled, kEnd };
    // A line without its end. kEnd: Ctrl-D. Any thread may end the wait with Cancel.
    Outcome Read(const std::string& prompt, std::string* line);
    void Remember(const std::string& entry);
    // What is being typed is dropped: Read returns kCancelled, now or the next time.
    void Cancel();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// $XDG_STATE_HOME/blasty/sql_history, else ~/.local/state/blasty/sql_history; its folder is made.
// Empty when there is no place for it.
std::string HistoryFile();

// The longest text that all of `words` begin with.
std::string CommonPrefix(const std::vector<std::string>& words);

}  // namespace blasty::cli
