// The canary of the crash tests: a record that broke a promise must be found out.
#include "tests/crash/record.h"

#include <gtest/gtest.h>

namespace blasty::crash {
namespace {

// Two messages of one key, published, delivered, acked and read as they should be.
void Sound(Record& record) {
    for (uint64_t n = 1; n <= 2; ++n) {
        record.Acknowledged({"k", n}, 10 + n);
        record.Delivered({"k", n}, 10 + n);
        record.AckConfirmed(10 + n);
        record.Read({"k", n}, 10 + n);
    }
}

TEST(Record, SoundHistoryPasses) {
    Record record;
    Sound(record);
    record.Acknowledged({"k", 3}, 13);
    record.Delivered({"k", 3}, 13);
    record.Delivered({"k", 3}, 13);  // again, before its ack: at least once
    record.Read({"k", 3}, 13);
    EXPECT_TRUE(record.Violations().empty());
    EXPECT_EQ(record.acknowledged(), 3u);
    EXPECT_EQ(record.undelivered(), 0u);
}

TEST(Record, FindsALostMessage) {
    Record record;
    Sound(record);
    record.Acknowledged({"k", 3}, 13);
    EXPECT_EQ(record.undelivered(), 1u);
    EXPECT_EQ(record.unread(), 1u);
    EXPECT_EQ(record.Violations().size(), 2u);
}

TEST(Record, FindsADeliveryAfterAConfirmedAck) {
    Record record;
    Sound(record);
    record.Delivered({"k", 2}, 12);
    EXPECT_EQ(record.Violations().size(), 1u);
}

TEST(Record, FindsBrokenOrder) {
    Record record;
    Sound(record);
    record.Delivered({"k", 4}, 14);
    record.Delivered({"k", 3}, 13);
    EXPECT_EQ(record.Violations().size(), 1u);
}

TEST(Record, FindsAMessageStoredTwice) {
    Record record;
    Sound(record);
    record.Read({"k", 2}, 15);
    EXPECT_EQ(record.Violations().size(), 1u);
}

TEST(Record, FindsAMovedMessage) {
    Record record;
    record.Acknowledged({"k", 1}, 11);
    record.Delivered({"k", 1}, 12);
    record.Read({"k", 1}, 12);
    EXPECT_EQ(record.Violations().size(), 2u);
}

}  // namespace
}  // namespace blasty::crash
