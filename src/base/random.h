// Random numbers from a printed seed, and ids nobody can guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace blasty {

// splitmix64-seeded xoshiro256** (Blackman, Vigna). Not thread-safe, not for secrets; the same seed
// gives the same run.
class Random {
  public:
    explicit Random(uint64_t seed);
    uint64_t Next();
    // In [0, bound). REQUIRES bound > 0.
    uint64_t Below(uint64_t bound);
    // True in `n` of `of` cases.
    bool Chance(uint64_t n, uint64_t of) { return Below(of) < n; }
    std::string Bytes(size_t count);

  private:
    uint64_t state_[4];
};

// `bytes` bytes of the operating system's randomness in lower-case hex. Thread-safe.
std::string RandomHex(size_t bytes);

// 64 bits of the operating system's randomness. Thread-safe.
uint64_t RandomSeed();

}  // namespace blasty
