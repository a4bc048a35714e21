// Rows as bytes.
#include "tables/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/random.h"

namespace blasty::tables {
namespace {

using std::string_literals::operator""s;

Value RandomValue(Random& random) {
    switch (random.Below(8)) {
        case 0:
            return Null{};
        case 1:
            return static_cast<int64_t>(random.Next());
        case 2:
            return static_cast<int64_t>(random.Below(200)) - 100;
        case 3: {
            double real;
            const uint64_t bits = random.Next();
            std::memcpy(&real, &bits, sizeof(real));
            return std::isnan(real) ? 0.5 : real;
        }
        case 4:
            return -0.0;
        case 5:
            return Text{random.Bytes(random.Below(40))};
        case 6:
            return Blob{random.Bytes(random.Below(300))};
        default:
            return Text{""};
    }
}

// As bits, so that -0.0 is not 0.0.
bool Same(const Value& a, const Value& b) {
    if (const double* const real = std::get_if<double>(&a)) {
        const double* const other = std::get_if<double>(&b);
        return other != nullptr && std::memcmp(real, other, sizeof(double)) == 0;
    }
    return a == b;
}

TEST(Value, RoundTripOfWhatIsSpecial) {
    const double infinity = std::numeric_limits<double>::infinity();
    const Row row = {Null{},
                     int64_t{0},
                     int64_t{-1},
                     std::numeric_limits<int64_t>::min(),
                     std::numeric_limits<int64_t>::max(),
                     0.0,
                     -0.0,
                     infinity,
                     -infinity,
                     std::numeric_limits<double>::denorm_min(),
                     Text{""},
                     Text{"a\0b"s},
                     Text{"\xff\xfe broken \xc3"},
                     Blob{""},
                     Blob{"\0\1\2"s}};
    const std::string bytes = EncodeRow(row);
    const auto again = DecodeRow(bytes);
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_EQ(again->size(), row.size());
    for (size_t i = 0; i < row.size(); ++i) EXPECT_TRUE(Same((*again)[i], row[i])) << i;
    EXPECT_EQ(EncodeRow(*again), bytes);
}

TEST(Value, NotANumberBecomesNull) {
    const std::string bytes = EncodeRow({std::numeric_limits<double>::quiet_NaN()});
    EXPECT_EQ(bytes, EncodeRow({Null{}}));
}

TEST(Value, DocumentedBytes) {
    EXPECT_EQ(EncodeRow({int64_t{1}, Text{"ged"}, Null{}, 0.5, Blob{"\x07"}, int64_t{-3}}),
              "\x01\x02"
              "\x03\x03ged"
              "\x00"
              "\x02\x00\x00\x00\x00\x00\x00\xe0\x3f"
              "\x04\x01\x07"
              "\x01\x05"s);
}

TEST(Value, Huge) {
    const Row row = {Text{std::string(20 << 20, 'x')}, Blob{std::string(1 << 20, '\0')}};
    const std::string bytes = EncodeRow(row);
    EXPECT_EQ(*DecodeRow(bytes), row);
    RowReader reader(bytes);
    ValueView view;
    ASSERT_TRUE(reader.Next(&view));
    EXPECT_GE(view.bytes.data(), bytes.data()) << "a view, not a copy";
    EXPECT_LT(view.bytes.data(), bytes.data() + bytes.size());
}

TEST(Value, RandomRowsRoundTrip) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int i = 0; i < 2000; ++i) {
        Row row;
        for (uint64_t n = random.Below(12); n > 0; --n) row.push_back(RandomValue(random));
        const std::string bytes = EncodeRow(row);
        const auto again = DecodeRow(bytes);
        ASSERT_TRUE(again.ok()) << again.status();
        ASSERT_EQ(again->size(), row.size());
        for (size_t c = 0; c < row.size(); ++c) ASSERT_TRUE(Same((*again)[c], row[c]));
        // A cut is a shorter row or an error, never more.
        const auto cut =
            DecodeRow(std::string_view(bytes).substr(0, random.Below(bytes.size() + 1)));
        if (cut.ok()) {
            ASSERT_LE(cut->size(), row.size());
        } else {
            ASSERT_EQ(ReasonOf(cut.status()), "ROW_DAMAGED");
        }
    }
}

TEST(Value, DamagedBytesAreErrors) {
    const std::string nan = "\x02\xff\xff\xff\xff\xff\xff\xff\x7f";
    for (const std::string& bytes : {
             "\x05"s,                                          // no such type
             "\xff"s,                                          //
             "\x01"s,                                          // nothing behind the type
             "\x01\x80"s,                                      // an endless number
             "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s,  // beyond 64 bits
             "\x01\x82\x00"s,                                  // a number longer than it need be
             "\x03\x85\x00hello"s,                             //
             "\x02\0\0\0"s,                                    // half a real
             "\x03\x05hell"s,                                  // a text cut off
             "\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // 2^64 - 1 bytes
             nan,
         }) {
        EXPECT_EQ(ReasonOf(DecodeRow(bytes).status()), "ROW_DAMAGED")
            << ::testing::PrintToString(bytes);
    }
    // What came before stands; after the damage nothing comes.
    RowReader reader("\x01\x02\x09\x01\x02");
    ValueView view;
    EXPECT_TRUE(reader.Next(&view));
    EXPECT_EQ(view.integer, 1);
    EXPECT_FALSE(reader.Next(&view));
    EXPECT_FALSE(reader.Next(&view));
    EXPECT_FALSE(reader.ok());
}

TEST(Value, RandomBytesAreARowOrAnError) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = random.Bytes(random.Below(30));
        for (char& c : bytes)
            if (random.Chance(1, 3)) c = static_cast<char>(random.Below(6));
        const auto row = DecodeRow(bytes);
        if (row.ok()) {
            ASSERT_EQ(EncodeRow(*row), bytes) << "one row, one encoding";
        }
    }
}

TEST(Value, VersionIsOfTheContents) {
    EXPECT_EQ(RowVersion(""), 0xef46db3751d8e999u) << "XXH64 of nothing, as published";
    EXPECT_NE(RowVersion(EncodeRow({int64_t{1}})), RowVersion(EncodeRow({1.0})));
    EXPECT_NE(RowVersion(EncodeRow({Text{"1"}})), RowVersion(EncodeRow({Blob{"1"}})));
}

}  // namespace
}  // namespace blasty::tables
