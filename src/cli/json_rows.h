// Rows from JSON objects, one a line (NDJSON).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

// Values as SQLite has them: integers stay exact (those beyond 64 bits as TEXT with all their
// digits), true and false are 1 and 0, arrays and objects are their JSON text,
// {"$base64":"…"} is a BLOB, {"$text_base64":"…"} TEXT of any bytes.
class JsonRows {
  public:
    JsonRows();
    ~JsonRows();
    JsonRows(const JsonRows&) = delete;
    JsonRows& operator=(const JsonRows&) = delete;

    using Fields = std::vector<std::pair<std::string, v1::Value>>;
    // The object of one line. INVALID_JSON (INVALID_ARGUMENT) says what is wrong with it.
    Status Parse(std::string_view line, Fields* fields);
    Result<v1::Value> ParseValue(std::string_view json);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

Result<v1::Value> ParseJsonValue(std::string_view json);

// The bytes of base64 text, with or without padding. INVALID_JSON.
Result<std::string> DecodeBase64(std::string_view text);

}  // namespace blasty::cli
