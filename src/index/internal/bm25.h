// BM25: see TermQuery in index/query.h.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>

#include "index/internal/columns.h"
#include "index/internal/format.h"

namespace blasty::index::internal {

inline constexpr double kK1 = 1.2, kB = 0.75;

inline double Idf(uint64_t documents, uint64_t with_term) {
    const double n = static_cast<double>(with_term);
    return std::log(1 + (static_cast<double>(documents) - n + 0.5) / (n + 0.5));
}

// score = weight * tf / (tf + norm of the length). Made once a field and query.
class Norms {
  public:
    explicit Norms(double average_length)
        : average_length_(average_length),
          fixed_(kK1 * (1 - kB)),
          per_token_(average_length > 0 ? kK1 * kB / average_length : 0) {
        for (uint32_t length = 0; length < small_.size(); ++length) small_[length] = Of(length);
    }
    double average_length() const { return average_length_; }
    float operator()(uint32_t length) const {
        return length < small_.size() ? small_[length] : Of(length);
    }
    // No document of the block gets more from weight 1.
    float Bound(Impact impact) const {
        // 1 / (1 + norm / tf), with norm / tf = fixed / tf + per_token * length / tf.
        const double fixed = impact.occurrences == 255 ? 0 : fixed_ / impact.occurrences;
        return static_cast<float>(1 / (1 + fixed + per_token_ * impact.ratio / 16));
    }

  private:
    float Of(uint32_t length) const { return static_cast<float>(fixed_ + per_token_ * length); }

    double average_length_, fixed_, per_token_;
    std::array<float, 256> small_{};
};

inline float Bm25(float weight, float tf, float norm) { return weight * tf / (tf + norm); }

}  // namespace blasty::index::internal
