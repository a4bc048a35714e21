#include "cli/message_format.h"

#include <cstdio>
#include <ctime>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

std::tm LocalTime(int64_t us) {
    const auto seconds = static_cast<std::time_t>(us / 1'000'000);
    std::tm when = {};
    localtime_r(&seconds, &when);
    return when;
}

// The time, after the date unless that is today's.
std::string LocalClock(int64_t us, int64_t now_us) {
    const std::tm when = LocalTime(us);
    const std::tm now = LocalTime(now_us);
    char text[80];
    size_t length = 0;
    if (when.tm_year != now.tm_year || when.tm_yday != now.tm_yday)
        length = std::strftime(text, sizeof(text), "%Y-%m-%d ", &when);
    std::snprintf(text + length, sizeof(text) - length, "%02d:%02d:%02d.%03d", when.tm_hour,
                  when.tm_min, when.tm_sec, static_cast<int>(us % 1'000'000 / 1000));
    return text;
}

}  // namespace

std::string FormatHuman(const client::InMessage& message, bool colour, int64_t now_us) {
    std::string out = Paint(colour, Colour::kDim, LocalClock(message.event_time_us, now_us));
    StrAppend(out, "  ", Paint(colour, Colour::kCyan, message.topic), "  ",
              Paint(colour, Colour::kDim, StrCat("#", message.sequence)));
    if (!message.key.empty())
        StrAppend(out, "  ",
                  Paint(colour, Colour::kYellow, StrCat("[", Printable(message.key, 100), "]")));
    if (message.attempt > 1)
        StrAppend(out, "  ",
                  Paint(colour, Colour::kMagenta, StrCat("(attempt ", message.attempt, ")")));
    StrAppend(out, "  ", Printable(message.payload, 2000));
    for (const client::Header& header : message.Headers())
        StrAppend(out, "  ",
                  Paint(colour, Colour::kDim,
                        StrCat(Printable(header.name), "=", Printable(header.value, 200))));
    return out;
}

std::string FormatJson(const client::InMessage& message) {
    server::JsonObject json;
    json.Add("sequence", message.sequence)
        .Add("topic", message.topic)
        .Add("time", std::string_view(server::FormatTime(message.event_time_us)));
    if (!message.key.empty()) json.AddBytes("key", message.key);
    if (!message.id.empty()) json.AddBytes("id", message.id);
    if (message.attempt > 0) json.Add("attempt", message.attempt);
    if (message.has_headers) {
        server::JsonObject headers;
        for (const client::Header& header : message.Headers())
            headers.AddBytes(IsUtf8(header.name) ? header.name : "invalid", header.value);
        json.AddRaw("headers", headers.Take());
    }
    return json.AddBytes("payload", message.payload).Take();
}

}  // namespace blasty::cli
