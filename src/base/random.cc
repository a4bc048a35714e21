#include "base/random.h"

#include <sys/random.h>

#include "absl/strings/escaping.h"
#include "base/check.h"

namespace blasty {
namespace {

__extension__ using Uint128 = unsigned __int128;

uint64_t SplitMix(uint64_t& state) {
    uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

void FillRandom(void* out, size_t count) {
    char* p = static_cast<char*>(out);
    while (count > 0) {
        const ssize_t n = ::getrandom(p, count, 0);
        BLASTY_CHECK(n > 0) << "getrandom failed";
        p += n;
        count -= static_cast<size_t>(n);
    }
}

}  // namespace

Random::Random(uint64_t seed) {
    for (uint64_t& word : state_) word = SplitMix(seed);
}

uint64_t Random::Next() {
    const uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = RotateLeft(state_[3], 45);
    return result;
}

uint64_t Random::Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<Uint128>(Next()) * bound) >> 64);
}

std::string Random::Bytes(size_t count) {
    std::string out(count, '\0');
    for (char& c : out) c = static_cast<char>(Next());
    return out;
}

std::string RandomHex(size_t bytes) {
    std::string raw(bytes, '\0');
    FillRandom(raw.data(), raw.size());
    return absl::BytesToHexString(raw);
}

uint64_t RandomSeed() {
    uint64_t seed = 0;
    FillRandom(&seed, sizeof(seed));
    return seed;
}

}  // namespace blasty
