// Errors across modules: an Abseil status plus a stable reason word.
//
// A reason word (`TOPIC_NOT_FOUND`) names the kind of failure for programs; the message names the
// input, the place and the remedy for people. All reason words stand in api/errors.md.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace blasty {

using Status = absl::Status;
using StatusCode = absl::StatusCode;
template <typename T>
using Result = absl::StatusOr<T>;

inline Status OkStatus() { return absl::OkStatus(); }

// An error with its reason word, for example
//   MakeError(StatusCode::kNotFound, "TOPIC_NOT_FOUND", "topic 'orders' does not exist; create it
//   …").
Status MakeError(StatusCode code, std::string_view reason, std::string_view message);

// The reason word of an error; "INTERNAL" when it carries none, empty when ok.
std::string ReasonOf(const Status& status);

// The message without code and reason. Lives as long as `status`.
std::string_view MessageOf(const Status& status);

// The same code and reason with `context` and ": " before the message.
Status Annotate(const Status& status, std::string_view context);

}  // namespace blasty

#define BLASTY_CONCAT_INNER(a, b) a##b
#define BLASTY_CONCAT(a, b) BLASTY_CONCAT_INNER(a, b)

#define BLASTY_RETURN_IF_ERROR(expr)                                                \
    do {                                                                            \
        if (auto blasty_status = (expr); !blasty_status.ok()) return blasty_status; \
    } while (false)

#define BLASTY_ASSIGN_OR_RETURN(lhs, expr) \
    BLASTY_ASSIGN_OR_RETURN_INNER(BLASTY_CONCAT(blasty_result_, __LINE__), lhs, expr)
#define BLASTY_ASSIGN_OR_RETURN_INNER(result, lhs, expr) \
    auto result = (expr);                                \
    if (!result.ok()) return result.status();            \
    lhs = *std::move(result)
