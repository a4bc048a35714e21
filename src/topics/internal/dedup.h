// The ids seen within the deduplication window, and those whose publish is not durable yet.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "base/status.h"

namespace blasty::topics::internal {

// A publish on its way to the log. `waiters` are the publishes that hold duplicates of its ids.
struct Flight {
    std::vector<std::function<void(const Result<Sequence>&)>> waiters;
};

struct IdKey {
    StreamId topic;
    std::string id;
    friend bool operator==(const IdKey&, const IdKey&) = default;
};
struct IdView {
    StreamId topic;
    std::string_view id;
};
struct IdHash {
    using is_transparent = void;
    size_t operator()(const IdKey& k) const { return (*this)(IdView{k.topic, k.id}); }
    size_t operator()(const IdView& k) const {
        return absl::HashOf(k.topic, std::hash<std::string_view>()(k.id));
    }
};
struct IdEqual {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
        return a.topic == b.topic && a.id == b.id;
    }
};

// Not thread-safe: guarded by its owner.
class Dedup {
  public:
    Dedup(int64_t window_us, size_t ids_max) : window_us_(window_us), ids_max_(ids_max) {}

    struct Entry {
        uint64_t sequence = 0;  // 0: not durable yet
        int64_t time_us = 0;
        std::shared_ptr<Flight> flight;  // set while not durable
        uint32_t index = 0;              // of the record within the flight's batch
    };
    // Null when unknown or too old.
    const Entry* Find(StreamId topic, std::string_view id, int64_t now_us) const;
    // Registers an id that is being published.
    void Begin(StreamId topic, std::string_view id, std::shared_ptr<Flight> flight, uint32_t index);
    // Forgets the ids of a publish that failed.
    void Abort(StreamId topic, std::string_view id, const Flight* flight);
    // A record with an id became durable.
    void Commit(StreamId topic, std::string_view id, uint64_t sequence, int64_t time_us);
    // Drops what the window no longer holds at `now_us`.
    void Expire(int64_t now_us);
    // Visits durable entries, oldest first. False: there are no more.
    struct Page {
        uint64_t* after;  // sequence to begin behind; set to where to go on
        uint64_t until;   // sequence of the last one wanted
        size_t size;      // looked at, at most
    };
    bool ForEach(const Page& page,
                 const std::function<void(const IdKey&, const Entry&)>& visit) const;
    size_t size() const { return entries_.size(); }

  private:
    struct Aged {
        StreamId topic;
        uint64_t sequence;
        int64_t time_us;
        std::string id;
    };
    const int64_t window_us_;
    const size_t ids_max_;
    absl::flat_hash_map<IdKey, Entry, IdHash, IdEqual> entries_;
    std::deque<Aged> order_;  // by sequence
};

}  // namespace blasty::topics::internal
