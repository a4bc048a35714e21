#include "log/log.h"

#include <atomic>
#include <utility>

#include "base/strings.h"
#include "log/internal/core.h"
#include "log/internal/log_impl.h"
#include "log/internal/recovery.h"

namespace blasty::log {
namespace {

constexpr uint64_t kSegmentBytesMin = 8192;
constexpr uint64_t kBatchBytesMax = uint64_t{1} << 31;  // lengths on disk have 32 bits

Status CheckOptions(const LogOptions& options) {
    const auto bad = [](std::string_view what) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_OPTIONS", what);
    };
    if (options.segment_bytes < kSegmentBytesMin)
        return bad(StrCat("segment_bytes is ", options.segment_bytes, ", at least ",
                          kSegmentBytesMin, " are needed"));
    if (options.batch_bytes_max > kBatchBytesMax || options.frame_bytes_max > kBatchBytesMax)
        return bad(StrCat("batch_bytes_max and frame_bytes_max may be at most ", kBatchBytesMax));
    return OkStatus();
}

// What an earlier process left under temporary names was never part of the log; neither were the
// indexes of segments that retention removed.
void RemoveLeftovers(internal::Core& core, const internal::Listing& before) {
    for (const std::string& name : before.leftovers)
        (void)core.fs.Remove(core.directory + "/" + name);
    for (const uint64_t first : before.indexes)
        if (!core.table.Exactly(first))
            (void)core.fs.Remove(core.directory + "/" + internal::IndexName(first));
}

}  // namespace

Result<std::unique_ptr<Log>> Log::Open(io::FileSystem& fs, const std::string& directory,
                                       const LogOptions& options, const Clock& clock,
                                       CommitListener listener) {
    BLASTY_RETURN_IF_ERROR(CheckOptions(options));
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(directory));
    BLASTY_ASSIGN_OR_RETURN(auto lock, fs.Lock(directory));
    auto core =
        std::make_unique<internal::Core>(fs, directory, options, clock, std::move(listener));
    internal::Listing listing;
    BLASTY_ASSIGN_OR_RETURN(internal::Position position, internal::Recover(*core, &listing));
    RemoveLeftovers(*core, listing);
    return std::make_unique<internal::LogImpl>(std::move(lock), std::move(core),
                                               std::move(position));
}

Result<Sequence> Log::AppendAndWait(Batch batch) {
    struct Waiter {
        std::atomic<int> answered{0};
        Result<Sequence> answer = Sequence(0);
    } waiter;
    Append(std::move(batch), [&waiter](Result<Sequence> first) {
        waiter.answer = std::move(first);
        // Wakes by address: the waiter may be gone before notify_one looks.
        std::atomic<int>* const answered = &waiter.answered;
        answered->store(1, std::memory_order_release);
        answered->notify_one();
    });
    CommitQueued();
    waiter.answered.wait(0, std::memory_order_acquire);
    return waiter.answer;
}

}  // namespace blasty::log
