#include "absl/synchronization/mutex.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
    // Debian's Abseil, whose locks gRPC uses, looks for deadlocks at every lock: time and memory
    // for each call.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    return blasty::cli::Run(argc, argv);
}
