// Records of the log and batches of them, as bytes. The byte layout is docs/formats/log.md,
// "Record".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"

namespace blasty::log {

// What a record means is the business of the view that wrote it; the log keeps and indexes it.
enum class RecordKind : uint8_t {
    kMessage = 1,  // a published message of a topic
    kControl = 2,  // a change of topics or inboxes (payload: src/topics/internal/control.h)
    kAck = 3,      // progress of an inbox
    kTable = 4,    // row and schema changes of tables (docs/formats/tables.md)
};

// The fields of a record to write. Views: must live until the batch took it.
struct RecordFields {
    StreamId stream;
    RecordKind kind = RecordKind::kMessage;
    int64_t time_us = 0;  // event time, microseconds since 1970 UTC
    std::string_view id;
    std::string_view key;
    std::string_view headers;  // encoded by the writer of the stream; opaque here
    std::string_view payload;
};

// A record that was read. The views point into the frame it came from.
struct RecordView {
    Sequence sequence;
    StreamId stream;
    RecordKind kind = RecordKind::kMessage;
    int64_t time_us = 0;
    std::string_view id;
    std::string_view key;
    std::string_view headers;
    std::string_view payload;
};

// Encoded records that become durable and visible together, in one frame. Movable, cheap to move.
class Batch {
  public:
    void Add(const RecordFields& record);
    void Reserve(size_t bytes) { bytes_.reserve(bytes); }
    // Small records that must not fail because publishers are too fast (acks, control): admitted
    // until twice LogOptions::queue_bytes_max waits.
    void set_urgent() { urgent_ = true; }
    bool urgent() const { return urgent_; }
    uint32_t count() const { return count_; }
    size_t size_bytes() const { return bytes_.size(); }
    bool empty() const { return count_ == 0; }
    std::string_view bytes() const { return bytes_; }
    // The streams of the records; one that comes again after another may stand here twice.
    const std::vector<StreamId>& streams() const { return streams_; }

  private:
    std::string bytes_;
    std::vector<StreamId> streams_;
    uint32_t count_ = 0;
    bool urgent_ = false;
};

// Upper bound of the bytes Batch::Add appends for `record`.
size_t EncodedSizeMax(const RecordFields& record);

// Walks encoded records. Usage: RecordIterator it(bytes, first); while (it.Next(&record)) …; then
// status().
class RecordIterator {
  public:
    // `bytes` must outlive the views. The first record gets sequence `first`.
    RecordIterator(std::string_view bytes, Sequence first) : rest_(bytes), next_(first) {}
    // False at the end and at the first malformed record.
    bool Next(RecordView* record);
    // The sequence after everything read so far, vacant ones included.
    Sequence next_sequence() const { return next_; }
    // LOG_DAMAGED when a record was malformed.
    Status status() const;

  private:
    std::string_view rest_;
    Sequence next_;
    bool bad_ = false;
};

}  // namespace blasty::log
