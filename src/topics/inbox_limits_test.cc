// Waits at their limits, timers, overload and dead letters of large messages.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "base/strings.h"
#include "topics/internal/inbox_window.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::AckLater;
using internal::FetchAll;
using internal::Payloads;
using internal::Reading;
using internal::TestBus;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

TEST(InboxLimitsTest, AnEndlessAckWaitIsRefused) {
    TestBus bus;
    InboxConfig config = Reading({"t"});
    config.ack_wait_us = kForever;
    const auto made = bus.topics->CreateInbox("in", config, {Start::Kind::kOldest, {}, 0});
    EXPECT_EQ(ReasonOf(made.status()), "INVALID_CONFIG");
}

TEST(InboxLimitsTest, AnEndlessNackDelayWaits) {
    TestBus bus;
    bus.Publish("t", "a");
    auto member = bus.Join("in", Reading({"t"}));
    const auto got = FetchAll(*member);
    ASSERT_TRUE(member->Nack(got[0].message.sequence, kForever).ok());
    bus.RunFor(kSecond);
    EXPECT_EQ(Payloads(FetchAll(*member)), "");
}

TEST(InboxLimitsTest, AShorterAckWaitHoldsForWhatIsDeliveredAfterIt) {
    TestBus bus;
    InboxConfig config = Reading({"t"});
    config.ack_wait_us = 600 * kSecond;
    auto member = bus.Join("in", config);
    bus.Publish("t", "a");
    EXPECT_EQ(Payloads(FetchAll(*member)), "a");
    config.ack_wait_us = kSecond;
    ASSERT_TRUE(bus.topics->UpdateInbox("in", config).ok());
    bus.Publish("t", "b");
    EXPECT_EQ(Payloads(FetchAll(*member)), "b");
    bus.RunFor(5 * kSecond);
    EXPECT_EQ(Payloads(FetchAll(*member)), "b");
}

TEST(InboxLimitsTest, TimersDoNotPileUp) {
    TestBus bus;
    bus.Publish("t", "a");
    auto member = bus.Join("in", Reading({"t"}));
    for (int i = 0; i < 100; ++i) {
        const auto got = FetchAll(*member);
        ASSERT_EQ(Payloads(got), "a");
        ASSERT_TRUE(member->Nack(got[0].message.sequence, 1000).ok());
        bus.RunFor(2000);
    }
    ASSERT_EQ(Payloads(FetchAll(*member)), "a");
    const int64_t end = bus.clock().MonotonicMicros() + 60 * kSecond;
    int tasks = 0;
    while (bus.clock().MonotonicMicros() < end && bus.executor.Step()) ++tasks;
    // Some for the inbox, and one a second for the background work of the database.
    EXPECT_LT(tasks, 60 + 20);
}

TEST(InboxLimitsTest, AcksAreTakenWhilePublishersOverloadTheLog) {
    TestBus bus;
    bus.options.log.queue_bytes_max = 1000;
    bus.Restart();
    bus.Publish("t", "a");
    auto member = bus.Join("in", Reading({"t"}));
    const auto got = FetchAll(*member);
    const std::string large(600, 'x');
    NewMessage message;
    message.payload = large;
    bus.Send("t", {message});
    bus.Send("t", {message});
    const auto refused = bus.Send("t", {message});
    EXPECT_EQ(ReasonOf(refused->status), "OVERLOADED");
    const auto acked = AckLater(*member, got[0].message.sequence);
    bus.Settle();
    EXPECT_TRUE(acked->ok()) << *acked;
}

