// The facade the gateways see: the databases of a data directory, identity and limits. One database
// so far, `main`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "exec/executor.h"
#include "io/file_system.h"
#include "topics/topics.h"

namespace blasty::engine {

struct EngineOptions {
    std::string data_directory;    // DIR/databases/main/{log,topics.checkpoint}; DIR/server.id
    topics::TopicsOptions topics;  // `directory` is filled in by the engine
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
    // Can commit now: ok, or LOG_STOPPED / NO_SPACE with the cause. Probed, cached for
    // health_probe_us.
    Status health();
    EngineInfo info();
    void Close();

  private:
    struct Impl;
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::engine
