#include "analysis/internal/scratch.h"

#include <atomic>
#include <utility>

namespace blasty::analysis::internal {
namespace {

// As many as one thread keeps of either; each cache is a megabyte.
constexpr size_t kIdleMax = 2;
constexpr size_t kCachesMax = 4;

std::vector<std::unique_ptr<Scratch>>& Idle() {
    thread_local std::vector<std::unique_ptr<Scratch>> idle;
    return idle;
}

struct OwnedCache {
    uint64_t id = 0;
    uint64_t used = 0;
    uint32_t leases = 0;
    TermCache cache;
};

struct Caches {
    std::vector<std::unique_ptr<OwnedCache>> all;
    uint64_t uses = 0;

    OwnedCache& Of(uint64_t id) {
        OwnedCache* idle = nullptr;  // the one not used for longest
        for (const auto& owned : all) {
            if (owned->id == id) return *owned;
            if (owned->leases == 0 && (idle == nullptr || owned->used < idle->used)) {
                idle = owned.get();
            }
        }
        if (all.size() < kCachesMax || idle == nullptr) {
            all.push_back(std::make_unique<OwnedCache>());
            idle = all.back().get();
        } else {
            idle->cache.Clear();
        }
        idle->id = id;
        return *idle;
    }
};

}  // namespace

ScratchLease::ScratchLease() {
    auto& idle = Idle();
    if (idle.empty()) {
        scratch_ = std::make_unique<Scratch>();
    } else {
        scratch_ = std::move(idle.back());
        idle.pop_back();
    }
}

ScratchLease::~ScratchLease() {
    auto& idle = Idle();
    if (idle.size() < kIdleMax) idle.push_back(std::move(scratch_));
}

CacheLease::CacheLease(uint64_t id) {
    if (id == 0) return;
    thread_local Caches mine;
    OwnedCache& owned = mine.Of(id);
    owned.used = ++mine.uses;
    ++owned.leases;
    cache_ = &owned.cache;
    leases_ = &owned.leases;
}

CacheLease::~CacheLease() {
    if (leases_ != nullptr) --*leases_;
}

uint64_t NewCacheId() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace blasty::analysis::internal
