// One step of a random history: plain data, so that a failing history can be cut down and printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/value.h"

namespace blasty::oracle {

struct Operation {
    enum class Kind {
        kWrite,        // `statements` as one request
        kSchema,       // one schema statement
        kPublish,      // `count` messages to a topic, between the commits of tables
        kSubscribe,    // `slot` begins `statements[0]` with `parameters`
        kUnsubscribe,  // `slot` ends
        kReconnect,    // `slot` loses its connection after `count` more events, resumes by token
        kPause,        // `slot` stops reading
        kGoOn,         // and reads again
        kRestart,      // clean stop and start
        kPowerCut,     // power cut (`count` picks what happens to unsynced bytes) and start
        kClean,        // time passes (`count` seconds), retention and checkpoints run
    };
    Kind kind = Kind::kWrite;
    std::vector<std::string> statements;
    tables::Row parameters;
    int slot = 0;
    uint32_t count = 0;
    bool settle = true;       // live queries follow before the next step
    bool old_values = false;  // kSubscribe
    int64_t coalesce_us = 0;  // kSubscribe
};

std::string Describe(const Operation& operation);

}  // namespace blasty::oracle
