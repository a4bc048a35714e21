// Settings of `blasty serve`: flags over environment over file over defaults.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace blasty::server {

struct ServeOptions {
    std::string data = "blasty-data";
    std::string grpc = "127.0.0.1:6868";  // port 0: any free one
    uint64_t message_bytes_max = 8ull << 20;
    bool auto_create_topics = true;
    bool unsafe = false;    // acknowledges before fdatasync
    bool insecure = false;  // may listen beyond loopback without authentication
    int64_t dedup_window_us = 120'000'000;
    int64_t stop_grace_us = 3'000'000;  // running calls get this long at a stop
    // Of topics that are made without any of their own; 0: no bound.
    int64_t default_retention_age_us = 0;
    uint64_t default_retention_bytes = 0;
    uint64_t default_retention_count = 0;
    uint64_t log_segment_bytes = 64ull << 20;
    uint64_t log_cache_bytes = 32ull << 20;
    int64_t tables_statement_timeout_us = 30'000'000;
    int64_t tables_history_age_us = 7ll * 86'400'000'000;
    uint64_t tables_statement_memory = 256ull << 20;
    uint64_t tables_readers = 4;
    uint64_t live_subscriptions_max = 2'000'000;
    uint64_t live_result_rows_max = 100'000;
    uint64_t live_buffer_bytes = 1ull << 20;
    uint64_t live_window_bytes = 64ull << 20;
};

// One setting: its key in the file ("log.segment_bytes"); in the environment it is
// BLASTY_LOG_SEGMENT_BYTES.
struct Setting {
    std::string_view key;
    std::string_view what;  // for people
    std::function<Status(ServeOptions&, std::string_view value)> apply;
    std::function<std::string(const ServeOptions&)> show;
};
const std::vector<Setting>& Settings();
std::string EnvironmentName(std::string_view key);

struct ConfigSources {
    std::map<std::string, std::string> flags;  // by key
    // getenv, replaceable.
    std::function<std::optional<std::string>(const std::string& name)> environment;
    std::string file;  // empty: none
};

// CONFIG_UNREADABLE, CONFIG_SYNTAX, UNKNOWN_SETTING (names key, file and line), INVALID_SETTING
// (names where the value came from); all INVALID_ARGUMENT.
Result<ServeOptions> LoadConfig(const ConfigSources& sources);

struct Address {
    std::string host;
    int port = 0;
};
// "127.0.0.1:6868", "localhost:0", "[::1]:6868". INVALID_ADDRESS.
Result<Address> ParseAddress(std::string_view text);
bool IsLoopback(const Address& address);
// INSECURE_ADDRESS (FAILED_PRECONDITION) when `grpc` is not loopback and `insecure` is not set.
Status CheckListenAddress(const ServeOptions& options);

}  // namespace blasty::server
