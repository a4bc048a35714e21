#include "base/place.h"

#include "absl/strings/cord.h"

namespace blasty {
namespace {

constexpr char kPlaceUrl[] = "blasty.place";

}  // namespace

Status WithPlace(Status status, std::string_view place) {
    // A payload of an ok status is dropped by Abseil.
    status.SetPayload(kPlaceUrl, absl::Cord(absl::string_view(place.data(), place.size())));
    return status;
}

std::string PlaceOf(const Status& status) {
    const auto place = status.GetPayload(kPlaceUrl);
    return place ? std::string(*place) : std::string();
}

}  // namespace blasty
