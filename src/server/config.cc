#include "server/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/strings.h"
#include "io/file_system.h"
#include "server/internal/toml_file.h"
#include "server/units.h"

namespace blasty::server {
namespace {

Status InvalidValue(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_SETTING", message);
}

Setting Text(std::string_view key, std::string_view what, std::string ServeOptions::*field) {
    return {key, what,
            [field](ServeOptions& options, std::string_view value) {
                if (value.empty()) return InvalidValue("must not be empty");
                options.*field = std::string(value);
                return OkStatus();
            },
            [field](const ServeOptions& options) { return options.*field; }};
}

Setting Flag(std::string_view key, std::string_view what, bool ServeOptions::*field) {
    return {
        key, what,
        [field](ServeOptions& options, std::string_view value) {
            const bool on = value == "true" || value == "1" || value == "yes" || value == "on";
            const bool off = value == "false" || value == "0" || value == "no" || value == "off";
            if (!on && !off)
                return InvalidValue(StrCat("'", Printable(value), "' is neither true nor false"));
            options.*field = on;
            return OkStatus();
        },
        [field](const ServeOptions& options) {
            return std::string(options.*field ? "true" : "false");
        }};
}

Setting Size(std::string_view key, std::string_view what, uint64_t ServeOptions::*field,
             uint64_t min, uint64_t max) {
    return {key, what,
            [=](ServeOptions& options, std::string_view value) -> Status {
                BLASTY_ASSIGN_OR_RETURN(const uint64_t size, ParseSize(value));
                if (size < min || size > max)
                    return InvalidValue(StrCat("'", value, "' is not between ", FormatBytes(min),
                                               " and ", FormatBytes(max)));
                options.*field = size;
                return OkStatus();
            },
            [field](const ServeOptions& options) { return FormatBytes(options.*field); }};
}

Setting Duration(std::string_view key, std::string_view what, int64_t ServeOptions::*field) {
    return {key, what,
            [field](ServeOptions& options, std::string_view value) -> Status {
                BLASTY_ASSIGN_OR_RETURN(options.*field, ParseDuration(value));
                return OkStatus();
            },
            [field](const ServeOptions& options) { return FormatDuration(options.*field); }};
}

Setting Count(std::string_view key, std::string_view what, uint64_t ServeOptions::*field) {
    return {key, what,
            [field](ServeOptions& options, std::string_view value) {
                uint64_t count = 0;
                const auto [end, error] =
                    std::from_chars(value.data(), value.data() + value.size(), count);
                if (error != std::errc() || end != value.data() + value.size())
                    return InvalidValue(
                        StrCat("'", Printable(value), "' is not a number; 0 means no bound"));
                options.*field = count;
                return OkStatus();
            },
            [field](const ServeOptions& options) { return StrCat(options.*field); }};
}

Setting Number(std::string_view key, std::string_view what, uint64_t ServeOptions::*field,
               uint64_t min, uint64_t max) {
    return {key, what,
            [=](ServeOptions& options, std::string_view value) {
                uint64_t number = 0;
                const auto [end, error] =
                    std::from_chars(value.data(), value.data() + value.size(), number);
                if (error != std::errc() || end != value.data() + value.size() || number < min ||
                    number > max)
                    return InvalidValue(StrCat("'", Printable(value), "' is not a number between ",
                                               min, " and ", max));
                options.*field = number;
                return OkStatus();
            },
            [field](const ServeOptions& options) { return StrCat(options.*field); }};
}

const Setting* Find(std::string_view key) {
    for (const Setting& setting : Settings())
        if (setting.key == key) return &setting;
    return nullptr;
}

Status Apply(const Setting& setting, std::string_view value, std::string_view where,
             ServeOptions* options) {
    const Status applied = setting.apply(*options, value);
    if (applied.ok()) return applied;
    return MakeError(StatusCode::kInvalidArgument, "INVALID_SETTING",
                     StrCat(where, ": setting '", setting.key, "': ", MessageOf(applied)));
}

Status ApplyFile(const std::string& path, ServeOptions* options) {
    const Result<std::string> text = io::ReadFile(io::PosixFileSystem(), path, 1 << 20);
    if (!text.ok()) {
        return MakeError(StatusCode::kInvalidArgument, "CONFIG_UNREADABLE",
                         StrCat("cannot read the configuration file: ", MessageOf(text.status())));
    }
    BLASTY_ASSIGN_OR_RETURN(const auto entries, internal::ParseToml(*text, path));
    for (const internal::TomlEntry& entry : entries) {
        const Setting* setting = Find(entry.key);
        const std::string where = StrCat(path, ":", entry.line);
        if (setting == nullptr) {
            std::string known;
            for (const Setting& each : Settings())
                StrAppend(known, known.empty() ? "" : ", ", each.key);
            return MakeError(StatusCode::kInvalidArgument, "UNKNOWN_SETTING",
                             StrCat(where, ": there is no setting '", Printable(entry.key),
                                    "'; there are ", known));
        }
        BLASTY_RETURN_IF_ERROR(Apply(*setting, entry.value, where, options));
    }
    return OkStatus();
}

}  // namespace

const std::vector<Setting>& Settings() {
    static const auto* settings = new std::vector<Setting>{
        Text("data", "where everything is stored", &ServeOptions::data),
        Text("grpc", "address to listen on", &ServeOptions::grpc),
        Size("message_bytes_max", "largest message", &ServeOptions::message_bytes_max, 1,
             128ull << 20),
        Flag("auto_create_topics", "publishing creates the topic",
             &ServeOptions::auto_create_topics),
        Flag("unsafe", "acknowledge before the disk has it", &ServeOptions::unsafe),
        Flag("insecure", "listen beyond this machine without authentication",
             &ServeOptions::insecure),
        Duration("dedup_window", "how long message ids are remembered",
                 &ServeOptions::dedup_window_us),
        Duration("stop_grace", "time for running calls at a stop", &ServeOptions::stop_grace_us),
        Duration("topics.default_retention_age", "age of messages that new topics keep",
                 &ServeOptions::default_retention_age_us),
        Size("topics.default_retention_bytes", "bytes of messages that new topics keep",
             &ServeOptions::default_retention_bytes, 0, UINT64_MAX),
        Count("topics.default_retention_count", "messages that new topics keep",
              &ServeOptions::default_retention_count),
        Size("log.segment_bytes", "size of a log file", &ServeOptions::log_segment_bytes, 64 << 10,
             4ull << 30),
        Size("log.cache_bytes", "memory for the newest messages", &ServeOptions::log_cache_bytes, 0,
             64ull << 30),
        Duration("tables.statement_timeout", "longest time of a statement",
                 &ServeOptions::tables_statement_timeout_us),
        Duration("tables.history_age", "how long changes of tables can be read again",
                 &ServeOptions::tables_history_age_us),
        Size("tables.statement_memory", "memory for statements, all together",
             &ServeOptions::tables_statement_memory, 16 << 20, 64ull << 30),
        Number("tables.readers", "SELECTs that run at once", &ServeOptions::tables_readers, 1, 64),
        Number("live.subscriptions_max", "live queries at once",
               &ServeOptions::live_subscriptions_max, 0, 100'000'000),
        Number("live.result_rows_max", "rows of a live query that is no plain filter",
               &ServeOptions::live_result_rows_max, 1, 100'000'000),
        Size("live.buffer_bytes", "events of a subscription that wait for its reader",
             &ServeOptions::live_buffer_bytes, 4 << 10, 1ull << 30),
        Size("live.window_bytes", "newest events kept in memory for all live queries",
             &ServeOptions::live_window_bytes, 64 << 10, 64ull << 30),
    };
    return *settings;
}

std::string EnvironmentName(std::string_view key) {
    std::string name = "BLASTY_";
    for (const char c : key)
        name.push_back(c == '.' ? '_'
                                : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    return name;
}

Result<ServeOptions> LoadConfig(const ConfigSources& sources) {
    ServeOptions options;
    if (!sources.file.empty()) BLASTY_RETURN_IF_ERROR(ApplyFile(sources.file, &options));
    for (const Setting& setting : Settings()) {
        const std::string name = EnvironmentName(setting.key);
        const auto value = sources.environment ? sources.environment(name) : std::nullopt;
        if (value && !value->empty())
            BLASTY_RETURN_IF_ERROR(Apply(setting, *value, StrCat("environment ", name), &options));
    }
    for (const auto& [key, value] : sources.flags) {
        const Setting* setting = Find(key);
        if (setting == nullptr)
            return MakeError(StatusCode::kInvalidArgument, "UNKNOWN_SETTING",
                             StrCat("there is no setting '", Printable(key), "'"));
        std::string flag(key);
        std::replace_if(
            flag.begin(), flag.end(), [](char c) { return c == '_' || c == '.'; }, '-');
        BLASTY_RETURN_IF_ERROR(Apply(*setting, value, StrCat("flag --", flag), &options));
    }
    return options;
}

Result<Address> ParseAddress(std::string_view text) {
    const auto bad = [text] {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_ADDRESS",
                         StrCat("'", Printable(text),
                                "' is not an address; write HOST:PORT, for example "
                                "127.0.0.1:6868 or [::1]:6868 (port 0: any free one)"));
    };
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return bad();
    Address address;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.front() == '[') {
        if (host.back() != ']') return bad();
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return bad();
    }
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port < 0 ||
        address.port > 65535 || host.empty())
        return bad();
    address.host = std::string(host);
    return address;
}

bool IsLoopback(const Address& address) {
    const std::string& host = address.host;
    if (host == "localhost" || host == "::1") return true;
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

Status CheckListenAddress(const ServeOptions& options) {
    BLASTY_ASSIGN_OR_RETURN(const Address address, ParseAddress(options.grpc));
    if (IsLoopback(address) || options.insecure) return OkStatus();
    return MakeError(
        StatusCode::kFailedPrecondition, "INSECURE_ADDRESS",
        StrCat("refusing to listen on ", options.grpc,
               ": anyone who reaches it could read and write everything, and there is no "
               "authentication yet; listen on 127.0.0.1, or give --insecure to do it anyway"));
}

}  // namespace blasty::server
