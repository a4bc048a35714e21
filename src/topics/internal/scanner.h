// Walks the messages of some topics through the log, in sequence order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "log/log.h"
#include "topics/internal/core.h"
#include "topics/internal/topic.h"

namespace blasty::topics::internal {

// What stands at the scanner's position. Pointers are valid until the next Next or Seek.
struct Scanned {
    const log::RecordView* record = nullptr;
    const log::FramePtr* frame = nullptr;
    const TopicPtr* topic = nullptr;
};

enum class ScanResult { kMessage, kCaughtUp, kBudgetSpent };

// Not thread-safe. One exact pattern reads by the index of its stream; wildcards and several
// patterns read everything and filter. Only what the view has applied is returned. Messages below
// the floor of their topic and of deleted topics are skipped. Must not outlive `core`.
class Scanner {
  public:
    // `excluded`: a topic that wildcards do not match; may be empty.
    Scanner(Core& core, std::vector<std::string> patterns, std::string excluded, Sequence from);

    // kBudgetSpent after reading `budget_bytes` of frames without a match. Errors of log::Cursor
    // except SEQUENCE_GONE: what retention removed is skipped.
    Result<ScanResult> Next(uint64_t budget_bytes, Scanned* out);
    // Everything wanted before this was returned.
    Sequence position() const { return Sequence(position_); }
    void Seek(Sequence to);
    // True once after messages were skipped because a floor had passed them.
    bool TakeSkipped() { return std::exchange(skipped_, false); }

    // The lowest floor past the position that moved after `moved_after`, of a wanted topic. Looks
    // at topics whose floors moved since then, whatever they are.
    struct Gone {
        std::shared_ptr<const std::string> topic;
        uint64_t floor = 0;
    };
    std::optional<Gone> FindGone(Sequence position, uint64_t moved_after);

  private:
    // Makes the cursor right for the topics there are now. False: nothing to read yet.
    bool Prepare();
    const TopicPtr& Lookup(StreamId id);
    bool Wants(std::string_view name) const;
    Result<bool> NextFrame(uint64_t applied);

    Core& core_;
    const std::vector<std::string> patterns_;
    const std::string excluded_;
    const bool single_;  // one exact pattern
    uint64_t position_;
    bool skipped_ = false;
    TopicPtr single_topic_;
    std::unique_ptr<log::Cursor> cursor_;
    log::FramePtr frame_;
    std::optional<log::RecordIterator> records_;  // of frame_
    log::FramePtr ahead_;                         // read, but not applied yet
    log::RecordView record_;
    StreamId last_id_{UINT32_MAX};
    TopicPtr last_topic_;
    absl::flat_hash_map<StreamId, TopicPtr> known_;  // null: not wanted
};

// First sequence committed at or after `time_us`, Next(applied) when there is none.
Result<Sequence> SequenceAtTime(Core& core, int64_t time_us);

// Bytes of a record as fetch limits count them.
inline size_t RecordBytes(const log::RecordView& record) {
    return record.payload.size() + record.key.size() + record.headers.size() + record.id.size() +
           16;
}

}  // namespace blasty::topics::internal
