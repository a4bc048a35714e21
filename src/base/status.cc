#include "base/status.h"

#include "absl/strings/cord.h"
#include "base/strings.h"

namespace blasty {
namespace {

constexpr char kReasonUrl[] = "blasty.reason";

}  // namespace

Status MakeError(StatusCode code, std::string_view reason, std::string_view message) {
    Status status(code, absl::string_view(message.data(), message.size()));
    status.SetPayload(kReasonUrl, absl::Cord(absl::string_view(reason.data(), reason.size())));
    return status;
}

std::string ReasonOf(const Status& status) {
    if (status.ok()) return "";
    if (auto payload = status.GetPayload(kReasonUrl)) return std::string(*payload);
    return "INTERNAL";
}

std::string_view MessageOf(const Status& status) {
    return {status.message().data(), status.message().size()};
}

Status Annotate(const Status& status, std::string_view context) {
    if (status.ok()) return status;
    Status out =
        MakeError(status.code(), ReasonOf(status), StrCat(context, ": ", MessageOf(status)));
    status.ForEachPayload(
        [&out](absl::string_view url, const absl::Cord& value) { out.SetPayload(url, value); });
    return out;
}

}  // namespace blasty
