// What the tests of the log share: a log in memory without threads, and batches to put in.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "io/memory_file_system.h"
#include "log/internal/format.h"
#include "log/log.h"

namespace blasty::log {

inline constexpr char kDir[] = "db/log";

inline LogOptions ManualOptions() {
    LogOptions options;
    options.segment_bytes = 8192;
    options.manual_commit = true;
    options.salt_seed = 42;
    return options;
}

inline Batch MakeBatch(std::string_view payload, uint32_t stream = 1) {
    Batch batch;
    RecordFields fields;
    fields.stream = StreamId(stream);
    fields.payload = payload;
    batch.Add(fields);
    return batch;
}

// A log whose commits happen when told.
class TestLog {
  public:
    explicit TestLog(io::FileSystem& fs, const LogOptions& options = ManualOptions()) {
        auto opened = Log::Open(fs, kDir, options, clock_, nullptr);
        status_ = opened.status();
        if (opened.ok()) log_ = *std::move(opened);
    }
    const Status& status() const { return status_; }
    Log* operator->() { return log_.get(); }
    Log& operator*() { return *log_; }
    void Drop() { log_.reset(); }

    // One commit. The sequence of its first record, or the error.
    Result<Sequence> Put(Batch batch) {
        std::optional<Result<Sequence>> answer;
        log_->Append(std::move(batch), [&](Result<Sequence> first) {
            EXPECT_FALSE(answer.has_value());
            answer = std::move(first);
        });
        log_->CommitQueued();
        EXPECT_TRUE(answer.has_value());
        return *answer;
    }
    Result<Sequence> Put(std::string_view payload, uint32_t stream = 1) {
        return Put(MakeBatch(payload, stream));
    }

  private:
    ManualClock clock_;
    Status status_;
    std::unique_ptr<Log> log_;
};

struct Seen {
    uint64_t sequence = 0;
    uint32_t stream = 0;
    std::string payload;
    friend bool operator==(const Seen&, const Seen&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
        return out << seen.sequence << ":" << seen.stream << ":" << Printable(seen.payload, 20);
    }
};

// Everything a cursor gives until it has nothing more. Records before `from` are left out.
inline Result<std::vector<Seen>> ReadAll(Log& log, ReadOptions options = {}) {
    const auto cursor = log.NewCursor(options);
    std::vector<Seen> seen;
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const FramePtr frame, cursor->Next());
        if (!frame) return seen;
        RecordIterator it = frame->Records();
        RecordView record;
        while (it.Next(&record)) {
            if (record.sequence < options.from) continue;
            if (options.stream && record.stream != *options.stream) continue;
            seen.push_back(
                {record.sequence.value(), record.stream.value(), std::string(record.payload)});
        }
        BLASTY_RETURN_IF_ERROR(it.status());
    }
}

// The payloads of the whole log, or the error.
inline Result<std::vector<std::string>> Payloads(Log& log) {
    BLASTY_ASSIGN_OR_RETURN(const auto seen, ReadAll(log, {.from = log.state().oldest}));
    std::vector<std::string> payloads;
    for (const Seen& one : seen) payloads.push_back(one.payload);
    return payloads;
}

inline std::string SegmentPath(uint64_t first) {
    return StrCat(kDir, "/", internal::SegmentName(first));
}
inline std::string IndexPath(uint64_t first) {
    return StrCat(kDir, "/", internal::IndexName(first));
}

// Stops the log as if the process had been killed: no mark, no more writes.
// REQUIRES that the log was opened on `faulty`.
template <typename Faulty>
void Kill(Faulty& faulty, TestLog& log) {
    faulty.FailEverything();
    log.Drop();
    faulty.Heal();
}

}  // namespace blasty::log
