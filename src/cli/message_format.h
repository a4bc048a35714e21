// One message as text for people or as JSON.
#pragma once

#include <string>

#include "client/message.h"

namespace blasty::cli {

// "12:00:00.250  orders  #17  [key]  payload" and headers behind it; local time, control characters
// escaped. `inbox`: shows the attempt when it is not the first.
std::string FormatHuman(const client::InMessage& message, bool colour, int64_t now_us);
// {"sequence":17,"topic":"orders","time":"…","key":"…","id":"…","attempt":1,"headers":{…},
// "payload":"…"}; bytes that are not UTF-8 come in base64 as payload_base64, key_base64.
std::string FormatJson(const client::InMessage& message);

}  // namespace blasty::cli
