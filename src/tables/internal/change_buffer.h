// The changes of one request as bytes of the log, until the request is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "log/record.h"

namespace blasty::tables::internal {

// In pieces: a large request neither moves while it grows nor stands twice in memory while it goes
// into a batch, and what it took is given back. One thread.
class ChangeBuffer {
  public:
    static constexpr size_t kPieceBytes = 1 << 20;

    // To append the payload of the next change to, then EndPayload, then its key, then EndChange.
    std::string& bytes() { return pieces_.back().bytes; }
    void EndPayload() { payload_end_ = bytes().size(); }
    void EndChange(StreamId stream);

    size_t rows() const { return rows_; }
    size_t size_bytes() const { return full_bytes_ + pieces_.back().bytes.size(); }
    // Adds the changes as records, and leaves none here.
    void MoveTo(log::Batch* batch, int64_t time_us);
    void Clear();
    // What it holds on to, used or not.
    size_t capacity_bytes() const;

  private:
    struct Change {
        StreamId stream;
        size_t payload_end, key_end;  // the payload begins where the change before ended
    };
    struct Piece {
        std::string bytes;
        std::vector<Change> changes;
        size_t capacity_bytes() const {
            return bytes.capacity() + changes.capacity() * sizeof(Change);
        }
    };

    static void Release(Piece& piece);

    std::vector<Piece> pieces_ = std::vector<Piece>(1);  // never empty; the last one grows
    size_t full_bytes_ = 0;                              // of those before the last
    size_t rows_ = 0;
    size_t payload_end_ = 0;
};

}  // namespace blasty::tables::internal
