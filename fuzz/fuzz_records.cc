// Walks arbitrary bytes as encoded records. What walks to the end and holds no hole must encode to
// records that read the same again.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "log/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using blasty::Sequence;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    blasty::log::RecordIterator first(bytes, Sequence(1));
    std::vector<blasty::log::RecordView> records;
    for (blasty::log::RecordView record; first.Next(&record);) records.push_back(record);
    if (!first.status().ok()) return 0;
    blasty::log::Batch batch;
    for (const auto& record : records) {
        batch.Add({record.stream, record.kind, record.time_us, record.id, record.key,
                   record.headers, record.payload});
    }
    blasty::log::RecordIterator second(batch.bytes(), Sequence(1));
    for (const auto& record : records) {
        blasty::log::RecordView again;
        BLASTY_CHECK(second.Next(&again));
        BLASTY_CHECK(again.stream == record.stream && again.kind == record.kind &&
                     again.time_us == record.time_us);
        BLASTY_CHECK(again.id == record.id && again.key == record.key &&
                     again.headers == record.headers);
        BLASTY_CHECK(again.payload == record.payload);
    }
    return 0;
}
