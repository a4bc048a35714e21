#include "log/record.h"

#include "base/bytes.h"
#include "base/strings.h"
#include "log/internal/hole.h"

namespace blasty::log {
namespace {

constexpr size_t kVarintMax = 10;
constexpr unsigned char kHole = 0;

}  // namespace

void Batch::Add(const RecordFields& record) {
    bytes_.push_back(static_cast<char>(record.kind));
    PutVarint(bytes_, record.stream.value());
    PutFixed<int64_t>(bytes_, record.time_us);
    PutSized(bytes_, record.id);
    PutSized(bytes_, record.key);
    PutSized(bytes_, record.headers);
    PutSized(bytes_, record.payload);
    ++count_;
    if (streams_.empty() || streams_.back() != record.stream) streams_.push_back(record.stream);
}

size_t EncodedSizeMax(const RecordFields& record) {
    return 1 + 8 + 5 * kVarintMax + record.id.size() + record.key.size() + record.headers.size() +
           record.payload.size();
}

bool RecordIterator::Next(RecordView* record) {
    ByteReader reader(rest_);
    while (!bad_ && !reader.rest().empty()) {
        const uint8_t kind = reader.Fixed<uint8_t>();
        if (kind == kHole) {
            const uint64_t vacant = reader.Varint();
            if (!reader.ok() || vacant == 0) break;
            next_ = Sequence(next_.value() + vacant);
            rest_ = reader.rest();
            continue;
        }
        record->kind = static_cast<RecordKind>(kind);
        const uint64_t stream = reader.Varint();
        record->stream = StreamId(static_cast<uint32_t>(stream));
        record->time_us = reader.Fixed<int64_t>();
        record->id = reader.Sized();
        record->key = reader.Sized();
        record->headers = reader.Sized();
        record->payload = reader.Sized();
        if (!reader.ok() || stream > UINT32_MAX) break;
        record->sequence = next_;
        next_ = blasty::Next(next_);
        rest_ = reader.rest();
        return true;
    }
    if (!rest_.empty()) bad_ = true;
    return false;
}

Status RecordIterator::status() const {
    if (!bad_) return OkStatus();
    return MakeError(StatusCode::kDataLoss, "LOG_DAMAGED",
                     StrCat("a record is malformed at sequence ", next_.value()));
}

namespace internal {

void PutHole(std::string& out, uint64_t vacant) {
    out.push_back(static_cast<char>(kHole));
    PutVarint(out, vacant);
}

}  // namespace internal
}  // namespace blasty::log
