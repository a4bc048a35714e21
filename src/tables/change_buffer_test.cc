// The buffer of a request's changes: what goes in comes out, and large buffers are given back.
#include "tables/internal/change_buffer.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tables/internal/test_tables.h"

namespace blasty::tables::internal {
namespace {

void Put(ChangeBuffer& buffer, std::string_view payload, std::string_view key) {
    buffer.bytes().append(payload);
    buffer.EndPayload();
    buffer.bytes().append(key);
    buffer.EndChange(StreamId(7));
}

TEST(ChangeBufferTest, RecordsComeOutAsTheyWentIn) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    ChangeBuffer buffer;
    for (int round = 0; round < 20; ++round) {
        std::vector<std::pair<std::string, std::string>> put;
        for (uint64_t i = random.Below(60); i > 0; --i) {
            const uint64_t size = random.Chance(1, 5) ? 300'000 : 100;
            put.emplace_back(random.Bytes(random.Below(size)), random.Bytes(random.Below(20)));
            Put(buffer, put.back().first, put.back().second);
        }
        EXPECT_EQ(buffer.rows(), put.size());
        log::Batch batch;
        buffer.MoveTo(&batch, 5);
        EXPECT_EQ(buffer.rows(), 0u);
        EXPECT_EQ(buffer.size_bytes(), 0u);
        log::RecordIterator records(batch.bytes(), Sequence(1));
        log::RecordView record;
        for (const auto& [payload, key] : put) {
            ASSERT_TRUE(records.Next(&record));
            EXPECT_EQ(record.payload, payload);
            EXPECT_EQ(record.key, key);
            EXPECT_EQ(record.time_us, 5);
            EXPECT_EQ(record.stream, StreamId(7));
        }
        EXPECT_FALSE(records.Next(&record));
        EXPECT_TRUE(records.status().ok());
    }
}

TEST(ChangeBufferTest, LargeOnesAreGivenBack) {
    ChangeBuffer buffer;
    const std::string row(1000, 'r');
    const auto fill = [&] {
        for (int i = 0; i < 20'000; ++i) Put(buffer, row, "k");
    };
    fill();
    EXPECT_GT(buffer.capacity_bytes(), 20'000'000u);
    // Growing moved none of it: little more is held than there is.
    EXPECT_LT(buffer.capacity_bytes(), 45'000'000u);
    buffer.Clear();
    EXPECT_LE(buffer.capacity_bytes(), 4u << 20);
    fill();
    log::Batch batch;
    buffer.MoveTo(&batch, 5);
    EXPECT_LE(buffer.capacity_bytes(), 4u << 20);
    // One row may be large.
    Put(buffer, std::string(30'000'000, 'r'), "k");
    buffer.MoveTo(&batch, 5);
    EXPECT_LE(buffer.capacity_bytes(), 4u << 20);
}

TEST(ChangeBufferTest, SmallOnesAreKept) {
    ChangeBuffer buffer;
    for (int i = 0; i < 100; ++i) Put(buffer, "payload", "key");
    const size_t held = buffer.capacity_bytes();
    buffer.Clear();
    EXPECT_EQ(buffer.capacity_bytes(), held);
}

}  // namespace
}  // namespace blasty::tables::internal
