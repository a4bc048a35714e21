// What the plain readers of one pattern set on one shard share: one reader of the log and the last
// messages it returned, already encoded. Each stream only has a position in it, so a message is
// read and encoded once a shard however many streams want it. Who falls behind the kept messages
// reads the log alone until it has caught up.
#pragma once

#include <grpcpp/support/slice.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/status.h"
#include "rpc/internal/shard.h"
#include "topics/topics.h"

namespace blasty::rpc {

// Encoded messages: those of the patterns with from <= sequence < to.
struct Chunk {
    struct Entry {
        uint64_t sequence;
        uint32_t end;  // offset behind it in `body`
    };
    uint64_t from = 0, to = 0;
    grpc::Slice body;
    std::vector<Entry> entries;
};

// Reads up to the limits and encodes. `chunk->entries` is empty when caught up.
Status FetchChunk(topics::Reader& reader, const topics::FetchLimits& limits, Chunk* chunk);

struct TakeLimits {
    uint64_t messages;
    size_t bytes;
};

struct Taken {
    std::vector<grpc::Slice> parts;
    uint64_t messages = 0;
    uint64_t next = 0;  // position behind them
};

class ReaderGroup;

// The groups of a shard. Everything here runs on the shard's thread, except the wake-up. Owned by
// the shard's streams together.
class FanOut {
  public:
    // Must outlive the object.
    explicit FanOut(topics::Topics& topics) : topics_(topics) {}
    // The group of these patterns, made to begin at `position` when there is none.
    Result<std::shared_ptr<ReaderGroup>> GroupOf(const std::vector<std::string>& patterns,
                                                 uint64_t position,
                                                 const std::shared_ptr<Shard>& shard);

  private:
    friend class ReaderGroup;
    topics::Topics& topics_;
    size_t cached_bytes_ = 0;
    absl::flat_hash_map<std::string, std::weak_ptr<ReaderGroup>> groups_;
};

class ReaderGroup : public ShardItem, public std::enable_shared_from_this<ReaderGroup> {
  public:
    ReaderGroup(FanOut& owner, std::string key, std::vector<std::string> patterns,
                std::shared_ptr<Shard> shard);
    ~ReaderGroup() override;

    // Moves the group, forgetting what it holds.
    Status Reset(uint64_t position);
    bool Holds(uint64_t position) const { return !gone_ && begin_ <= position && position <= end_; }
    uint64_t end() const { return end_; }
    // Tries to make Holds(position) true for a reader that is there.
    Status Approach(uint64_t position);

    // Messages at and after `position`, reading on when there are none yet; nothing when caught up
    // (then Wait). REQUIRES Holds(position).
    Result<Taken> Take(uint64_t position, const TakeLimits& limits);
    // `stream` is scheduled when there is more, once.
    void Wait(ShardItem* stream, std::weak_ptr<ShardItem> ref);
    // Streams of these patterns, and those of them that read here and not alone.
    void Join() { ++users_; }
    void Enter() { ++active_; }
    void Exit() { --active_; }
    void Leave(ShardItem* stream);

    void RunOnShard() override;

  private:
    Status FetchMore();
    void Evict();
    void Drop(size_t chunks);

    FanOut& owner_;
    const std::string key_;
    const std::vector<std::string> patterns_;
    const std::shared_ptr<Shard> shard_;
    std::unique_ptr<topics::Reader> reader_;
    std::deque<Chunk> chunks_;  // without gaps: from begin_ to end_
    uint64_t begin_ = 0, end_ = 0;
    bool gone_ = false;  // retention overtook the reader: holds nothing until it is moved
    size_t bytes_ = 0;
    size_t users_ = 0, active_ = 0;
    absl::flat_hash_map<ShardItem*, std::weak_ptr<ShardItem>> waiting_;
};

}  // namespace blasty::rpc
