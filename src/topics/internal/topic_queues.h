// Topics in the order of what retention and readers ask of them, so that an answer costs what
// happened and not how many topics there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/container/btree_map.h"
#include "base/ids.h"
#include "topics/internal/topic.h"

namespace blasty::topics::internal {

// Looked at while the lock is held, at most: about 0.1 ms.
constexpr size_t kTopicsPerLook = 1024;

// Not thread-safe: guarded by the mutex of the View. Questions that may have long answers look at
// `looks` topics at most and are asked again, so that the lock can be left in between.
class TopicQueues {
  public:
    struct Key {
        uint64_t at = 0;
        StreamId id = StreamId(0);
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    using Visit = std::function<void(Topic&)>;

    // REQUIRED after each change of an existing topic's messages, floor or configuration.
    void Update(Topic& topic);
    // Before a topic goes away.
    void Remove(Topic& topic);

    // Bytes of all messages that are kept.
    uint64_t live_bytes() const { return live_bytes_; }

    // Sets *first to the oldest sequence that a topic still holds, UINT64_MAX without one. False:
    // ask again.
    bool FindFirst(size_t looks, uint64_t* first);
    // Visits topics whose oldest messages an age bound wants removed at `now_us`, and sets *after
    // to where to go on. Returns how many it looked at: fewer than `looks` means all.
    size_t VisitAged(int64_t now_us, size_t looks, Key* after, const Visit& visit);
    // Likewise, those whose floor moved after the sequence after->at, in that order.
    size_t VisitMoved(size_t looks, Key* after, const Visit& visit) const;
    // Likewise, those that keep the latest of each key and hold enough that may be superseded.
    size_t VisitUncompacted(size_t looks, StreamId* after, const Visit& visit) const;

  private:
    using Queue = absl::btree_map<Key, Topic*>;
    static void Place(Topic& topic, Queue* queue, uint64_t* listed, uint64_t at);

    uint64_t live_bytes_ = 0;
    // The first two may list a topic before its place: it is moved when it comes to be looked at.
    // What is published then costs nothing here.
    Queue by_first_;
    Queue by_age_;
    Queue by_moved_;
    absl::btree_map<StreamId, Topic*> uncompacted_;
};

}  // namespace blasty::topics::internal
