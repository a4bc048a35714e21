// Times of many operations in buckets of about 3 %, so that a million cost as much as ten.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace blasty::cli {

// Thread-safe, lock-free.
class LatencyHistogram {
  public:
    void Add(int64_t us) {
        buckets_[BucketOf(static_cast<uint64_t>(us < 0 ? 0 : us))].fetch_add(
            1, std::memory_order_relaxed);
    }
    // The upper end of the bucket below which `share` (0 to 1) of all times are; 0 without any.
    int64_t Quantile(double share) const {
        uint64_t total = 0;
        for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
        if (total == 0) return 0;
        const auto wanted = static_cast<uint64_t>(share * static_cast<double>(total - 1)) + 1;
        uint64_t seen = 0;
        for (size_t i = 0; i < kBuckets; ++i) {
            seen += buckets_[i].load(std::memory_order_relaxed);
            if (seen >= wanted) return static_cast<int64_t>(UpperEnd(i));
        }
        return 0;
    }

  private:
    static constexpr int kBits = 5;  // 32 buckets for each power of two
    static constexpr size_t kBuckets = 60u << kBits;
    static size_t BucketOf(uint64_t us) {
        if (us < (1u << kBits)) return us;
        const int shift = std::bit_width(us) - 1 - kBits;
        return (static_cast<size_t>(shift) << kBits) + static_cast<size_t>(us >> shift);
    }
    static uint64_t UpperEnd(size_t bucket) {
        if (bucket < (2u << kBits)) return bucket;
        const size_t shift = (bucket >> kBits) - 1;
        const uint64_t base = bucket - (shift << kBits);
        return ((base + 1) << shift) - 1;
    }
    std::array<std::atomic<uint64_t>, kBuckets> buckets_ = {};
};

}  // namespace blasty::cli
