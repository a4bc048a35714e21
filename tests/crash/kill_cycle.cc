#include "tests/crash/kill_cycle.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/strings.h"

namespace blasty::crash {

Arguments ReadArguments(int argc, char** argv, const char* name) {
    Arguments arguments;
    arguments.seed = RandomSeed() % 1'000'000;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        if (option == "--blasty") arguments.binary = argv[i + 1];
        if (option == "--seconds") arguments.seconds = std::atoi(argv[i + 1]);
        if (option == "--seed") arguments.seed = std::strtoull(argv[i + 1], nullptr, 10);
    }
    if (arguments.binary.empty()) {
        std::fprintf(stderr, "usage: %s --blasty PROGRAM [--seconds N] [--seed N]\n", argv[0]);
        std::exit(2);
    }
    arguments.directory = std::filesystem::temp_directory_path() / StrCat(name, "-", RandomHex(6));
    std::filesystem::create_directories(arguments.directory);
    std::printf("seed %llu, data in %s\n", static_cast<unsigned long long>(arguments.seed),
                arguments.directory.c_str());
    return arguments;
}

int KillAgainAndAgain(ServerProcess& server, Random& random, int seconds) {
    using SteadyClock = std::chrono::steady_clock;
    int kills = 0;
    const auto end = SteadyClock::now() + std::chrono::seconds(seconds);
    while (SteadyClock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50 + random.Below(900)));
        server.Kill();
        ++kills;
        if (!server.Start()) std::_Exit(1);
    }
    return kills;
}

int Finish(const Arguments& arguments, bool good) {
    if (good) std::filesystem::remove_all(arguments.directory);
    std::printf("%d passed, %d failed\n", good ? 1 : 0, good ? 0 : 1);
    return good ? 0 : 1;
}

}  // namespace blasty::crash
