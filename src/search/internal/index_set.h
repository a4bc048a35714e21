// The indexes that the schema shows, by name: started when they appear, dropped when they go. One
// whose definition was changed goes on answering until the new one can.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/status.h"
#include "search/internal/live_index.h"
#include "search/searches.h"

namespace blasty::search::internal {

using LiveIndexPtr = std::shared_ptr<LiveIndex>;

// Thread-safe.
class IndexSet {
  public:
    explicit IndexSet(Shared& shared) : shared_(shared) {}

    // Brings it in line with the schema now, when that has changed. At first also removes the files
    // of indexes that are gone.
    void Reconcile();
    // Puts new indexes in the place of old ones, where they can answer.
    void Promote();
    // What answers under that name. INDEX_NOT_FOUND.
    Result<LiveIndexPtr> Find(const std::string& name) const;
    // INDEX_NOT_FOUND.
    Result<IndexInfo> Info(const std::string& name) const;
    std::vector<IndexInfo> Infos() const;
    // Also those that are built beside others.
    std::vector<LiveIndexPtr> All() const;
    // A commit was announced. True: it changed the schema.
    bool Wake();

  private:
    struct Slot {
        LiveIndexPtr serving;
        LiveIndexPtr next;  // null: none is built beside it
    };
    using Slots = std::map<std::string, Slot>;  // by lower-case name

    LiveIndexPtr Start(const tables::SchemaObject& object, const std::string& taken);
    static IndexInfo InfoOf(const Slot& slot);
    Result<Slot> FindSlot(const std::string& name) const;
    void Sweep();

    Shared& shared_;
    Mutex reconciling_;  // before mutex_
    mutable Mutex mutex_;
    Slots slots_ ABSL_GUARDED_BY(mutex_);
    Sequence schema_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::search::internal
