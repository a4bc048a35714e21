// Where in its input an error lies, as a field of the status beside the reason word: programs read
// it without taking the message apart.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace blasty {

// The same error with a place, for example "request 7"; printable ASCII. Replaces the one before.
// Nothing happens to an ok status.
Status WithPlace(Status status, std::string_view place);

// The place of an error; empty when it has none. Not part of its message.
std::string PlaceOf(const Status& status);

}  // namespace blasty
