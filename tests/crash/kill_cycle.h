// What the programs that kill the real server share: arguments, the folder, the kills, the verdict.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "tests/crash/server_process.h"

namespace blasty::crash {

struct Arguments {
    std::string binary;
    int seconds = 15;
    uint64_t seed = 0;
    std::string directory;  // new, for the data and the server's log
};

// Of --blasty PROGRAM [--seconds N] [--seed N]; prints the seed and makes the folder, whose name
// begins with `name`. Ends the program with its usage (code 2) when there is no PROGRAM.
Arguments ReadArguments(int argc, char** argv, const char* name);

// Kills and starts `server` until the time is over; how often it was killed. Ends the program when
// it does not start again: clients would try for ever.
int KillAgainAndAgain(ServerProcess& server, Random& random, int seconds);

// The closing line, and the exit code; the folder goes when all is good.
int Finish(const Arguments& arguments, bool good);

}  // namespace blasty::crash
