// From where on the log must keep the records of tables: asked by the retention of topics, which
// runs before tables are open and after they are closed.
#pragma once

#include "base/ids.h"
#include "base/mutex.h"
#include "tables/tables.h"

namespace blasty::engine::internal {

// Thread-safe.
class TableHold {
  public:
    // Everything, until Follow.
    Sequence keep_from() const {
        MutexLock lock(mutex_);
        if (!held_ && tables_ != nullptr) from_ = tables_->keep_from();
        return from_;
    }
    // As `tables` says from now on; it must live until Freeze.
    void Follow(const tables::Tables* tables) {
        MutexLock lock(mutex_);
        tables_ = tables;
    }
    // What is kept now stays kept until Release.
    void Hold() {
        (void)keep_from();
        MutexLock lock(mutex_);
        held_ = true;
    }
    void Release() {
        MutexLock lock(mutex_);
        held_ = false;
    }
    // The tables go: the last answer stays.
    void Freeze() {
        MutexLock lock(mutex_);
        tables_ = nullptr;
    }

  private:
    mutable Mutex mutex_;
    const tables::Tables* tables_ ABSL_GUARDED_BY(mutex_) = nullptr;
    mutable Sequence from_ ABSL_GUARDED_BY(mutex_) = Sequence(1);
    bool held_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace blasty::engine::internal
