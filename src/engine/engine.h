// The facade the gateways see: the databases of a data directory, identity and limits. One database
// so far, `main`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "engine/backup.h"
#include "exec/executor.h"
#include "io/file_system.h"
#include "live/live.h"
#include "search/live_searches.h"
#include "search/searches.h"
#include "tables/tables.h"
#include "topics/topics.h"

namespace blasty::engine {

struct EngineOptions {
    // DIR/databases/main/{log,topics.checkpoint,tables.db,search}; DIR/server.id
    std::string data_directory;
    // `directory` is filled in by the engine. With topics.log.manual_commit nothing here starts a
    // thread: the owner calls CommitQueued, RunQueued and RunPending, and there is no search.
    topics::TopicsOptions topics;
    tables::TablesOptions tables;
    live::LiveOptions live;
    search::SearchesOptions search;
    search::LiveSearchesOptions live_searches;
    int64_t health_probe_us =
        1'000'000;  // how often "can commit now" is checked when nothing is written
};

struct EngineInfo {
    std::string server_id;  // random, made with the data directory
    std::string data_directory;
    int64_t started_us;
    bool unsafe = false;  // acknowledged before fdatasync
    uint64_t free_bytes;
    topics::TopicsStats topics;
    tables::TablesStats tables;
    Sequence tables_history_from;
    live::LiveStats live;
    search::LiveSearchesStats live_searches;
};

// Thread-safe.
class Engine {
  public:
    // Locks the data directory (DATA_DIRECTORY_IN_USE), creates it when missing, opens the
    // database. Arguments must outlive the object.
    static Result<std::unique_ptr<Engine>> Open(io::FileSystem& fs, const EngineOptions& options,
                                                exec::Executor& executor, const Clock& clock);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    topics::Topics& topics();
    tables::Tables& tables();
    live::Live& live();
    // REQUIRES: not topics.log.manual_commit.
    search::Searches& search();
    // Null with topics.log.manual_commit.
    search::LiveSearches* live_searches();
    // Writes the whole database, consistent at one sequence, as one archive (docs/backup.md) while
    // everything goes on. Blocks; one at a time: BACKUP_RUNNING (RESOURCE_EXHAUSTED). Needs room
    // for a copy of tables.db meanwhile.
    Result<BackupInfo> Backup(const BackupSink& sink);
    // Can commit now: ok, or LOG_STOPPED / NO_SPACE with the cause, or why tables or live queries
    // have stopped. Probed, cached for health_probe_us.
    Status health();
    EngineInfo info();
    void Close();

  private:
    struct Impl;
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::engine
