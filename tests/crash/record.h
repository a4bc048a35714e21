// The outside record of a crash test: what publishers were told and what members saw, and whether
// both fit together.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace blasty::crash {

// A message of the test names its place: the n-th of its key. Keys are published in order, one
// after another.
struct Item {
    std::string key;
    uint64_t number = 0;
};

// Thread-safe. Sequences are those of the server.
class Record {
  public:
    // The server acknowledged the publish of `item`.
    void Acknowledged(const Item& item, uint64_t sequence);
    // A member of the inbox got `item`.
    void Delivered(const Item& item, uint64_t sequence);
    // The server confirmed the ack of this delivery.
    void AckConfirmed(uint64_t sequence);
    // A plain reader that began at the oldest message got `item`.
    void Read(const Item& item, uint64_t sequence);

    // Acknowledged, and not delivered (or not read) yet.
    uint64_t undelivered() const;
    uint64_t unread() const;
    uint64_t acknowledged() const;
    uint64_t delivered() const;
    uint64_t confirmed() const;

    // Everything that broke a promise, at most 20 lines; empty is good:
    // each acknowledged message delivered and read at the sequence it was acknowledged with;
    // nothing delivered after its confirmed ack; first deliveries of a key in its order; nothing
    // read twice, sequences rising.
    std::vector<std::string> Violations() const;

  private:
    struct Key {
        std::map<uint64_t, uint64_t> acknowledged;  // number → sequence
        std::map<uint64_t, uint64_t> delivered;     // number → sequence, first deliveries
        std::map<uint64_t, uint64_t> read;
    };
    void Violation(std::string text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void CheckComplete(const std::string& name, const Key& key,
                       std::vector<std::string>& out) const;

    mutable Mutex mutex_;
    std::map<std::string, Key> keys_ ABSL_GUARDED_BY(mutex_);
    std::map<uint64_t, bool> confirmed_ ABSL_GUARDED_BY(mutex_);
    uint64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
    uint64_t delivered_ ABSL_GUARDED_BY(mutex_) = 0;
    uint64_t last_read_ ABSL_GUARDED_BY(mutex_) = 0;
    std::vector<std::string> violations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::crash
