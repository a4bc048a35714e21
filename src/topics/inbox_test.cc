#include <gtest/gtest.h>

#include "base/strings.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::AckLater;
using internal::FetchAll;
using internal::Payloads;
using internal::Reading;
using internal::TestBus;

TEST(InboxTest, GivesOutAndAcks) {
    TestBus bus;
    bus.Publish("t", "a");
    bus.Publish("t", "b");
    auto member = bus.Join("in", Reading({"t"}));
    const auto got = FetchAll(*member);
    EXPECT_EQ(Payloads(got), "a b");
    const auto acked = AckLater(*member, got[0].message.sequence);
    bus.Settle();
    EXPECT_TRUE(acked->ok()) << *acked;
    const auto again = AckLater(*member, got[0].message.sequence);
    EXPECT_EQ(ReasonOf(*again), "NOT_IN_FLIGHT");
    member.reset();
    member = bus.Join("in");
    const auto rest = FetchAll(*member);
    EXPECT_EQ(Payloads(rest), "b");
    EXPECT_EQ(rest[0].attempt, 2u);
}

TEST(InboxTest, MembersShareAndOtherInboxesGetAll) {
    TestBus bus;
    auto one = bus.Join("in", Reading({"t"}));
    auto two = bus.Join("in");
    auto other = bus.Join("other", Reading({"t"}));
    for (const char* p : {"a", "b", "c", "d"}) bus.Publish("t", p);
    std::vector<Delivery> first, second;
    ASSERT_TRUE(one->Fetch({2, 1000}, &first).ok());
    second = FetchAll(*two);
    EXPECT_EQ(Payloads(first), "a b");
    EXPECT_EQ(Payloads(second), "c d");
    EXPECT_EQ(Payloads(FetchAll(*other)), "a b c d");
}

TEST(InboxTest, AKeyStaysWithItsMemberWhileUnacked) {
    TestBus bus;
    auto one = bus.Join("in", Reading({"t"}));
    auto two = bus.Join("in");
    bus.Publish("t", "a1", "A");
    const auto a1 = FetchAll(*one);
    bus.Publish("t", "a2", "A");
    bus.Publish("t", "b1", "B");
    EXPECT_EQ(Payloads(FetchAll(*two)), "b1");
    EXPECT_EQ(Payloads(FetchAll(*one)), "a2");
    bus.Publish("t", "a3", "A");
    EXPECT_EQ(Payloads(FetchAll(*two)), "");
    ASSERT_TRUE(one->Nack(a1[0].message.sequence, 0).ok());
    // All of the key come back in order, to whoever asks first.
    const auto again = FetchAll(*two);
    EXPECT_EQ(Payloads(again), "a1 a2 a3");
    EXPECT_EQ(again[0].attempt, 2u);
    EXPECT_EQ(again[1].attempt, 1u);
}

TEST(InboxTest, AMemberThatLeavesGivesItsMessagesBack) {
    TestBus bus;
    int wakes = 0;
    auto one = bus.Join("in", Reading({"t"}));
    auto two = bus.Join("in", {}, [&wakes] { ++wakes; });
    bus.Publish("t", "a", "k");
    bus.Publish("t", "b", "k");
    EXPECT_EQ(Payloads(FetchAll(*one)), "a b");
    EXPECT_EQ(Payloads(FetchAll(*two)), "");
    one.reset();
    EXPECT_EQ(wakes, 1);
    EXPECT_EQ(Payloads(FetchAll(*two)), "a b");
}

TEST(InboxTest, ComesAgainAfterTheAckWaitUnlessExtended) {
    TestBus bus;
    auto member = bus.Join("in", Reading({"t"}));
    bus.Publish("t", "a");
    bus.Publish("t", "b");
    const auto got = FetchAll(*member);
    bus.RunFor(kAckWaitDefaultUs / 2);
    ASSERT_TRUE(member->Extend(got[1].message.sequence).ok());
    bus.RunFor(kAckWaitDefaultUs * 3 / 4);
    const auto again = FetchAll(*member);
    EXPECT_EQ(Payloads(again), "a");
    EXPECT_EQ(again[0].attempt, 2u);
    bus.RunFor(kAckWaitDefaultUs / 2);
    EXPECT_EQ(Payloads(FetchAll(*member)), "b");
}

TEST(InboxTest, NackWithDelayComesAgainThen) {
    TestBus bus;
    int wakes = 0;
    auto member = bus.Join("in", Reading({"t"}), [&wakes] { ++wakes; });
    const uint64_t a = bus.Publish("t", "a");
    FetchAll(*member);
    ASSERT_TRUE(member->Nack(Sequence(a), 5'000'000).ok());
    EXPECT_EQ(Payloads(FetchAll(*member)), "");
    bus.RunFor(4'000'000);
    EXPECT_EQ(wakes, 0);
    bus.RunFor(1'100'000);
    EXPECT_EQ(wakes, 1);
    EXPECT_EQ(Payloads(FetchAll(*member)), "a");
}

TEST(InboxTest, HoldsToMaxInFlight) {
    TestBus bus;
    InboxConfig config = Reading({"t"});
    config.max_in_flight = 2;
    int wakes = 0;
    auto member = bus.Join("in", config, [&wakes] { ++wakes; });
    for (const char* p : {"a", "b", "c"}) bus.Publish("t", p);
    const auto got = FetchAll(*member);
    EXPECT_EQ(Payloads(got), "a b");
    wakes = 0;
    AckLater(*member, got[1].message.sequence);
    bus.Settle();
    EXPECT_GE(wakes, 1);
    EXPECT_EQ(Payloads(FetchAll(*member)), "c");
}

