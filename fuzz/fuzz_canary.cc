// Must crash within seconds: shows that the fuzzers here find a decoder that trusts a length.
#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3 || data[0] != 'B') return 0;
    const size_t length = data[1];
    std::string copy;
    for (size_t i = 0; i < length; ++i) copy.push_back(static_cast<char>(data[2 + i]));
    return 0;
}
