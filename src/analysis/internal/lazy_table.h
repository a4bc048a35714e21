// A table over all code points whose blocks of 256 are made when first needed: whole tables would
// cost 10 ms at start and megabytes for scripts that never come.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace blasty::analysis::internal {

constexpr uint32_t kBlocks = 0x1100;

// Thread-safe; lives as long as the process, so its blocks are never freed.
template <typename Entry, Entry (*kMake)(uint32_t)>
class LazyTable {
  public:
    const Entry& At(uint32_t code_point) {
        const Block* block = blocks_[code_point >> 8].load(std::memory_order_acquire);
        if (block == nullptr) block = Make(code_point >> 8);
        return (*block)[code_point & 0xff];
    }

  private:
    using Block = std::array<Entry, 256>;

    const Block* Make(uint32_t index) {
        auto* block = new Block;
        for (uint32_t i = 0; i < 256; ++i) (*block)[i] = kMake((index << 8) | i);
        const Block* expected = nullptr;
        if (blocks_[index].compare_exchange_strong(expected, block, std::memory_order_acq_rel)) {
            return block;
        }
        delete block;
        return expected;
    }

    std::atomic<const Block*> blocks_[kBlocks] = {};
};

}  // namespace blasty::analysis::internal
