// A database with topics, tables and live queries on a disk in memory, on one thread, with
// subscribers; runs a history and compares every subscriber with a fresh SELECT.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exec/sim_executor.h"
#include "io/memory_file_system.h"
#include "live/live.h"
#include "tables/tables.h"
#include "tests/oracle/operation.h"
#include "tests/oracle/subscriber.h"
#include "topics/topics.h"

namespace blasty::oracle {

struct WorldStats {
    uint64_t commits = 0, refused = 0, comparisons = 0, rows_compared = 0;
    uint64_t events = 0, resets = 0, ended = 0, restarts = 0, reconnects = 0;
    uint64_t evaluations = 0, increments = 0;  // of held results
};

class World {
  public:
    explicit World(uint64_t seed);
    ~World();
    // Runs a history; what went wrong first, or nothing.
    std::string Run(const std::vector<Operation>& history);
    const WorldStats& stats() const { return stats_; }

  private:
    std::string Do(const Operation& operation);
    std::string Open();
    void Stop(bool clean, uint64_t crash);
    // Adds what the live queries did since they were opened.
    void CountRounds();
    // Everything committed is followed, everything posted has run.
    void Settle();
    std::string Write(const Operation& operation);
    std::string Reconnect(int slot, uint32_t events);
    std::string Restart(const Operation& operation);
    std::string Check(Subscriber& subscriber, const std::string& who);
    std::string CheckAll();
    Result<std::vector<std::string>> Select(const std::string& sql, const tables::Row& parameters);
    // Name and rows of each table, sorted: what must survive.
    Result<std::map<std::string, std::vector<std::string>>> Contents();

    const uint64_t seed_;
    io::MemoryFileSystem disk_;
    std::unique_ptr<exec::SimExecutor> executor_;
    std::unique_ptr<topics::Topics> topics_;
    std::unique_ptr<tables::Tables> tables_;
    std::unique_ptr<live::Live> live_;
    std::map<int, std::unique_ptr<Subscriber>> subscribers_;
    int schema_steps_ = 0;
    WorldStats stats_;
};

}  // namespace blasty::oracle