TEST(InboxLimitsTest, ManyLargeDeadLettersAreMovedAFewAtATime) {
    TestBus bus;
    bus.options.log.queue_bytes_max = 12 << 20;
    bus.Restart();
    InboxConfig config = Reading({"t"});
    config.max_deliveries = 1;
    auto member = bus.Join("in", config);
    constexpr size_t kMessages = 12;
    for (size_t i = 0; i < kMessages; ++i) bus.Publish("t", std::string(4 << 20, 'x'));
    const auto got = FetchAll(*member);
    ASSERT_EQ(got.size(), kMessages);
    for (const Delivery& d : got) ASSERT_TRUE(member->Nack(d.message.sequence, 0).ok());
    for (size_t i = 0; i < kMessages; ++i) bus.Settle();
    EXPECT_EQ(FetchAll(*member).size(), 0u);
    EXPECT_EQ(FetchAll(*bus.Read("in.dead")).size(), kMessages);
}

TEST(InboxLimitsTest, WhatWaitsForItsKeyIsReadAgainWhenItIsMuch) {
    TestBus bus;
    auto one = bus.Join("in", Reading({"t"}));
    auto two = bus.Join("in");
    bus.Publish("t", "first", "k");
    const auto first = FetchAll(*one);
    ASSERT_EQ(first.size(), 1u);
    constexpr size_t kMessages = 16;
    for (size_t i = 0; i < kMessages; ++i) {
        bus.Publish("t", StrCat(i, std::string(1 << 20, 'x')), "k");
    }
    EXPECT_EQ(FetchAll(*two, {1024, 64 << 20}).size(), 0u);  // all of them wait
    one.reset();
    const auto got = FetchAll(*two, {1024, 64 << 20});
    ASSERT_EQ(got.size(), kMessages + 1);
    EXPECT_EQ(got[0].message.payload, "first");
    for (size_t i = 0; i < kMessages; ++i) {
        EXPECT_EQ(got[i + 1].message.payload, StrCat(i, std::string(1 << 20, 'x')));
    }
}

TEST(InboxWindowTest, CountsWhatItHolds) {
    internal::InboxWindow window;
    Message message;
    auto frame = std::make_shared<log::Frame>();
    frame->records.assign(1000, 'x');
    message.frame = frame;
    for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
        window.Hold(window.Admit(sequence, StreamId(16), 0, 0), message);
    }
    EXPECT_GE(window.held_bytes(), 3000u);
    EXPECT_NE(window.TakeHeld(*window.Find(1)), nullptr);
    EXPECT_EQ(window.TakeHeld(*window.Find(1)), nullptr);
    window.BeginAck(*window.Find(2));
    window.Finish(*window.Find(2));
    EXPECT_LT(window.held_bytes(), 2000u);
    window.Clear();
    EXPECT_EQ(window.held_bytes(), 0u);
}

TEST(InboxLimitsTest, EveryUnknownAckIsNamed) {
    TestBus bus;
    bus.Publish("t", "a");
    auto member = bus.Join("in", Reading({"t"}));
    const Sequence known = FetchAll(*member)[0].message.sequence;
    const Sequence sequences[] = {Sequence(900), known, Sequence(700), known};
    Status answer;
    member->Ack(sequences, [&answer](const Status& status) { answer = status; });
    bus.Settle();
    EXPECT_EQ(ReasonOf(answer), "NOT_IN_FLIGHT");
    EXPECT_EQ(NotInFlightOf(answer), (std::vector<Sequence>{Sequence(900), Sequence(700), known}));
    EXPECT_TRUE(NotInFlightOf(OkStatus()).empty());
}

TEST(InboxLimitsTest, TheNextOfAKeyWaitsUntilTheDeadLetterIsStored) {
    TestBus bus;
    InboxConfig config = Reading({"t"});
    config.max_deliveries = 1;
    auto member = bus.Join("in", config);
    bus.Publish("t", "poison", "k");
    bus.Publish("t", "next", "k");
    const auto got = FetchAll(*member);
    ASSERT_EQ(Payloads(got), "poison next");
    ASSERT_TRUE(member->Nack(got[0].message.sequence, 0).ok());
    bus.executor.RunReady();  // the dead letter is queued, not stored
    EXPECT_EQ(Payloads(FetchAll(*member)), "");
    bus.Settle();
    EXPECT_EQ(Payloads(FetchAll(*member)), "next");
}

}  // namespace
}  // namespace blasty::topics
