#include "index/internal/segment_sink.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "index/internal/bitpack.h"

namespace blasty::index::internal {
namespace {

constexpr size_t kWriteBytes = 1 << 20;

}  // namespace

void SegmentSink::Sum(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, kChunkBytes - chunk_bytes_);
        chunk_crc_ = ExtendCrc32c(chunk_crc_, part);
        chunk_bytes_ += part.size();
        bytes.remove_prefix(part.size());
        if (chunk_bytes_ < kChunkBytes) continue;
        checksums_.push_back(chunk_crc_);
        chunk_crc_ = 0;
        chunk_bytes_ = 0;
    }
}

void SegmentSink::Append(std::string_view bytes) {
    Sum(bytes);
    buffer_.append(bytes);
    offset_ += bytes.size();
    if (file_ != nullptr && buffer_.size() >= kWriteBytes) Write();
}

void SegmentSink::Write() {
    if (status_.ok()) status_ = file_->WriteAt(written_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
}

Status SegmentSink::Finish(std::string_view contents) {
    // Decoders may read a little beyond packed data.
    Append(std::string(kReadAhead, '\0'));
    const uint64_t contents_at = offset_;
    if (chunk_bytes_ > 0) checksums_.push_back(chunk_crc_);
    std::string tail(contents);
    for (const uint32_t crc : checksums_) PutFixed<uint32_t>(tail, crc);
    const uint32_t crc = Crc32c(tail);
    const size_t trailer = tail.size();
    PutFixed<uint64_t>(tail, contents_at);
    PutFixed<uint32_t>(tail, static_cast<uint32_t>(contents.size()));
    PutFixed<uint32_t>(tail, static_cast<uint32_t>(checksums_.size()));
    PutFixed<uint32_t>(tail, crc);
    PutFixed<uint32_t>(tail, Crc32c(std::string_view(tail).substr(trailer)));
    tail += kMagic;
    buffer_ += tail;
    offset_ += tail.size();
    if (file_ == nullptr) return OkStatus();
    Write();
    if (status_.ok()) status_ = file_->Sync();
    return status_;
}

}  // namespace blasty::index::internal
