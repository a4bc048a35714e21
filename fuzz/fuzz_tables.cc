// Decodes arbitrary bytes as a row, as a frame of the log, and as the payload of one record of a
// table. What decodes must encode to the same bytes; net changes must not lose a row.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "log/frame.h"
#include "tables/commit.h"
#include "tables/internal/record_codec.h"
#include "tables/value.h"

namespace {

using blasty::Sequence;
using blasty::StreamId;
using blasty::log::RecordFields;
using blasty::log::RecordKind;

void CheckRow(std::string_view bytes) {
    const auto row = blasty::tables::DecodeRow(bytes);
    if (!row.ok()) return;
    BLASTY_CHECK(blasty::tables::EncodeRow(*row) == bytes);
}

blasty::log::FramePtr FrameOf(std::string_view records, uint32_t count) {
    auto frame = std::make_shared<blasty::log::Frame>();
    frame->first = Sequence(1);
    frame->count = count;
    frame->records = records;
    return frame;
}

void CheckCommit(const blasty::log::FramePtr& frame) {
    const auto commit = blasty::tables::DecodeCommit(frame);
    if (!commit.ok()) return;
    for (const auto& change : commit->changes) {
        for (const std::string_view row :
             {change.key, change.old_key, change.old_row, change.new_row})
            BLASTY_CHECK(blasty::tables::DecodeRow(row).ok());
        std::string payload;
        const RecordFields fields = blasty::tables::internal::RowRecord(change, 0, &payload);
        blasty::log::Batch batch;
        batch.Add(fields);
        const auto again = blasty::tables::DecodeCommit(FrameOf(batch.bytes(), 1));
        BLASTY_CHECK(again.ok() && again->changes.size() == 1);
        BLASTY_CHECK(again->changes[0].new_row == change.new_row &&
                     again->changes[0].old_row == change.old_row &&
                     again->changes[0].key == change.key &&
                     again->changes[0].old_key == change.old_key);
    }
    BLASTY_CHECK(blasty::tables::NetChanges(commit->changes).size() <= 2 * commit->changes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    CheckRow(bytes);
    CheckCommit(FrameOf(bytes, 1));
    if (bytes.empty()) return 0;
    // The first byte tells the stream and the length of the key.
    const auto head = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    RecordFields fields;
    fields.stream = StreamId(blasty::tables::kTablesStreamBase + (head & 1u));
    fields.kind = RecordKind::kTable;
    fields.id = "id";
    fields.key = bytes.substr(0, head >> 1);
    fields.payload = bytes.substr(fields.key.size());
    blasty::log::Batch batch;
    batch.Add(fields);
    CheckCommit(FrameOf(batch.bytes(), 1));
    return 0;
}
