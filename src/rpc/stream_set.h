// The open streams of a server, so that stopping it can end them.
#pragma once

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace blasty::rpc {

class Stoppable {
  public:
    virtual ~Stoppable() = default;
    // The server stops: end as soon as what is under way is answered. Any thread, perhaps more than
    // once, perhaps after the end.
    virtual void OnStop() = 0;
};

// Thread-safe.
class StreamSet {
  public:
    // A stream that comes after StopAll is told at once.
    void Add(const std::shared_ptr<Stoppable>& stream);
    void Remove(Stoppable* stream);
    void StopAll();
    size_t size();

  private:
    Mutex mutex_;
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    absl::flat_hash_map<Stoppable*, std::weak_ptr<Stoppable>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::rpc
