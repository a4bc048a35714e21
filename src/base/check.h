// Assertions that stay on in production: a broken invariant of ours stops the process with the
// place and the reason.
#pragma once

#include <ostream>
#include <sstream>

namespace blasty::internal {

// Prints what was streamed into it, then aborts.
class CheckFailure {
  public:
    CheckFailure(const char* file, int line, const char* condition);
    [[noreturn]] ~CheckFailure();
    std::ostream& stream() { return stream_; }

  private:
    std::ostringstream stream_;
};

}  // namespace blasty::internal

// The switch keeps an `else` of the caller from binding to this `if`.
#define BLASTY_CHECK(condition)                   \
    switch (0)                                    \
    case 0:                                       \
    default:                                      \
        if (__builtin_expect(!!(condition), 1)) { \
        } else                                    \
            ::blasty::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()
