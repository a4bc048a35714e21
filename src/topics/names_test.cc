#include "topics/names.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/strings.h"
#include "topics/internal/ack_record.h"
#include "topics/internal/control.h"
#include "topics/internal/inbox_state.h"
#include "topics/internal/inbox_window.h"

namespace blasty::topics {
namespace {

TEST(NamesTest, SomeAreGoodAndSomeAreNot) {
    for (const char* good : {"a", "a.b", "A-1_x", "größe.日本", "a:b/c"}) {
        EXPECT_TRUE(CheckName("topic", good).ok()) << good;
    }
    for (const char* bad : {"", ".", ".a", "a.", "a..b", "a b", "a\n", "$sys", "a.*", "a.>", "a*",
                            "\xff", "a\u00a0b"}) {
        EXPECT_EQ(ReasonOf(CheckName("topic", bad)), "INVALID_NAME") << bad;
    }
    EXPECT_FALSE(CheckName("topic", std::string(201, 'a')).ok());
    EXPECT_FALSE(CheckName("topic", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17").ok());
}

TEST(NamesTest, Patterns) {
    for (const char* good : {"*", ">", "a.*.c", "a.>", "a"}) {
        EXPECT_TRUE(CheckPattern(good).ok()) << good;
    }
    for (const char* bad : {"a.>.b", "a*", "a.b>", ""}) EXPECT_FALSE(CheckPattern(bad).ok()) << bad;
    EXPECT_TRUE(Matches(">", "a.b"));
    EXPECT_TRUE(Matches("a.*", "a.b"));
    EXPECT_FALSE(Matches("a.*", "a.b.c"));
    EXPECT_FALSE(Matches("a.*", "a"));
    EXPECT_TRUE(Matches("a.>", "a.b.c"));
    EXPECT_FALSE(Matches("a.>", "a"));
    EXPECT_TRUE(Matches("*.b", "a.b"));
    EXPECT_FALSE(Matches("a.b", "a.c"));
}

TEST(CodecTest, ControlRecordsComeBackAndRubbishIsRefused) {
    using namespace internal;
    TopicConfig topic;
    topic.retention = {1, 2, 3, true};
    topic.message_bytes_max = 4;
    InboxConfig inbox;
    inbox.patterns = {"a", "b.>"};
    inbox.dead_letter_topic = "dead";
    const Control all[] = {TopicCreated{StreamId(16), "t", topic, 5},
                           TopicUpdated{StreamId(16), topic},
                           TopicDeleted{StreamId(17)},
                           FloorRaised{StreamId(16), Sequence(9), 8, 7},
                           Compacted{StreamId(16), 3, 4},
                           InboxCreated{1, "in", inbox, 6, true, Sequence(2)},
                           InboxUpdated{1, inbox},
                           InboxDeleted{1},
                           InboxReset{1, false, Sequence(3)},
                           Trimmed{Sequence(11)},
                           Probe{}};
    Random random(1);
    for (const Control& control : all) {
        const std::string bytes = EncodeControl(control);
        Control back;
        ASSERT_TRUE(DecodeControl(bytes, &back).ok());
        EXPECT_TRUE(control == back) << control.index();
        for (size_t cut = 0; cut < bytes.size(); ++cut) {
            EXPECT_FALSE(DecodeControl(std::string_view(bytes).substr(0, cut), &back).ok());
        }
        for (int i = 0; i < 200; ++i) {
            std::string garbled = bytes;
            garbled[random.Below(garbled.size())] = static_cast<char>(random.Next());
            (void)DecodeControl(garbled, &back);
        }
    }
}

TEST(CodecTest, AckRecordsComeBackAndRubbishIsRefused) {
    using namespace internal;
    AckRecord record;
    record.inbox = 7;
    record.epoch = 1000;
    record.floor = 50;
    record.runs = {{52, 60}, {70, 70}};
    record.attempts = {{65, 3}};
    std::string bytes;
    EncodeAck(record, &bytes);
    AckRecord back;
    ASSERT_TRUE(DecodeAck(bytes, &back).ok());
    EXPECT_TRUE(record == back);
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(DecodeAck(std::string_view(bytes).substr(0, cut), &back).ok());
    }
}

TEST(RunSetTest, EqualsAPlainSet) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        Random random(seed);
        internal::RunSet runs;
        std::vector<bool> plain(200, false);
        for (int i = 0; i < 60; ++i) {
            const uint64_t first = random.Below(180), last = first + random.Below(15);
            if (random.Chance(1, 10)) {
                runs.RemoveUpTo(first);
                for (uint64_t v = 0; v <= first; ++v) plain[v] = false;
            } else {
                runs.Add(first, last);
                for (uint64_t v = first; v <= last; ++v) plain[v] = true;
            }
            for (uint64_t v = 0; v < plain.size(); ++v) {
                ASSERT_EQ(runs.Contains(v), plain[v]) << "seed " << seed << " value " << v;
            }
            for (size_t r = 1; r < runs.runs().size(); ++r) {
                ASSERT_GT(runs.runs()[r].first, runs.runs()[r - 1].last + 1);
            }
        }
    }
}

TEST(InboxStateTest, RunsThatTouchTheFloorJoinIt) {
    internal::InboxState inbox;
    internal::AckRecord record;
    record.runs = {{5, 9}};
    record.attempts = {{12, 2}};
    EXPECT_TRUE(inbox.Apply(record));
    record.attempts.clear();
    record.floor = 4;
    record.runs.clear();
    EXPECT_TRUE(inbox.Apply(record));
    EXPECT_EQ(inbox.floor, 9u);
    EXPECT_TRUE(inbox.acked.empty());
    EXPECT_EQ(inbox.attempts->size(), 1u);
    record.floor = 12;
    EXPECT_TRUE(inbox.Apply(record));
    EXPECT_EQ(inbox.attempts, nullptr);
    record.epoch = 3;
    EXPECT_FALSE(inbox.Apply(record));
    EXPECT_LE(sizeof(internal::InboxState), 200u);  // a million idle ones
}

TEST(InboxWindowTest, ManyFinishedBehindAStuckOneAreForgotten) {
    internal::InboxWindow window;
    window.AddMember(1);
    for (uint64_t s = 1; s <= 50'000; ++s) {
        internal::Entry& entry = window.Admit(s * 3, StreamId(16), 0, 0);
        window.GiveOut(entry, 1, 1);
        if (s == 1) continue;
        window.BeginAck(entry);
        window.Finish(entry);
        window.Trim();
    }
    EXPECT_LT(window.entries().size(), 10'000u);
    EXPECT_EQ(window.FirstUnacked(), 3u);
    EXPECT_EQ(window.active(), 1u);
}

}  // namespace
}  // namespace blasty::topics
