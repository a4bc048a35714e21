// The commands of `blasty sql` that begin with a dot, and scripts of them and of statements.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "cli/sql_runner.h"
#include "cli/stopper.h"
#include "client/client.h"

namespace blasty::cli {

// Used by the thread that runs statements. All three must outlive it.
class SqlCommands {
  public:
    // `stopper` stops what runs; once nothing does it does `idle`.
    SqlCommands(client::Client& client, SqlRunner& runner, Stopper& stopper,
                std::function<void()> idle = nullptr)
        : client_(client), runner_(runner), stopper_(stopper), idle_(std::move(idle)) {}

    // One command, with its dot. False: leave. USAGE and what the server says.
    Result<bool> Run(const std::string& line);
    // One statement. Prints what comes of it.
    Status RunStatement(const std::string& text);
    // Statements and commands one after another, until .quit or one fails: "statement 2 of 5: …".
    // CANCELLED when it is stopped between two.
    Status RunScript(const std::string& text);

  private:
    Status Tables();
    Status Schema(const std::string& table);
    Status Mode(const std::string& name);
    Status WatchStatement(const std::string& sql);
    Status Explain(const std::string& sql);
    Status Read(const std::string& path);
    static Status Help();

    client::Client& client_;
    SqlRunner& runner_;
    Stopper& stopper_;
    const std::function<void()> idle_;
    int reading_ = 0;  // scripts that are in the middle of one another
};

// A script of `path`. FILE_NOT_FOUND, FILE_TOO_LARGE, USAGE when it is a directory.
Result<std::string> ReadScriptFile(const std::string& path);
// Of one that is read whole: more belongs into `blasty import`.
inline constexpr uint64_t kScriptBytesMax = 256 << 20;

// "statement 2 of 5" before what is wrong with it.
Status InPlace(const Status& status, size_t index, size_t count);

}  // namespace blasty::cli
