// A position in the log and how to read on from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "log/internal/core.h"
#include "log/internal/segment_reader.h"
#include "log/log.h"

namespace blasty::log::internal {

class LogCursor : public Cursor {
  public:
    // `core` must outlive it.
    LogCursor(Core& core, const ReadOptions& options)
        : core_(core), stream_(options.stream), position_(options.from.value()) {
        if (position_ == 0) position_ = 1;
    }

    Result<FramePtr> Next() override;
    Sequence position() const override { return Sequence(position_); }
    void Seek(Sequence to) override {
        position_ = to.value() == 0 ? 1 : to.value();
        reader_.reset();
    }

  private:
    Result<FramePtr> NextInOrder();
    Result<FramePtr> NextOfStream(uint64_t last);
    // Opens the segment of position_ and finds the frame.
    Status Locate();
    Result<FramePtr> ReadNext();
    Status Gone() const;

    Core& core_;
    const std::optional<StreamId> stream_;
    uint64_t position_;

    // Where the file was left; without a reader: nowhere.
    SegmentPtr segment_;
    std::unique_ptr<SegmentReader> reader_;
    uint64_t reader_next_ = 0;  // first sequence of the frame at reader_offset_
    uint64_t reader_offset_ = 0;
};

// Whether a frame holds a record, not only vacant sequences.
bool HasRecords(const Frame& frame);

}  // namespace blasty::log::internal
