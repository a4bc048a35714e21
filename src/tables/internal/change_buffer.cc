#include "tables/internal/change_buffer.h"

#include <string_view>
#include <utility>

namespace blasty::tables::internal {
namespace {

// Of a record in a batch beside its key and payload, at most, while these have less than 256 MiB.
constexpr size_t kRecordHeadBytes = 24;
// A piece that is kept for the next request: one that filled up, but for a few large rows.
constexpr size_t kKeptBytes = 4 * ChangeBuffer::kPieceBytes;

}  // namespace

void ChangeBuffer::EndChange(StreamId stream) {
    Piece& piece = pieces_.back();
    piece.changes.push_back({stream, payload_end_, piece.bytes.size()});
    ++rows_;
    if (piece.bytes.size() < kPieceBytes) return;
    full_bytes_ += piece.bytes.size();
    // It will fill up: doubling would leave half of it unused.
    pieces_.emplace_back().bytes.reserve(kPieceBytes + kPieceBytes / 16);
}

void ChangeBuffer::Release(Piece& piece) {
    // Assigning an empty string keeps the memory.
    std::string().swap(piece.bytes);
    std::vector<Change>().swap(piece.changes);
}

void ChangeBuffer::MoveTo(log::Batch* batch, int64_t time_us) {
    // The batch grows by itself, doubling, unless that would be much too much.
    const size_t need = batch->size_bytes() + size_bytes() + rows_ * kRecordHeadBytes;
    if (size_bytes() >= kPieceBytes) batch->Reserve(need);
    for (Piece& piece : pieces_) {
        const std::string_view bytes = piece.bytes;
        size_t begin = 0;
        for (const Change& change : piece.changes) {
            log::RecordFields record;
            record.stream = change.stream;
            record.kind = log::RecordKind::kTable;
            record.time_us = time_us;
            record.payload = bytes.substr(begin, change.payload_end - begin);
            record.key = bytes.substr(change.payload_end, change.key_end - change.payload_end);
            batch->Add(record);
            begin = change.key_end;
        }
        if (pieces_.size() > 1) Release(piece);
    }
    Clear();
}

void ChangeBuffer::Clear() {
    pieces_.resize(1);
    Piece& piece = pieces_.front();
    piece.bytes.clear();
    piece.changes.clear();
    if (piece.capacity_bytes() > kKeptBytes) Release(piece);
    if (pieces_.capacity() > 1) pieces_.shrink_to_fit();
    full_bytes_ = 0;
    rows_ = 0;
}

size_t ChangeBuffer::capacity_bytes() const {
    size_t bytes = 0;
    for (const Piece& piece : pieces_) bytes += piece.capacity_bytes();
    return bytes;
}

}  // namespace blasty::tables::internal
