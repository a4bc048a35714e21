#include "topics/internal/ack_record.h"

#include "base/bytes.h"
#include "base/strings.h"

namespace blasty::topics::internal {

namespace {
constexpr uint8_t kVersion = 1;
}  // namespace

void EncodeAck(const AckRecord& record, std::string* out) {
    out->push_back(static_cast<char>(kVersion));
    PutVarint(*out, record.inbox);
    PutVarint(*out, record.epoch);
    PutVarint(*out, record.floor);
    PutVarint(*out, record.runs.size());
    uint64_t before = 0;
    for (const Run& run : record.runs) {
        PutVarint(*out, run.first - before);
        PutVarint(*out, run.last - run.first);
        before = run.last;
    }
    PutVarint(*out, record.attempts.size());
    for (const Attempts& attempts : record.attempts) {
        PutVarint(*out, attempts.sequence);
        PutVarint(*out, attempts.count);
    }
}

Status DecodeAck(std::string_view bytes, AckRecord* record) {
    ByteReader reader(bytes);
    const auto version = reader.Fixed<uint8_t>();
    if (reader.ok() && version != kVersion) {
        return MakeError(StatusCode::kDataLoss, "UNKNOWN_RECORD_VERSION",
                         StrCat("an ack record has version ", +version, "; this program knows ",
                                +kVersion, ": start a newer one"));
    }
    record->inbox = static_cast<uint32_t>(reader.Varint());
    record->epoch = reader.Varint();
    record->floor = reader.Varint();
    record->runs.clear();
    record->attempts.clear();
    bool good = true;
    uint64_t before = 0;
    const uint64_t runs = reader.Varint();
    for (uint64_t i = 0; i < runs && reader.ok() && good; ++i) {
        Run run;
        run.first = before + reader.Varint();
        run.last = run.first + reader.Varint();
        good = run.first > before && run.last >= run.first && run.last != UINT64_MAX;
        before = run.last;
        record->runs.push_back(run);
    }
    const uint64_t attempts = reader.Varint();
    for (uint64_t i = 0; i < attempts && reader.ok(); ++i) {
        const uint64_t sequence = reader.Varint();
        record->attempts.push_back({sequence, static_cast<uint32_t>(reader.Varint())});
    }
    if (good && reader.done()) return OkStatus();
    return MakeError(StatusCode::kDataLoss, "LOG_DAMAGED", "an ack record is malformed");
}

}  // namespace blasty::topics::internal
