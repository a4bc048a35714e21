// The errors of Proximo's protocol. Clients know these texts: they are exact.
#pragma once

#include "base/status.h"

namespace blasty::compat {

// Code InvalidArgument, reason word PROXIMO_PROTOCOL.
inline Status ProtocolError(std::string_view text) {
    return MakeError(StatusCode::kInvalidArgument, "PROXIMO_PROTOCOL", text);
}
inline Status AlreadyStarted() { return ProtocolError("consumption already started"); }
inline Status InvalidConfirmation() { return ProtocolError("invalid confirmation"); }
inline Status NotConnected() { return ProtocolError("not connected to a topic"); }
inline Status InvalidRequest() {
    return ProtocolError(
        "invalid consumer request - this is possibly a bug in your client library");
}

}  // namespace blasty::compat
