#include "index/internal/segment_bytes.h"

#include <utility>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"
#include "index/internal/format.h"

namespace blasty::index::internal {
namespace {

Status Damaged(std::string_view what) {
    return MakeError(StatusCode::kDataLoss, "SEGMENT_DAMAGED",
                     StrCat("this is not a whole segment of an index: ", what));
}

}  // namespace

Result<std::unique_ptr<SegmentBytes>> SegmentBytes::Open(std::unique_ptr<io::Mapping> mapping) {
    std::unique_ptr<SegmentBytes> self(new SegmentBytes());
    self->mapping_ = std::move(mapping);
    self->all_ = self->mapping_->bytes();
    BLASTY_RETURN_IF_ERROR(self->Parse());
    return self;
}

Result<std::unique_ptr<SegmentBytes>> SegmentBytes::Open(std::string bytes, bool trusted) {
    std::unique_ptr<SegmentBytes> self(new SegmentBytes());
    self->owned_ = std::move(bytes);
    self->all_ = self->owned_;
    self->trusted_ = trusted;
    BLASTY_RETURN_IF_ERROR(self->Parse());
    return self;
}

Status SegmentBytes::Parse() {
    if (all_.size() < kTrailerBytes) return Damaged("it is too short");
    const std::string_view trailer = all_.substr(all_.size() - kTrailerBytes);
    if (trailer.substr(kTrailerBytes - kMagic.size()) != kMagic)
        return Damaged("it does not end like one");
    const uint32_t trailer_crc = GetFixed<uint32_t>(&trailer[20]);
    if (Crc32c(trailer.substr(0, 20)) != trailer_crc) return Damaged("its end is changed");
    const auto contents_at = GetFixed<uint64_t>(trailer.data());
    const auto contents_bytes = GetFixed<uint32_t>(&trailer[8]);
    const auto chunks = GetFixed<uint32_t>(&trailer[12]);
    const uint64_t rest = all_.size() - kTrailerBytes;
    if (contents_at > rest || rest - contents_at != contents_bytes + uint64_t{4} * chunks ||
        (contents_at + kChunkBytes - 1) / kChunkBytes != chunks) {
        return Damaged("its parts do not fit together");
    }
    const std::string_view tail = all_.substr(contents_at, rest - contents_at);
    if (Crc32c(tail) != GetFixed<uint32_t>(&trailer[16]))
        return Damaged("its table of contents is changed");
    data_ = all_.substr(0, contents_at);
    contents_ = tail.substr(0, contents_bytes);
    checksums_ = tail.substr(contents_bytes);
    verified_ = std::vector<std::atomic<uint64_t>>((chunks + 63) / 64);
    return OkStatus();
}

bool SegmentBytes::Verify(size_t chunk) const {
    const uint64_t bit = uint64_t{1} << (chunk % 64);
    std::atomic<uint64_t>& word = verified_[chunk / 64];
    if ((word.load(std::memory_order_relaxed) & bit) != 0) return true;
    const uint32_t crc = Crc32c(data_.substr(chunk * kChunkBytes, kChunkBytes));
    if (crc != GetFixed<uint32_t>(&checksums_[chunk * 4])) return false;
    word.fetch_or(bit, std::memory_order_relaxed);
    return true;
}

std::string_view SegmentBytes::Range(uint64_t offset, uint64_t size) const {
    if (offset > data_.size() || size > data_.size() - offset) {
        SetDamaged();
        return {};
    }
    if (size == 0) return data_.substr(offset, 0);
    if (!trusted_) {
        for (size_t chunk = offset / kChunkBytes; chunk <= (offset + size - 1) / kChunkBytes;
             ++chunk) {
            if (Verify(chunk)) continue;
            SetDamaged();
            return {};
        }
    }
    return data_.substr(offset, size);
}

}  // namespace blasty::index::internal
