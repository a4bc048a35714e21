// Follows one live query or live search and prints it: a picture that updates in place on a
// terminal, else one line an event.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "blasty/v1/live.pb.h"
#include "cli/output.h"
#include "client/client.h"
#include "client/live.h"

namespace blasty::cli {

class LiveScreen;
struct Session;

// Standard output is a terminal that can be drawn on (TERM is not dumb).
bool CanDrawScreen();

struct WatchOptions {
    v1::Subscribe request;
    bool screen = false;     // a picture in place; else lines
    bool json = false;       // of the lines
    bool snapshot = true;    // print the rows of the snapshot (lines)
    uint64_t count = 0;      // stop after so many enters, changes and leaves; 0: never
    int64_t for_us = 0;      // stop after so long; 0: never
    bool quiet = false;      // no notes
    std::string again = "";  // the command that goes on, without its token; empty: not told
};

// One run. Run once, Cancel from any thread.
class Watch {
  public:
    Watch(client::Client& client, WatchOptions options);
    ~Watch();

    // Until Cancel, `count`, `for_us`, the end of the reader of stdout, or an error. CANCELLED is
    // ok.
    Status Run();
    void Cancel();

  private:
    Status Loop();
    // False when enough was printed.
    bool Take(client::LiveBatch& batch, Status* status);
    void Print(const v1::Event& event);
    void OnConnection(const Status& status);
    void DrawWhenDue();
    void EndScreen();
    // How long to wait for the next batch; negative: the time is over.
    int64_t TickUs() const;
    void TellHowToGoOn();

    const WatchOptions options_;
    const bool colour_;
    uint64_t subscription_ = 0;
    std::vector<std::string> names_;
    const std::unique_ptr<LiveScreen> screen_;
    Output out_;
    uint64_t counted_ = 0;
    std::string token_;                           // of the last event that was printed
    size_t drawn_columns_ = 0, drawn_lines_ = 0;  // 0: not drawn yet
    int64_t drawn_us_ = 0, began_us_ = 0;
    Mutex mutex_;
    std::string note_ ABSL_GUARDED_BY(mutex_);
    std::atomic<bool> cancelled_ = false;
    client::LiveClient live_;  // last: its callbacks use the others
};

// The whole of a command that watches, stopped by SIGINT and SIGTERM: the exit code.
int WatchUntilStopped(const Session& session, WatchOptions options);

}  // namespace blasty::cli
