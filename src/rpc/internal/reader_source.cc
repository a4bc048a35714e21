#include "rpc/internal/reader_source.h"

#include <algorithm>
#include <utility>

#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

constexpr int kRoundsMax = 8;
constexpr char kGone[] = "SEQUENCE_GONE";

}  // namespace

ReaderSource::ReaderSource(ReaderSourceOptions options, bool until_caught_up,
                           std::unique_ptr<topics::Reader> reader)
    : options_(std::move(options)), until_caught_up_(until_caught_up), reader_(std::move(reader)) {}

ReaderSource::~ReaderSource() {
    if (group_ == nullptr) return;
    if (reader_ == nullptr) group_->Exit();
    group_->Leave(options_.stream);
}

Status ReaderSource::TryEnter() {
    const uint64_t position = reader_->position().value();
    // Who waits for a sequence to come does so alone: the group is where the messages are.
    if (position > last_) last_ = options_.topics->stats().log.last.value();
    if (position > last_ + 1) return OkStatus();
    if (group_ == nullptr) {
        auto group = options_.fan_out->GroupOf(options_.patterns, position, options_.shard);
        BLASTY_RETURN_IF_ERROR(group.status());
        group_ = *std::move(group);
        group_->Join();
    }
    BLASTY_RETURN_IF_ERROR(group_->Approach(position));
    if (!group_->Holds(position)) return OkStatus();
    position_ = position;
    reader_.reset();
    group_->Enter();
    return OkStatus();
}

Status ReaderSource::ReadAlone() {
    topics::ReaderOptions options;
    options.patterns = options_.patterns;
    options.start = {topics::Start::Kind::kSequence, Sequence(position_), 0};
    auto reader = options_.topics->OpenReader(options, options_.wake);
    BLASTY_RETURN_IF_ERROR(reader.status());
    reader_ = *std::move(reader);
    group_->Exit();
    return OkStatus();
}

Result<Frame> ReaderSource::Next(const TakeLimits& limits) {
    if (until_caught_up_) return NextAlone(limits);
    Frame frame;
    for (int round = 0; round < kRoundsMax; ++round) {
        if (reader_ != nullptr && !in_gap_) BLASTY_RETURN_IF_ERROR(TryEnter());
        if (reader_ != nullptr) return NextAlone(limits);
        const auto held = NextShared(limits, &frame);
        BLASTY_RETURN_IF_ERROR(held.status());
        if (!*held) {
            BLASTY_RETURN_IF_ERROR(ReadAlone());
            return NextAlone(limits);
        }
        if (!frame.again) return frame;
    }
    return frame;
}

Result<bool> ReaderSource::NextShared(const TakeLimits& limits, Frame* frame) {
    frame->again = false;
    if (!group_->Holds(position_)) return false;
    auto taken = group_->Take(position_, limits);
    BLASTY_RETURN_IF_ERROR(taken.status());
    if (taken->messages > 0) {
        frame->have = true;
        frame->messages = taken->messages;
        frame->bytes = BatchFrame(taken->parts, taken->next);
    } else if (!group_->Holds(position_)) {
        return false;
    } else if (taken->next == position_) {
        group_->Wait(options_.stream, options_.stream_ref);
    } else {
        frame->again = true;
    }
    position_ = taken->next;
    return true;
}

Result<Frame> ReaderSource::NextAlone(const TakeLimits& limits) {
    Frame frame;
    if (until_caught_up_ && !after_gap_ && position() > options_.stop_after) {
        frame.last = true;
        return frame;
    }
    const topics::FetchLimits fetch{
        static_cast<size_t>(std::min<uint64_t>(limits.messages, kBatchMessages)), limits.bytes};
    Chunk chunk;
    if (after_gap_) {
        chunk = *std::exchange(after_gap_, std::nullopt);
    } else {
        const Status status = FetchChunk(*reader_, fetch, &chunk);
        if (ReasonOf(status) == kGone) return ReadOverGap(fetch);
        BLASTY_RETURN_IF_ERROR(status);
    }
    if (chunk.entries.empty()) in_gap_ = false;
    if (until_caught_up_) {
        // Nothing, but further on: other topics' messages were passed over.
        frame.again = chunk.entries.empty() && chunk.to > chunk.from;
        frame.last = !frame.again && (chunk.entries.empty() || chunk.to > options_.stop_after);
        while (!chunk.entries.empty() && chunk.entries.back().sequence > options_.stop_after) {
            chunk.to = chunk.entries.back().sequence;
            chunk.entries.pop_back();
        }
    }
    if (chunk.entries.empty()) return frame;
    const size_t size = chunk.entries.back().end;
    frame.have = true;
    frame.messages = chunk.entries.size();
    frame.bytes =
        BatchFrame({size == chunk.body.size() ? chunk.body : chunk.body.sub(0, size)}, chunk.to);
    return frame;
}

Result<Frame> ReaderSource::ReadOverGap(const topics::FetchLimits& limits) {
    in_gap_ = true;
    Status status;
    for (int round = 0; round < kRoundsMax; ++round) {
        reader_->Skip();
        Chunk chunk;
        status = FetchChunk(*reader_, limits, &chunk);
        if (ReasonOf(status) == kGone) continue;  // retention went on meanwhile
        BLASTY_RETURN_IF_ERROR(status);
        Frame frame;
        frame.have = true;
        frame.bytes = GoneFrame(chunk.entries.empty() ? chunk.to : chunk.entries.front().sequence);
        after_gap_ = std::move(chunk);
        return frame;
    }
    return status;
}

}  // namespace blasty::rpc
