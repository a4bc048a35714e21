// The address to listen on, checked before gRPC sees it: its own failure says nothing.
#pragma once

#include <string>

#include "base/status.h"

namespace blasty::rpc {

// INVALID_ADDRESS (INVALID_ARGUMENT) when `address` is not HOST:PORT, does not resolve or is not of
// this machine; ADDRESS_IN_USE (ALREADY_EXISTS) when something listens there.
Status CheckListenAddress(const std::string& address);

}  // namespace blasty::rpc
