// One index at work: built from its source, then fed by every commit, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "index/index.h"
#include "io/file_system.h"
#include "log/log.h"
#include "search/definition.h"
#include "search/internal/source.h"
#include "search/mapping.h"
#include "search/searches.h"
#include "tables/tables.h"
#include "topics/topics.h"

namespace blasty::search::internal {

class LiveIndex;

// What all indexes share; outlives them.
struct Shared {
    io::FileSystem& fs;
    const SearchesOptions& options;
    log::Log& log;
    tables::Tables& tables;
    const Clock& clock;
    topics::Topics* topics = nullptr;  // null: no indexes over topics
    // Last commit of tables that was announced, with its schema.
    std::atomic<uint64_t> announced{0};
};

// Wakes an index as long as there is one.
class Waker {
  public:
    explicit Waker(LiveIndex& index) : index_(&index) {}
    void Wake();
    void Forget() {
        MutexLock lock(mutex_);
        index_ = nullptr;
    }

  private:
    Mutex mutex_;
    LiveIndex* index_ ABSL_GUARDED_BY(mutex_);
};

class LiveIndex {
  public:
    // `folder` of the searches' directory: its own.
    LiveIndex(Shared& shared, std::string name, Definition definition, std::string sql,
              std::string folder);
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
    const std::string& folder() const { return folder_; }
    const Definition& definition() const { return definition_; }
    IndexInfo Info() const;

    // Waits until what is at `fresh` can be indexed; what to wait for then.
    Result<Sequence> Await(Sequence fresh, int64_t timeout_us) {
        return source_->Await(fresh, timeout_us);
    }
    // What can be searched, at or after `fresh`.
    struct View {
        index::SnapshotPtr snapshot;
        std::shared_ptr<const Mapping> mapping;
        std::shared_ptr<const tables::Table> table;
        std::shared_ptr<Source> source;
        bool of_topic = false;
        uint64_t generation = 0;  // another one: it was built again
        // Documents are in one order, that of equal hits, since it was at this.
        Sequence since;
        bool built_here = false;  // since the start of the server; not found on disk
    };
    // INDEX_BUILDING (UNAVAILABLE), DEADLINE_EXCEEDED (fresh), INDEX_FAILED (UNAVAILABLE).
    Result<View> WaitFor(Sequence fresh, int64_t timeout_us) const;
    // What can be searched exactly as of the commit `at`. As above, and INDEX_MOVED_ON (ABORTED).
    Result<View> At(Sequence at, int64_t timeout_us);
    // It can be searched, and knows all that the other one does (which has failed, else).
    bool CanReplace(const LiveIndex& other) const;
    // `watcher` is called, on internal threads, after what can be searched changed or the index
    // stopped: short, not blocking. As long as somebody else holds it.
    void Watch(const std::shared_ptr<const std::function<void()>>& watcher);
    bool stopped() const { return stop_.load(); }
    // It serves now, instead of another one, which may have told of all up to now.
    void Promoted();
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
        Sequence since = {};  // the log's last when it began to serve
        bool built_here = false;
    };

    std::shared_ptr<Source> MakeSource();
    void Run();
    // One step: opens, builds or follows.
    Status Step();
    // Takes what is on disk, if it fits.
    Result<bool> OpenStored(const std::shared_ptr<const tables::Table>& table);
    Status Build(const std::shared_ptr<const tables::Table>& table);
    Status Fill(const tables::Table& table, Serving* serving);
    Status ApplyChanges(const std::vector<tables::RowChange>& changes, Sequence sequence,
                        Serving* serving);
    // Makes a batch visible, and the mapping it was made with.
    Status Apply(std::unique_ptr<index::Batch> batch, Sequence sequence, const Serving& serving);
    // Removes messages that the topic no longer keeps.
    Status RemoveBefore(Sequence floor, Serving* serving);
    // What `rows` have in JSON fields is known to serving->mapping afterwards.
    Status Learn(const std::vector<std::string_view>& rows, Serving* serving);
    void Serve(Serving serving);
    // Nothing can be searched from now on.
    void Retire(IndexState state, std::string why);
    // To the watchers. Not under the lock.
    void Tell();
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
    bool stopping() const { return stop_.load(); }

    Shared& shared_;
    const std::string name_;
    const Definition definition_;
    const std::string sql_;
    const std::string folder_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
    const std::shared_ptr<Waker> waker_ = std::make_shared<Waker>(*this);
    const std::shared_ptr<Source> source_;
    std::atomic<uint64_t> removed_before_{0};
    int64_t checkpoint_at_us_ = 0;  // Maintain

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
    std::vector<std::weak_ptr<const std::function<void()>>> watchers_ ABSL_GUARDED_BY(mutex_);
    bool rebuild_ ABSL_GUARDED_BY(mutex_) = false;
    bool purge_ ABSL_GUARDED_BY(mutex_) = false;  // the topic keeps less than the index
    double built_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::search::internal
