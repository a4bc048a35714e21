#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/ids.h"
#include "base/place.h"
#include "base/random.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace blasty {
namespace {

TEST(Status, CarriesItsReasonWord) {
    const Status status = MakeError(StatusCode::kNotFound, "TOPIC_NOT_FOUND", "topic 'a'");
    EXPECT_EQ(ReasonOf(status), "TOPIC_NOT_FOUND");
    EXPECT_EQ(ReasonOf(OkStatus()), "");
    EXPECT_EQ(ReasonOf(absl::InternalError("x")), "INTERNAL");
    const Status annotated = Annotate(status, "line 3");
    EXPECT_EQ(annotated.message(), "line 3: topic 'a'");
    EXPECT_EQ(ReasonOf(annotated), "TOPIC_NOT_FOUND");
}

TEST(Place, IsBesideTheMessage) {
    const Status error = MakeError(StatusCode::kNotFound, "TOPIC_NOT_FOUND", "topic 'a'");
    EXPECT_EQ(PlaceOf(error), "");
    const Status placed = WithPlace(WithPlace(error, "request 6"), "request 7");
    EXPECT_EQ(placed.message(), "topic 'a'");
    EXPECT_EQ(ReasonOf(placed), "TOPIC_NOT_FOUND");
    EXPECT_EQ(PlaceOf(placed), "request 7");
    EXPECT_EQ(PlaceOf(Annotate(placed, "file")), "request 7");
    EXPECT_EQ(WithPlace(OkStatus(), "request 1"), OkStatus());
    EXPECT_EQ(PlaceOf(OkStatus()), "");
}

TEST(Strings, JoinAndPrintable) {
    EXPECT_EQ(StrCat("a", 1, 'b', std::string("c"), -7, uint64_t{18446744073709551615u}),
              "a1bc-718446744073709551615");
    EXPECT_EQ(Printable("a\nb\xff"), "a\\x0ab\\xff");
    EXPECT_EQ(Printable("gr\u00fc\u00df"), "gr\u00fc\u00df");
    EXPECT_EQ(Printable(std::string(100, 'x'), 5), "xxxxx...");
}

TEST(Utf8, AcceptsWellFormedOnly) {
    for (const char* good : {"", "abc", "\u00e4", "\u20ac", "\U0001F600", "\U0010FFFF"})
        EXPECT_TRUE(IsUtf8(good)) << good;
    for (const char* bad :
         {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
        EXPECT_FALSE(IsUtf8(bad));
}

TEST(Crc32c, KnownAnswers) {  // RFC 3720, B.4
    EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
    EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
    EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
}

TEST(Crc32c, BothVersionsAgreeAndPartsJoin) {
    Random random(7);
    for (int i = 0; i < 300; ++i) {
        const std::string data = random.Bytes(random.Below(300));
        const size_t cut = random.Below(data.size() + 1);
        const uint32_t whole = Crc32c(data);
        EXPECT_EQ(internal::ExtendCrc32cPortable(0, data), whole);
        EXPECT_EQ(ExtendCrc32c(Crc32c(data.substr(0, cut)), data.substr(cut)), whole);
    }
}

TEST(Bytes, RoundTripAndTruncation) {
    std::string out;
    PutFixed<uint32_t>(out, 0xDEADBEEF);
    PutVarint(out, 300);
    PutVarint(out, ~0ull);
    PutSized(out, "hello");
    ByteReader reader(out);
    EXPECT_EQ(reader.Fixed<uint32_t>(), 0xDEADBEEF);
    EXPECT_EQ(reader.Varint(), 300u);
    EXPECT_EQ(reader.Varint(), ~0ull);
    EXPECT_EQ(reader.Sized(), "hello");
    EXPECT_TRUE(reader.done());
    for (size_t n = 0; n < out.size(); ++n) {
        ByteReader cut(std::string_view(out).substr(0, n));
        cut.Fixed<uint32_t>();
        cut.Varint();
        cut.Varint();
        cut.Sized();
        EXPECT_FALSE(cut.ok()) << n;
    }
}

TEST(Bytes, VarintThatIsTooLongFails) {
    ByteReader reader(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10));
    reader.Varint();
    EXPECT_FALSE(reader.ok());
}

TEST(Random, SameSeedSameRunAndBoundsHold) {
    Random a(42), b(42), c(43);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const uint64_t x = a.Next();
        EXPECT_EQ(x, b.Next());
        differs |= x != c.Next();
        EXPECT_LT(a.Below(10), 10u);
        b.Below(10);
    }
    EXPECT_TRUE(differs);
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) ids.insert(RandomHex(8));
    EXPECT_EQ(ids.size(), 100u);
    EXPECT_EQ(ids.begin()->size(), 16u);
}

TEST(Clock, ManualMovesOnlyWhenTold) {
    ManualClock clock(5);
    clock.Advance(10);
    EXPECT_EQ(clock.NowMicros(), 15);
    EXPECT_GT(SystemClock().NowMicros(), 1'600'000'000'000'000);
}

TEST(CheckDeathTest, StopsWithPlaceAndReason) {
    EXPECT_DEATH({ BLASTY_CHECK(1 == 2) << "because"; }, "check failed: 1 == 2 because");
}

}  // namespace
}  // namespace blasty
