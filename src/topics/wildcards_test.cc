// Wildcards over many topics: who is woken, what is counted, and that nobody is looked at in vain.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/strings.h"
#include "topics/internal/pattern_tree.h"
#include "topics/internal/test_bus.h"
#include "topics/names.h"

namespace blasty::topics::internal {
namespace {

std::string Draw(std::mt19937& random, bool wildcards) {
    std::string out;
    const int tokens = static_cast<int>(1 + random() % 4);
    for (int i = 0; i < tokens; ++i) {
        const bool last = i == tokens - 1;
        const auto kind = random() % 6;
        if (i > 0) out += '.';
        if (wildcards && kind == 0) {
            out += '*';
        } else if (wildcards && kind == 1 && last) {
            out += '>';
        } else {
            out += static_cast<char>('a' + random() % 3);
        }
    }
    return out;
}

TEST(PatternTreeTest, FindsWhatMatchesSays) {
    std::mt19937 random(7);
    PatternTree<std::string> tree;
    std::set<std::string> patterns;
    for (int step = 0; step < 3000; ++step) {
        const std::string pattern = Draw(random, true);
        if (random() % 3 == 0) {
            tree.Erase(pattern);
            patterns.erase(pattern);
        } else {
            tree.At(pattern) = pattern;
            patterns.insert(pattern);
        }
        EXPECT_EQ(tree.Find(pattern) != nullptr, patterns.count(pattern) == 1) << pattern;
        EXPECT_EQ(tree.empty(), patterns.empty());
        const std::string name = Draw(random, false);
        std::multiset<std::string> found, wanted;
        tree.ForEachMatch(name, [&found](const std::string& value) { found.insert(value); });
        for (const std::string& each : patterns) {
            if (Matches(each, name)) wanted.insert(each);
        }
        ASSERT_EQ(found, wanted) << name << " at step " << step;
    }
    for (const std::string& pattern : patterns) tree.Erase(pattern);
    EXPECT_TRUE(tree.empty());
}

TEST(WildcardsTest, WakesForOldNewAndMadeAgainTopicsUntilItLeaves) {
    TestBus bus;
    bus.Publish("a.old", "x");
    int woken = 0;
    auto reader = bus.Read("a.*", {Start::Kind::kNewest, {}, 0}, [&woken] { ++woken; });
    // Arms itself when it finds nothing.
    EXPECT_TRUE(FetchAll(*reader).empty());
    bus.Publish("b.other", "x");
    EXPECT_EQ(woken, 0);
    bus.Publish("a.old", "1");
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(FetchAll(*reader).size(), 1u);
    bus.Publish("a.new", "2");
    EXPECT_EQ(woken, 2);
    EXPECT_EQ(FetchAll(*reader).size(), 1u);
    // Another wildcard comes and goes: what topics remember about sets must not go stale.
    auto other = bus.Read("a.>", {Start::Kind::kNewest, {}, 0}, [] {});
    bus.Publish("a.old", "3");
    other.reset();
    EXPECT_EQ(FetchAll(*reader).size(), 1u);
    ASSERT_TRUE(bus.topics->DeleteTopic("a.old", "a.old").ok());
    EXPECT_EQ(woken, 4);  // a deletion is news too
    EXPECT_TRUE(FetchAll(*reader).empty());
    bus.Publish("a.old", "4");
    EXPECT_EQ(woken, 5);
    EXPECT_EQ(FetchAll(*reader).size(), 1u);
    reader.reset();
    bus.Publish("a.old", "5");
    EXPECT_EQ(woken, 5);
}

TEST(WildcardsTest, ItsOwnDeadLettersDoNotWakeAnInbox) {
    TestBus bus;
    InboxConfig config = Reading({">"});
    config.max_deliveries = 1;
    int woken = 0;
    auto member = bus.Join("box", config, [&woken] { ++woken; });
    std::vector<Delivery> out;
    ASSERT_TRUE(member->Fetch({}, &out).ok());
    bus.Publish("box.dead", "not for me");
    EXPECT_EQ(woken, 0);
    bus.Publish("t", "for me");
    EXPECT_EQ(woken, 1);
}

uint64_t Pending(TestBus& bus, std::vector<std::string> patterns, Start::Kind from) {
    static int number = 0;
    const std::string name = StrCat("box", ++number);
    const auto info = bus.topics->CreateInbox(name, Reading(std::move(patterns)), {from, {}, 0});
    EXPECT_TRUE(info.ok()) << info.status();
    return info->pending;
}

TEST(WildcardsTest, PendingCountsATopicOnceHoweverManyPatternsMatch) {
    TestBus bus;
    // More names than are looked at in one go.
    for (int i = 0; i < 3000; ++i) (void)bus.Send(StrCat("g", i % 3, ".t", i), {NewMessage()});
    bus.Settle();
    constexpr auto kOldest = Start::Kind::kOldest;
    EXPECT_EQ(Pending(bus, {">"}, kOldest), 3000u);
    EXPECT_EQ(Pending(bus, {"g1.*"}, kOldest), 1000u);
    EXPECT_EQ(Pending(bus, {"g1.>", "g1.*", "g1.t1"}, kOldest), 1000u);
    EXPECT_EQ(Pending(bus, {"g1.t1", "g1.>", "g2.t2"}, kOldest), 1001u);
    EXPECT_EQ(Pending(bus, {"*.t5", "nothing.>"}, kOldest), 1u);
    EXPECT_EQ(Pending(bus, {"g1.t1", "g1.t4"}, kOldest), 2u);
    EXPECT_EQ(Pending(bus, {">"}, Start::Kind::kNewest), 0u);
    bus.Publish("g1.t1", "x");
    const auto all = bus.topics->ListInboxes(ListOptions());
    ASSERT_TRUE(all.ok());
    uint64_t sum = 0;
    for (const InboxInfo& info : *all) sum += info.pending;
    EXPECT_EQ(sum, 3000u + 1000 + 1000 + 1001 + 1 + 2 + 0 + 6);
}

TEST(WildcardsTest, ListsByPatternInPagesOfAnySize) {
    TestBus bus;
    for (int i = 0; i < 2500; ++i) (void)bus.Send(StrCat(i % 5 == 0 ? "in." : "out.", i), {{}});
    bus.Settle();
    for (const std::string pattern : {">", "in.*", "in.>", "*.100", "in.0", "none.*", "in"}) {
        std::vector<std::string> pages;
        ListOptions page;
        page.pattern = pattern;
        page.limit = 7;
        while (true) {
            const auto infos = bus.topics->ListTopics(page);
            ASSERT_TRUE(infos.ok());
            for (const TopicInfo& info : *infos) pages.push_back(info.name);
            if (infos->size() < page.limit) break;
            page.after = pages.back();
        }
        std::set<std::string> wanted;
        for (int i = 0; i < 2500; ++i) {
            const std::string name = StrCat(i % 5 == 0 ? "in." : "out.", i);
            if (Matches(pattern, name)) wanted.insert(name);
        }
        EXPECT_EQ(pages, std::vector<std::string>(wanted.begin(), wanted.end())) << pattern;
    }
    ASSERT_TRUE(bus.topics->CreateInbox("a", Reading({"in.*", "out.*"}), Start()).ok());
    ASSERT_TRUE(bus.topics->CreateInbox("b", Reading({"in.0"}), Start()).ok());
    EXPECT_EQ(bus.topics->GetTopic("in.0")->inboxes, 2u);
    ASSERT_TRUE(bus.topics->DeleteInbox("a").ok());
    EXPECT_EQ(bus.topics->GetTopic("in.0")->inboxes, 1u);
}

}  // namespace
}  // namespace blasty::topics::internal
