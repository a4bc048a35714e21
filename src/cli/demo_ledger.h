// What `blasty demo` must account for at its end: who was told what was stored, who got it, what
// was acked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace blasty::cli {

struct ReckoningLine {
    bool good = false;
    std::string text;
};

// Thread-safe.
class DemoLedger {
  public:
    // `topics` that a plain reader reads.
    void AddReader(const std::string& name, std::set<std::string> topics);
    // `topic` that the inbox reads.
    void SetInbox(const std::string& name, const std::string& topic);

    void Stored(const std::string& topic, uint64_t sequence, const std::string& text);
    void ReaderGot(const std::string& reader, uint64_t sequence, const std::string& text);
    // False when its ack had been confirmed before: it must not have come back.
    bool MemberGot(uint64_t sequence, const std::string& text);
    void AckConfirmed(uint64_t sequence);
    // The ack may have been lost with the connection.
    void AckUncertain(uint64_t sequence);

    uint64_t stored() const;
    // Everybody has everything that was stored, and it is at least `messages`. Waits for it.
    bool WaitComplete(uint64_t messages, int64_t timeout_us, const std::function<bool()>& give_up);
    std::vector<ReckoningLine> Reckon(uint64_t expected) const;

  private:
    struct Entry {
        std::string topic, text;
    };
    struct Reader {
        std::set<std::string> topics;
        std::map<uint64_t, std::string> got;
        uint64_t repeated = 0, out_of_order = 0;
    };
    bool CompleteLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    uint64_t MissingLocked(const Reader& reader) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    uint64_t UnhandledLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    mutable Mutex mutex_;
    CondVar changed_;
    std::map<uint64_t, Entry> stored_ ABSL_GUARDED_BY(mutex_);
    std::map<std::string, Reader> readers_ ABSL_GUARDED_BY(mutex_);
    std::string inbox_ ABSL_GUARDED_BY(mutex_), inbox_topic_ ABSL_GUARDED_BY(mutex_);
    std::map<uint64_t, uint64_t> handled_ ABSL_GUARDED_BY(mutex_);  // deliveries by sequence
    std::set<uint64_t> acked_ ABSL_GUARDED_BY(mutex_), uncertain_ ABSL_GUARDED_BY(mutex_);
    uint64_t came_back_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::cli
