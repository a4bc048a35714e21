// oracle [--commits N] [--seed N] [--history N]: random histories of about --history commits until
// --commits were made, beginning with --seed. Each history is a case: every subscriber's result
// equals a fresh SELECT after every commit, across reconnects, restarts and power cuts. A failing
// history is cut down and printed with its seed.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "base/strings.h"
#include "tests/oracle/generator.h"
#include "tests/oracle/world.h"

namespace blasty::oracle {
namespace {

std::string RunOnce(uint64_t seed, const std::vector<Operation>& history, WorldStats* stats) {
    World world(seed);
    std::string wrong = world.Run(history);
    if (stats != nullptr) *stats = world.stats();
    return wrong;
}

// What kind of wrong it is: the message without steps, statements and numbers.
std::string KindOf(const std::string& wrong) {
    const size_t at = wrong.rfind("): ");
    std::string kind;
    for (const char c : wrong.substr(at == std::string::npos ? 0 : at + 3)) {
        if (c == '\n' || c == '(') break;
        if (c < '0' || c > '9') kind.push_back(c);
    }
    return kind;
}

// Takes away as much as it can, for a minute at most, while the same still goes wrong.
std::vector<Operation> CutDown(uint64_t seed, std::vector<Operation> history, std::string* wrong) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const std::string kind = KindOf(*wrong);
    for (size_t chunk = history.size() / 2; chunk > 0; chunk /= 2) {
        for (size_t at = 0; at < history.size();) {
            if (std::chrono::steady_clock::now() > until) return history;
            std::vector<Operation> less(history.begin(),
                                        history.begin() + static_cast<std::ptrdiff_t>(at));
            const size_t end = std::min(at + chunk, history.size());
            less.insert(less.end(), history.begin() + static_cast<std::ptrdiff_t>(end),
                        history.end());
            const std::string still = RunOnce(seed, less, nullptr);
            if (KindOf(still) != kind) {
                at = end;
            } else {
                history = std::move(less);
                *wrong = still;
            }
        }
    }
    return history;
}

uint64_t Number(int argc, char** argv, const char* name, uint64_t otherwise) {
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], name) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
    }
    return otherwise;
}

int Main(int argc, char** argv) {
    const uint64_t commits = Number(argc, argv, "--commits", 100'000);
    const int length = static_cast<int>(Number(argc, argv, "--history", 400));
    uint64_t seed = Number(argc, argv, "--seed", 1);
    WorldStats total;
    uint64_t passed = 0, failed = 0;
    while (total.commits < commits && failed == 0) {
        Generator generator(seed);
        std::vector<Operation> history = generator.History(length);
        WorldStats stats;
        std::string wrong = RunOnce(seed, history, &stats);
        total.commits += stats.commits;
        total.refused += stats.refused;
        total.comparisons += stats.comparisons;
        total.rows_compared += stats.rows_compared;
        total.events += stats.events;
        total.resets += stats.resets;
        total.ended += stats.ended;
        total.restarts += stats.restarts;
        total.evaluations += stats.evaluations;
        total.increments += stats.increments;
        total.reconnects += stats.reconnects;
        if (wrong.empty()) {
            ++passed;
        } else {
            ++failed;
            std::cout << "FAILED with --seed " << seed << ": " << wrong << "\n";
            history = CutDown(seed, std::move(history), &wrong);
            std::cout << "cut down to " << history.size() << " steps: " << wrong << "\n";
            for (size_t i = 0; i < history.size(); ++i) {
                std::cout << "  " << i << ". " << Describe(history[i]) << "\n";
            }
        }
        ++seed;
    }
    std::cout << total.commits << " commits (" << total.refused << " refused), "
              << total.comparisons << " comparisons of " << total.rows_compared << " rows, "
              << total.events << " events, " << total.resets << " resets, " << total.reconnects
              << " reconnects, " << total.restarts << " restarts\n"
              << total.evaluations << " evaluations and " << total.increments
              << " increments of held results\n"
              << passed << " passed, " << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace blasty::oracle

int main(int argc, char** argv) { return blasty::oracle::Main(argc, argv); }
