#include "cli/bad_lines.h"

#include <string_view>

#include "base/strings.h"
#include "cli/output.h"
#include "server/json_text.h"

namespace blasty::cli {
namespace {

constexpr uint64_t kToldMax = 20;
constexpr std::string_view kFile = "file=";

}  // namespace

Status BadLines::Open(const std::string& how) {
    stop_ = how == "stop";
    if (stop_ || how == "skip") return OkStatus();
    if (!how.starts_with(kFile) || how.size() == kFile.size())
        return MakeError(
            StatusCode::kInvalidArgument, "USAGE",
            StrCat("--on-error '", Printable(how), "' is neither stop, skip nor file=PATH"));
    path_ = how.substr(kFile.size());
    file_.open(path_, std::ios::trunc | std::ios::binary);
    if (file_) return OkStatus();
    return MakeError(StatusCode::kInvalidArgument, "USAGE",
                     StrCat("cannot write bad lines to '", Printable(path_), "'"));
}

Status BadLines::Take(uint64_t line, const std::string& text, const Status& why) {
    if (stop_)
        return MakeError(why.code(), ReasonOf(why),
                         StrCat("line ", line, ": ", MessageOf(why),
                                "; --on-error skip goes on without such lines"));
    if (path_.empty()) {
        if (++told_ <= kToldMax)
            Note(StrCat("line ", line, ": ", MessageOf(why), " [", ReasonOf(why), "]"));
        if (told_ == kToldMax) Note("further bad lines are only counted");
        return OkStatus();
    }
    file_ << server::JsonObject()
                 .Add("line", line)
                 .AddBytes("reason", MessageOf(why))
                 .AddBytes("text", text)
                 .Take()
          << "\n";
    if (file_.flush()) return OkStatus();
    return MakeError(StatusCode::kUnavailable, "IO_ERROR",
                     StrCat("cannot write bad lines to '", Printable(path_), "'"));
}

}  // namespace blasty::cli
