// How the server follows a live query, for people or as JSON.
#pragma once

#include "blasty/v1/sql.pb.h"
#include "client/client.h"

namespace blasty::cli {

// Prints it; returns the exit code.
int PrintExplanation(client::Client& client, const v1::Statement& statement, bool json);

}  // namespace blasty::cli
