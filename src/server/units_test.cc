#include "server/units.h"

#include <gtest/gtest.h>

#include "server/json_text.h"

namespace blasty::server {
namespace {

TEST(UnitsTest, Sizes) {
    const std::pair<const char*, uint64_t> good[] = {{"0", 0},
                                                     {"65536", 65536},
                                                     {"7B", 7},
                                                     {"64KiB", 64 << 10},
                                                     {"8MB", 8'000'000},
                                                     {"1GiB", 1ull << 30},
                                                     {"1.5K", 1536},
                                                     {"2 G", 2ull << 30},

                                                     {"1TB", 1'000'000'000'000}};
    for (const auto& [text, bytes] : good) {
        const Result<uint64_t> size = ParseSize(text);
        EXPECT_TRUE(size.ok() && *size == bytes) << text;
    }
    for (const char* text : {"", "x", "-1", "5 parsecs", "1KiBB", "1e3", "1K2", "99999999999TiB"})
        EXPECT_EQ(ReasonOf(ParseSize(text).status()), "INVALID_SIZE") << text;
}

TEST(UnitsTest, CountsOfThings) {
    EXPECT_EQ(Counted(0, "message"), "0 messages");
    EXPECT_EQ(Counted(1, "message"), "1 message");
    EXPECT_EQ(Counted(1234, "message"), "1,234 messages");
    EXPECT_EQ(Counted(1, "inbox", "inboxes"), "1 inbox");
    EXPECT_EQ(Counted(2, "inbox", "inboxes"), "2 inboxes");
}

TEST(UnitsTest, Durations) {
    const std::pair<const char*, int64_t> good[] = {{"0", 0},
                                                    {"250ms", 250'000},
                                                    {"30s", 30'000'000},
                                                    {"1.5s", 1'500'000},
                                                    {"1h30m", 5'400'000'000},
                                                    {"2 min", 120'000'000},
                                                    {"7d", 604'800'000'000},
                                                    {"1w", 604'800'000'000}};
    for (const auto& [text, us] : good) {
        const Result<int64_t> duration = ParseDuration(text);
        EXPECT_TRUE(duration.ok() && *duration == us) << text;
    }
    for (const char* text : {"", "5", "s", "-1s", "1 fortnight", "1s2", "999999999999w"})
        EXPECT_EQ(ReasonOf(ParseDuration(text).status()), "INVALID_DURATION") << text;
}

TEST(UnitsTest, Times) {
    constexpr int64_t kNow = 1'700'000'000'000'000;
    const std::pair<const char*, int64_t> good[] = {{"2023-11-14T22:13:20Z", kNow},
                                                    {"2023-11-14 22:13:20", kNow},
                                                    {"2023-11-14T22:13:20.25Z", kNow + 250'000},
                                                    {"2023-11-15T00:13:20+02:00", kNow},
                                                    {"2023-11-14T22:13", kNow - 20'000'000},
                                                    {"1970-01-02", 86'400'000'000},
                                                    {"@1700000000", kNow},
                                                    {"-15m", kNow - 900'000'000}};
    for (const auto& [text, us] : good) {
        const Result<int64_t> time = ParseTime(text, kNow);
        EXPECT_TRUE(time.ok() && *time == us) << text << " " << (time.ok() ? *time : -1);
    }
    for (const char* text : {"", "now", "2023-13-01", "2023-11-14T25:00", "2023-11-14x", "@", "-",
                             "2023-11-14T22:13:20+2"})
        EXPECT_EQ(ReasonOf(ParseTime(text, kNow).status()), "INVALID_TIME") << text;
}

TEST(UnitsTest, Formats) {
    EXPECT_EQ(FormatBytes(0), "0 B");
    EXPECT_EQ(FormatBytes(1023), "1023 B");
    EXPECT_EQ(FormatBytes(1536), "1.50 KiB");
    EXPECT_EQ(FormatBytes(64ull << 20), "64 MiB");
    EXPECT_EQ(FormatBytes(3ull << 40), "3 TiB");
    EXPECT_EQ(FormatDuration(0), "0 s");
    EXPECT_EQ(FormatDuration(12), "12 us");
    EXPECT_EQ(FormatDuration(250'000), "250 ms");
    EXPECT_EQ(FormatDuration(30'000'000), "30 s");
    EXPECT_EQ(FormatDuration(5'400'000'000), "1 h 30 min");
    EXPECT_EQ(FormatDuration(604'800'000'000), "7 d");
    EXPECT_EQ(FormatDuration(90'061'000'000), "1 d 1 h");
    EXPECT_EQ(FormatTime(1'700'000'000'000'001), "2023-11-14T22:13:20.000001Z");
    EXPECT_EQ(FormatTime(-1), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(FormatCount(0), "0");
    EXPECT_EQ(FormatCount(999), "999");
    EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
}

TEST(JsonTextTest, EscapesAndFallsBackToBase64) {
    EXPECT_EQ(JsonObject().Take(), "{}");
    EXPECT_EQ(
        JsonObject()
            .Add("a", 1)
            .Add("b", std::string_view("x\"\\\n\x01"))
            .Add("c", true)
            .AddBytes("d", "grüß")
            .AddBytes("e", "\xff\x00z")
            .Take(),
        "{\"a\":1,\"b\":\"x\\\"\\\\\\n\\u0001\",\"c\":true,\"d\":\"grüß\",\"e_base64\":\"/w==\"}");
    EXPECT_EQ(Base64(""), "");
    EXPECT_EQ(Base64("f"), "Zg==");
    EXPECT_EQ(Base64("fo"), "Zm8=");
    EXPECT_EQ(Base64("foo"), "Zm9v");
    EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace blasty::server