TEST(InboxTest, AcksSurviveARestart) {
    TestBus bus;
    auto member = bus.Join("in", Reading({"t"}));
    for (const char* p : {"a", "b", "c", "d"}) bus.Publish("t", p);
    const auto got = FetchAll(*member);
    AckLater(*member, got[0].message.sequence);
    AckLater(*member, got[2].message.sequence);
    bus.Settle();
    member.reset();
    bus.Restart();
    member = bus.Join("in");
    EXPECT_EQ(Payloads(FetchAll(*member)), "b d");
    EXPECT_EQ(bus.topics->GetInbox("in")->ack_floor, got[0].message.sequence);
}

TEST(InboxTest, DeadLettersTellWhyHowOftenAndFromWhere) {
    TestBus bus;
    InboxConfig config = Reading({"t"});
    config.max_deliveries = 2;
    auto member = bus.Join("in", config);
    const uint64_t a = bus.Publish("t", "a", "k");
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(Payloads(FetchAll(*member)), "a");
        ASSERT_TRUE(member->Nack(Sequence(a), 0).ok());
        bus.Settle();
    }
    EXPECT_EQ(Payloads(FetchAll(*member)), "");
    const auto dead = FetchAll(*bus.Read("in.dead"));
    ASSERT_EQ(Payloads(dead), "a");
    EXPECT_EQ(dead[0].key, "k");
    std::string text;
    const std::vector<HeaderView> headers = DecodeHeaders(dead[0].headers).value();
    for (const HeaderView& h : headers) {
        StrAppend(text, h.name, "=", h.value, " ");
    }
    EXPECT_EQ(text, StrCat("blasty-dead-reason=nacked blasty-dead-attempts=2 blasty-dead-topic=t "
                           "blasty-dead-sequence=",
                           a, " blasty-dead-inbox=in "));
    EXPECT_EQ(bus.topics->GetInbox("in")->dead_letters, 1u);
    member.reset();
    bus.Restart();
    EXPECT_EQ(Payloads(FetchAll(*bus.Join("in"))), "");
}

TEST(InboxTest, ALoneMemberThatCrashesAgainAndAgainMakesADeadLetter) {
    TestBus bus;
    InboxConfig config = Reading({"t"});
    config.max_deliveries = 3;
    bus.Publish("t", "poison");
    for (int i = 0; i < 3; ++i) {
        auto member = bus.Join("in", config);
        ASSERT_EQ(Payloads(FetchAll(*member)), "poison") << i;
        member.reset();
        bus.Settle();
        if (i == 1) bus.Restart();
    }
    EXPECT_EQ(Payloads(FetchAll(*bus.Join("in"))), "");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("in.dead"))), "poison");
}

TEST(InboxTest, ResetBringsBackAndMakesOldAcksVoid) {
    TestBus bus;
    auto member = bus.Join("in", Reading({"t"}));
    for (const char* p : {"a", "b"}) bus.Publish("t", p);
    const auto got = FetchAll(*member);
    AckLater(*member, got[0].message.sequence);
    bus.Settle();
    ASSERT_TRUE(bus.topics->ResetInbox("in", {Start::Kind::kOldest, {}, 0}).ok());
    EXPECT_EQ(ReasonOf(*AckLater(*member, got[1].message.sequence)), "NOT_IN_FLIGHT");
    EXPECT_EQ(Payloads(FetchAll(*member)), "a b");
}

TEST(InboxTest, DeletedInboxAndTopic) {
    TestBus bus;
    auto member = bus.Join("in", Reading({"t"}));
    bus.Publish("t", "a");
    FetchAll(*member);
    ASSERT_TRUE(bus.topics->DeleteTopic("t", "t").ok());
    bus.RunFor(2 * kAckWaitDefaultUs);
    EXPECT_EQ(Payloads(FetchAll(*member)), "");  // what was in flight is gone too
    bus.Publish("t", "b");
    EXPECT_EQ(Payloads(FetchAll(*member)), "b");
    ASSERT_TRUE(bus.topics->DeleteInbox("in").ok());
    std::vector<Delivery> out;
    EXPECT_EQ(ReasonOf(member->Fetch({}, &out)), "INBOX_NOT_FOUND");
}

TEST(InboxTest, RefusesBadConfigurations) {
    TestBus bus;
    const Start start{Start::Kind::kOldest, {}, 0};
    auto reason = [&](const std::string& name, const InboxConfig& config) {
        return ReasonOf(bus.topics->CreateInbox(name, config, start).status());
    };
    EXPECT_EQ(reason(std::string(kNameBytesMax - 3, 'x'), Reading({"t"})), "INVALID_NAME");
    EXPECT_EQ(reason("in", Reading({})), "INVALID_CONFIG");
    EXPECT_EQ(reason("in", Reading({"a..b"})), "INVALID_NAME");
    EXPECT_EQ(reason("in", Reading({"t"})), "");
    EXPECT_EQ(reason("in", Reading({"u"})), "INBOX_EXISTS");
    JoinOptions join;
    join.inbox = "in";
    join.config = Reading({"u"});
    EXPECT_EQ(ReasonOf(bus.topics->Join(join, nullptr).status()), "INBOX_CONFIG_DIFFERS");
    join.inbox = "none";
    join.create = false;
    EXPECT_EQ(ReasonOf(bus.topics->Join(join, nullptr).status()), "INBOX_NOT_FOUND");
}

}  // namespace
}  // namespace blasty::topics
