// Small pieces the benchmarks share: time, percentiles, one result a line as JSON.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace blasty::bench {

inline double NowSeconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// The value below which `percent` of `values` lie. REQUIRES not empty. Sorts.
inline double Percentile(std::vector<double>& values, double percent) {
    std::sort(values.begin(), values.end());
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<size_t>(last * percent / 100.0)];
}

inline void Report(const std::string& name, double value, const std::string& unit) {
    std::printf("{\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}\n", name.c_str(), value,
                unit.c_str());
    std::fflush(stdout);
}

}  // namespace blasty::bench
