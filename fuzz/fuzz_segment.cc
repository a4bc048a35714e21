// A log whose newest segment is a real one with arbitrary bytes over its end: opening it refuses,
// or serves records that were really written, in order, and then goes on to append.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "base/strings.h"
#include "io/memory_file_system.h"
#include "log/inspect.h"
#include "log/log.h"

namespace {

using blasty::Sequence;

constexpr int kRecords = 20;

blasty::log::LogOptions Options() {
    blasty::log::LogOptions options;
    options.segment_bytes = 8 << 10;
    options.manual_commit = true;
    return options;
}

void Append(blasty::log::Log& log, int number) {
    blasty::log::Batch batch;
    const std::string payload = blasty::StrCat("record ", number);
    blasty::log::RecordFields fields;
    fields.stream = blasty::StreamId(16);
    fields.payload = payload;
    batch.Add(fields);
    log.Append(std::move(batch), [](blasty::Result<Sequence>) {});
    log.CommitQueued();
}

std::unique_ptr<blasty::io::MemoryFileSystem> MakeLog(const blasty::ManualClock& clock) {
    auto fs = std::make_unique<blasty::io::MemoryFileSystem>();
    auto log =
        blasty::log::Log::Open(*fs, "log", Options(), clock, [](const blasty::log::FramePtr&) {});
    BLASTY_CHECK(log.ok());
    for (int i = 1; i <= kRecords; ++i) Append(**log, i);
    return fs->Clone();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static blasty::ManualClock clock;
    static const auto sound = MakeLog(clock);
    if (size < 2) return 0;
    auto fs = sound->Clone();
    std::string path;
    const auto entries = fs->List("log");
    for (const auto& entry : *entries) {
        if (entry.name.ends_with(".seg") && path.empty()) path = "log/" + entry.name;
    }
    std::string bytes = *fs->Peek(path);
    const size_t at = (static_cast<size_t>(data[0]) << 8 | data[1]) % bytes.size();
    const size_t n = std::min(size - 2, bytes.size() - at);
    std::memcpy(bytes.data() + at, data + 2, n);
    BLASTY_CHECK(fs->Poke(path, bytes).ok());

    static_cast<void>(blasty::log::Inspect(*fs, "log", {}).ok());
    auto log =
        blasty::log::Log::Open(*fs, "log", Options(), clock, [](const blasty::log::FramePtr&) {});
    if (!log.ok()) return 0;
    Append(**log, 1000);
    auto cursor = (*log)->NewCursor({});
    while (true) {
        auto frame = cursor->Next();
        if (!frame.ok() || *frame == nullptr) break;
        blasty::log::RecordIterator records = (*frame)->Records();
        for (blasty::log::RecordView record; records.Next(&record);) {
            const bool appended = record.payload == "record 1000";
            BLASTY_CHECK(appended ||
                         record.payload == blasty::StrCat("record ", record.sequence.value()))
                << record.sequence << " " << record.payload;
        }
    }
    return 0;
}
