// The steps of a path, and words by a pattern.

#include <unicode/regex.h>
#include <unicode/utext.h>

#include <string>
#include <utility>

#include "analysis/internal/parts.h"
#include "analysis/internal/tokenizer.h"
#include "analysis/limits.h"
#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace blasty::analysis::internal {
namespace {

class Path final : public Tokenizer {
  public:
    explicit Path(std::string delimiter) : delimiter_(std::move(delimiter)) {}

    void Split(std::string_view text, WordSink sink) const override {
        bool first = true;
        for (size_t at = 0; at < text.size();) {
            size_t end = text.find(delimiter_, at);
            if (end == std::string_view::npos) end = text.size();
            if (end > at) {
                if (!sink({0, end, false, !first})) return;
                first = false;
                if (end > kTermBytesMax) return;  // what follows is cut to the same term
            }
            at = end + delimiter_.size();
        }
    }

  private:
    std::string delimiter_;
};

class Regexp final : public Tokenizer {
  public:
    explicit Regexp(std::unique_ptr<icu::RegexPattern> pattern) : pattern_(std::move(pattern)) {}

    void Split(std::string_view text, WordSink sink) const override {
        UErrorCode status = U_ZERO_ERROR;
        const std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(status));
        UText utf8 = UTEXT_INITIALIZER;
        utext_openUTF8(&utf8, text.data(), static_cast<int64_t>(text.size()), &status);
        BLASTY_CHECK(U_SUCCESS(status));
        matcher->setStackLimit(kRegexpStackBytesMax, status);
        matcher->setTimeLimit(kRegexpSteps, status);
        matcher->reset(&utf8);
        while (matcher->find(status) != 0 && U_SUCCESS(status)) {
            const auto start = static_cast<size_t>(matcher->start64(status));
            const auto end = static_cast<size_t>(matcher->end64(status));
            if (U_FAILURE(status)) break;
            if (start < end && !sink({start, end})) break;
        }
        utext_close(&utf8);
    }

  private:
    std::unique_ptr<icu::RegexPattern> pattern_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> MakePathTokenizer(const ChainPart& part) {
    std::string delimiter = part.args.empty() ? "/" : part.args[0];
    if (delimiter.empty() || !IsUtf8(delimiter)) {
        return BadAnalyzer(part.place, "'path' needs a delimiter of at least one character");
    }
    return std::make_unique<Path>(std::move(delimiter));
}

Result<std::unique_ptr<Tokenizer>> MakeRegexpTokenizer(const ChainPart& part) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError where{};
    std::unique_ptr<icu::RegexPattern> pattern(
        icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(part.args[0]), where, status));
    if (U_FAILURE(status)) {
        return BadAnalyzer(
            part.place, StrCat("the pattern '", Printable(part.args[0]), "' is wrong at character ",
                               where.offset, ": ", u_errorName(status)));
    }
    return std::make_unique<Regexp>(std::move(pattern));
}

}  // namespace blasty::analysis::internal
