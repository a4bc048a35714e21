// What an analysis needs while it runs, kept by each thread for the next.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analysis/internal/char_filter.h"
#include "analysis/internal/filter.h"
#include "analysis/internal/term_cache.h"
#include "analysis/limits.h"

namespace blasty::analysis::internal {

struct Scratch {
    std::array<TermBuffer, kFiltersMax> buffers;       // one for each filter
    TermBuffer clean;                                  // words with bytes that are no UTF-8
    char cached[TermCache::kResultBytes];              // a result on its way out of the cache
    std::vector<std::unique_ptr<StreamState>> states;  // of the stream filters, by filter
    std::vector<FilteredText> filtered;                // one for each char filter

    StreamState& StateOf(size_t filter) {
        if (states.size() <= filter) states.resize(filter + 1);
        if (states[filter] == nullptr) states[filter] = std::make_unique<StreamState>();
        return *states[filter];
    }
};

// The thread's scratch for one analysis; one inside another (from a sink) gets its own.
class ScratchLease {
  public:
    ScratchLease();
    ~ScratchLease();
    ScratchLease(const ScratchLease&) = delete;
    ScratchLease& operator=(const ScratchLease&) = delete;

    Scratch& operator*() { return *scratch_; }

  private:
    std::unique_ptr<Scratch> scratch_;
};

// The thread's cache for a run of filters with this id, taken from the one unused for longest when
// there are many. Stays while the lease lives; id 0 is none.
class CacheLease {
  public:
    explicit CacheLease(uint64_t id);
    ~CacheLease();
    CacheLease(const CacheLease&) = delete;
    CacheLease& operator=(const CacheLease&) = delete;

    TermCache& operator*() { return *cache_; }

  private:
    TermCache* cache_ = nullptr;
    uint32_t* leases_ = nullptr;
};

// An id no other run of filters has.
uint64_t NewCacheId();

}  // namespace blasty::analysis::internal
