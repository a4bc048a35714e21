#include "cli/watch.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupts.h"
#include "cli/live_screen.h"
#include "cli/search_screen.h"
#include "cli/value_text.h"
#include "cli/watch_format.h"
#include "cli/watch_screen.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr int64_t kScreenTickUs = 100'000;
constexpr int64_t kScreenDelayUs = 500'000;  // of an empty screen
constexpr int64_t kLineTickUs = 60'000'000;
constexpr int64_t kFirstConnectionUs = 1'000'000;

// The alternate screen, without a cursor and without wrapping; and back.
constexpr std::string_view kScreenOn = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr char kScreenOff[] = "\x1b[?7h\x1b[?25h\x1b[?1049l";

ScreenSize SizeOfTerminal(bool colour) {
    ScreenSize out;
    out.colour = colour;
    winsize size = {};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return out;
    if (size.ws_col > 0) out.columns = size.ws_col;
    if (size.ws_row > 0) out.lines = size.ws_row;
    return out;
}

std::unique_ptr<LiveScreen> MakeScreen(const WatchOptions& options) {
    if (!options.screen) return nullptr;
    if (options.request.has_search()) return std::make_unique<SearchScreen>(options.request);
    return std::make_unique<WatchScreen>(options.request.query().sql());
}

bool IsUpdate(v1::Event::Kind kind) {
    return kind == v1::Event::ENTER || kind == v1::Event::CHANGE || kind == v1::Event::LEAVE;
}

}  // namespace

bool CanDrawScreen() {
    const char* const term = std::getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && term != nullptr && *term != 0 &&
           std::string_view(term) != "dumb";
}

Watch::Watch(client::Client& client, WatchOptions options)
    : options_(std::move(options)),
      colour_(WantsColour(STDOUT_FILENO)),
      screen_(MakeScreen(options_)),
      live_(client, [this] {
          client::LiveClientOptions live;
          live.first_connection_us = kFirstConnectionUs;
          live.on_connection = [this](const Status& status) { OnConnection(status); };
          return live;
      }()) {}

Watch::~Watch() = default;

void Watch::Cancel() {
    cancelled_.store(true);
    live_.Cancel();
}

void Watch::OnConnection(const Status& status) {
    if (screen_ == nullptr) {
        if (options_.quiet) return;
        Note(status.ok() ? std::string("connected again, going on where it stopped")
                         : StrCat("connection lost, trying again: ", MessageOf(status)));
        return;
    }
    MutexLock lock(mutex_);
    note_ = status.ok() ? "" : "connection lost, trying again";
}

void Watch::Print(const v1::Event& event) {
    if (event.kind() == v1::Event::PROGRESS && !options_.request.progress()) return;
    if (event.kind() == v1::Event::ROW && !options_.snapshot) return;
    if (event.kind() == v1::Event::ERROR) return;  // goes to stderr
    out_.Line(options_.json ? EventJson(event, names_) : EventLine(event, names_, colour_));
}

bool Watch::Take(client::LiveBatch& batch, Status* status) {
    if (!batch.columns.empty()) {
        names_.clear();
        for (const v1::Column& column : batch.columns) names_.push_back(column.name());
        if (options_.json) names_ = UniqueNames(names_);
        if (screen_ != nullptr) screen_->SetColumns(batch.columns);
    }
    const int64_t now = SystemClock().MonotonicMicros();
    for (const v1::Event& event : batch.events) {
        if (event.kind() == v1::Event::ERROR) *status = ErrorOf(event);
        if (screen_ != nullptr) {
            screen_->Apply(event, now);
        } else {
            Print(event);
        }
        if (!event.token().empty()) token_ = event.token();
        if (IsUpdate(event.kind()) && ++counted_ == options_.count) return false;
    }
    return screen_ != nullptr || out_.Flush();
}

void Watch::DrawWhenDue() {
    const int64_t now = SystemClock().MonotonicMicros();
    const ScreenSize size = SizeOfTerminal(colour_);
    {
        MutexLock lock(mutex_);
        screen_->SetNote(note_);
    }
    screen_->Expire(now);
    const bool resized = size.columns != drawn_columns_ || size.lines != drawn_lines_;
    if (drawn_lines_ == 0) {
        // An error right away needs no screen.
        if (screen_->empty() && now - began_us_ < kScreenDelayUs) return;
        out_.Write(kScreenOn);
        Interrupts::SetFarewell(kScreenOff);
    }
    if (!resized && (!screen_->changed() || now - drawn_us_ < kScreenTickUs)) return;
    drawn_columns_ = size.columns;
    drawn_lines_ = size.lines;
    drawn_us_ = now;
    std::string text = resized ? "\x1b[2J\x1b[H" : "\x1b[H";
    for (const char c : screen_->Draw(size)) {
        if (c == '\n') text += "\x1b[K\r";
        text += c;
    }
    out_.Write(text += "\x1b[K\x1b[J");
    out_.Flush();
}

int64_t Watch::TickUs() const {
    const int64_t tick = screen_ != nullptr ? kScreenTickUs : kLineTickUs;
    if (options_.for_us == 0) return tick;
    return std::min(tick, began_us_ + options_.for_us - SystemClock().MonotonicMicros());
}

Status Watch::Loop() {
    client::LiveBatch batch;
    Status failed;
    for (int64_t tick = TickUs(); !cancelled_.load() && tick >= 0; tick = TickUs()) {
        BLASTY_ASSIGN_OR_RETURN(const client::NextResult next, live_.Next(&batch, tick));
        if (next == client::NextResult::kEnd) break;
        if (next == client::NextResult::kBatch && !Take(batch, &failed)) break;
        if (screen_ == nullptr) continue;
        DrawWhenDue();
        if (out_.broken()) break;
    }
    return failed;
}

// Back to the terminal as it was, with what the result is now below.
void Watch::EndScreen() {
    if (drawn_lines_ > 0) out_.Write(kScreenOff);
    out_.Write(screen_->End(SizeOfTerminal(colour_)));
    out_.Flush();
    Interrupts::SetFarewell(nullptr);
}

void Watch::TellHowToGoOn() {
    if (options_.quiet || options_.again.empty() || token_.empty()) return;
    Note(StrCat(server::Counted(counted_, "event"), "; go on with: ", options_.again, " --resume ",
                ShellWord(token_)));
}

Status Watch::Run() {
    subscription_ = live_.Subscribe(options_.request);
    began_us_ = SystemClock().MonotonicMicros();
    Status status = Loop();
    if (screen_ != nullptr) EndScreen();
    const bool stopped = cancelled_.load() || ReasonOf(status) == "CANCELLED";
    if (stopped) status = OkStatus();
    if (!out_.Flush()) return OkStatus();  // its reader is gone, or OutputStatus tells
    if (stopped || status.ok()) TellHowToGoOn();
    return status;
}

int WatchUntilStopped(const Session& session, WatchOptions options) {
    std::atomic<Watch*> running = nullptr;
    const Interrupts interrupts([&running] {
        if (Watch* const watch = running.load()) watch->Cancel();
    });
    client::Client client(session.client_options());
    Watch watch(client, std::move(options));
    running.store(&watch);
    if (interrupts.interrupted()) watch.Cancel();
    const Status status = watch.Run();
    running.store(nullptr);
    return PrintError(status);
}

}  // namespace blasty::cli
