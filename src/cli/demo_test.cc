#include <gtest/gtest.h>

#include "cli/demo_ledger.h"

namespace blasty::cli {
namespace {

bool AllGood(const DemoLedger& ledger, uint64_t expected) {
    for (const ReckoningLine& line : ledger.Reckon(expected))
        if (!line.good) return false;
    return true;
}

class DemoLedgerTest : public ::testing::Test {
  protected:
    DemoLedgerTest() {
        ledger_.AddReader("Radio", {"greetings"});
        ledger_.SetInbox("mail", "greetings");
        ledger_.Stored("greetings", 1, "a");
        ledger_.Stored("answers", 2, "thanks");
    }
    void EverythingArrives() {
        ledger_.ReaderGot("Radio", 1, "a");
        ledger_.MemberGot(1, "a");
        ledger_.AckConfirmed(1);
    }
    DemoLedger ledger_;
};

TEST_F(DemoLedgerTest, GoodWhenEverythingArrived) {
    EXPECT_FALSE(AllGood(ledger_, 2));
    EverythingArrives();
    EXPECT_TRUE(AllGood(ledger_, 2));
    EXPECT_FALSE(AllGood(ledger_, 3));
    EXPECT_TRUE(ledger_.WaitComplete(2, 1'000'000, [] { return false; }));
}

TEST_F(DemoLedgerTest, SeesALostMessage) {
    EverythingArrives();
    ledger_.Stored("greetings", 3, "b");
    ledger_.MemberGot(3, "b");
    ledger_.AckConfirmed(3);
    EXPECT_FALSE(AllGood(ledger_, 3));
    EXPECT_FALSE(ledger_.WaitComplete(3, 30'000'000, [] { return true; }));
}

TEST_F(DemoLedgerTest, SeesARepeatedOrAlteredMessage) {
    EverythingArrives();
    ledger_.ReaderGot("Radio", 1, "a");
    EXPECT_FALSE(AllGood(ledger_, 2));
}

TEST_F(DemoLedgerTest, SeesAnAckedMessageThatCameBack) {
    EverythingArrives();
    EXPECT_FALSE(ledger_.MemberGot(1, "a"));
    EXPECT_FALSE(AllGood(ledger_, 2));
}

TEST_F(DemoLedgerTest, AnUncertainAckMayComeBack) {
    ledger_.ReaderGot("Radio", 1, "a");
    ledger_.MemberGot(1, "a");
    ledger_.AckUncertain(1);
    EXPECT_TRUE(ledger_.MemberGot(1, "a"));
    EXPECT_TRUE(AllGood(ledger_, 2));
}

}  // namespace
}  // namespace blasty::cli
