// How the server follows a live query, for people or as JSON.
#pragma once

#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "client/client.h"

namespace blasty::cli {

// Prints it.
Status PrintExplanation(client::Client& client, const v1::Statement& statement, bool json);

}  // namespace blasty::cli
