// One index at work: built from its table, then fed by every commit, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "index/index.h"
#include "io/file_system.h"
#include "log/log.h"
#include "search/definition.h"
#include "search/mapping.h"
#include "search/searches.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// What all indexes share; outlives them.
struct Shared {
    io::FileSystem& fs;
    const SearchesOptions& options;
    log::Log& log;
    tables::Tables& tables;
    const Clock& clock;
    // Last commit of tables that was announced, with its schema.
    std::atomic<uint64_t> announced{0};
};

class LiveIndex {
  public:
    LiveIndex(Shared& shared, std::string name, Definition definition, std::string sql);
    ~LiveIndex();
    void Start();
    // A commit was announced.
    void Wake();
    void Rebuild();
    void Stop();
    // Stops, and writes what it holds to disk.
    void Close();
    // The index is dropped: stops it and removes its files.
    void Drop();

    const std::string& name() const { return name_; }
    const std::string& sql() const { return sql_; }
    const Definition& definition() const { return definition_; }
    IndexInfo Info() const;

    // What can be searched, at or after `fresh`.
    struct View {
        index::SnapshotPtr snapshot;
        std::shared_ptr<const Mapping> mapping;
        std::shared_ptr<const tables::Table> table;
    };
    // INDEX_BUILDING (UNAVAILABLE), DEADLINE_EXCEEDED (fresh), INDEX_FAILED (UNAVAILABLE).
    Result<View> WaitFor(Sequence fresh, int64_t timeout_us) const;
    // What can be searched exactly as of the commit `at`. As above, and INDEX_MOVED_ON (ABORTED).
    Result<View> At(Sequence at, int64_t timeout_us);
    // A search found damage in `snapshot`: the index is built again.
    void Damaged(const index::SnapshotPtr& snapshot);

    // Merges, flushes and checkpoints what is due; called by one thread. True: there is more.
    bool Maintain(int64_t now_us);

  private:
    struct Serving {
        std::shared_ptr<index::Index> index;
        std::shared_ptr<const Mapping> mapping;
        std::shared_ptr<const tables::Table> table;
        uint64_t generation = 0;
    };

    void Run();
    // One step: opens, builds or follows.
    Status Step();
    // Takes what is on disk, if it fits.
    Result<bool> OpenStored(const std::shared_ptr<const tables::Table>& table);
    Status Build(const std::shared_ptr<const tables::Table>& table);
    Status FillFromTable(const Mapping& mapping, const tables::Table& table, index::Index* index);
    Status Follow(const Serving& serving, Sequence limit);
    Status ApplyChanges(const Serving& serving, const std::vector<tables::RowChange>& changes,
                        Sequence sequence);
    void Serve(Serving serving);
    // Nothing can be searched from now on.
    void Retire(IndexState state, std::string why);
    // Keeps the snapshot for those who ask for it in a moment.
    void Remember(const index::SnapshotPtr& snapshot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void ForgetOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // `limit`, or an earlier place where somebody waits.
    Sequence StopBefore(Sequence position, Sequence limit) const;
    Serving Current() const {
        MutexLock lock(mutex_);
        return serving_;
    }
    std::string Directory(uint64_t generation) const;
    // Newest first.
    std::vector<uint64_t> Generations() const;
    bool stopping() const { return stop_.load(); }

    Shared& shared_;
    const std::string name_;
    const Definition definition_;
    const std::string sql_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
    std::unique_ptr<log::Cursor> cursor_;  // thread_
    int64_t checkpoint_at_us_ = 0;         // Maintain

    mutable Mutex mutex_;
    mutable CondVar changed_;
    Serving serving_ ABSL_GUARDED_BY(mutex_);
    IndexState state_ ABSL_GUARDED_BY(mutex_) = IndexState::kBuilding;
    std::string problem_ ABSL_GUARDED_BY(mutex_);
    struct Recent {
        int64_t at_us;
        index::SnapshotPtr snapshot;
    };
    std::deque<Recent> recent_ ABSL_GUARDED_BY(mutex_);  // oldest first
    std::multiset<Sequence> stops_ ABSL_GUARDED_BY(mutex_);
    bool rebuild_ ABSL_GUARDED_BY(mutex_) = false;
    double built_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::search::internal
