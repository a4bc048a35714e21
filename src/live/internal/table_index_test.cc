#include "live/internal/table_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

class TableIndexTest : public ::testing::Test {
  protected:
    static Term Is(int column, int64_t value) {
        return {column, SQLITE_INDEX_CONSTRAINT_EQ, Collation::kBinary, false, {value}};
    }
    static Term Above(int column, int64_t value) {
        return {column, SQLITE_INDEX_CONSTRAINT_GT, Collation::kBinary, false, {value}};
    }
    std::vector<Placement> Place(const std::vector<Conjunction>& any_of) {
        std::vector<Placement> out;
        for (const Conjunction& conjunction : any_of) out.push_back(index_.Place(conjunction));
        return out;
    }
    std::vector<uint32_t> Find(int64_t a, int64_t b) {
        Image image;
        for (const int64_t value : {a, a, b}) {
            image.values.emplace_back();
            image.values.back().type = tables::ValueType::kInteger;
            image.values.back().integer = value;
        }
        std::vector<uint32_t> found;
        index_.Find(image, &found);
        found.insert(found.end(), index_.unindexed().begin(), index_.unindexed().end());
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }

    TestTables tables_{{"CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"}};
    ValueKeys values_{tables_.db()};
    TableIndex index_{tables_.table("t"), values_, 2};
};

using Feeds = std::vector<uint32_t>;

TEST_F(TableIndexTest, RefusesMoreShapesThanItMayHave) {
    const auto by_a = Place({{Is(1, 5)}});
    const auto by_b = Place({{Is(2, 5)}});
    const auto by_both = Place({{Is(1, 5), Is(2, 5)}});
    const auto either = Place({{Is(1, 5)}, {Is(1, 5), Is(2, 5)}});
    ASSERT_TRUE(index_.Add(1, by_a));
    ASSERT_TRUE(index_.Add(2, by_b));
    EXPECT_FALSE(index_.Add(3, by_both));
    EXPECT_FALSE(index_.Add(3, either)) << "half of it would fit";
    EXPECT_EQ(Find(5, 5), (Feeds{1, 2}));
    // A shape that nobody has any more makes room.
    ASSERT_TRUE(index_.Remove(2, by_b));
    ASSERT_TRUE(index_.Add(3, either));
    EXPECT_EQ(Find(5, 5), (Feeds{1, 3}));
    EXPECT_EQ(Find(4, 5), Feeds());
    ASSERT_TRUE(index_.Remove(3, either));
    ASSERT_TRUE(index_.Remove(1, by_a));
    EXPECT_TRUE(index_.empty());
}

TEST_F(TableIndexTest, RemovingWhatIsNotThereIsToldAndPurgingTakesItAll) {
    const auto by_a = Place({{Is(1, 5)}});
    const auto other = Place({{Is(1, 6)}});
    const auto range = Place({{Is(1, 5), Above(2, 1)}});
    const auto scan = Place({{}});
    ASSERT_TRUE(index_.Add(1, by_a));
    EXPECT_FALSE(index_.Remove(1, other));
    EXPECT_FALSE(index_.Remove(2, by_a)) << "that is another's";
    EXPECT_FALSE(index_.Remove(1, range));
    EXPECT_EQ(Find(5, 9), (Feeds{1}));
    for (const uint32_t feed : {2u, 3u}) {
        ASSERT_TRUE(index_.Add(feed, by_a));
        ASSERT_TRUE(index_.Add(feed, range));
    }
    ASSERT_TRUE(index_.Add(4, scan));
    EXPECT_EQ(Find(5, 9), (Feeds{1, 2, 3, 4}));
    index_.Purge(2);
    EXPECT_EQ(Find(5, 9), (Feeds{1, 3, 4}));
    index_.Purge(4);
    index_.Purge(1);
    EXPECT_EQ(Find(5, 9), (Feeds{3}));
    index_.Purge(3);
    EXPECT_TRUE(index_.empty());
    ASSERT_TRUE(index_.Add(5, by_a));
    EXPECT_EQ(Find(5, 9), (Feeds{5}));
}

}  // namespace
}  // namespace blasty::live::internal
