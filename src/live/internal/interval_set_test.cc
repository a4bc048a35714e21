#include "live/internal/interval_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"

namespace blasty::live::internal {
namespace {

TEST(IntervalSet, EqualsAList) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(StrCat("seed ", seed));
        Random random(seed);
        IntervalSet set;
        std::vector<Interval> list;
        const uint64_t span = seed % 2 == 0 ? 20 : 1000;
        for (uint32_t step = 0; step < 2000; ++step) {
            if (!list.empty() && random.Chance(step < 1000 ? 1 : 3, 5)) {
                const size_t place = random.Below(list.size());
                ASSERT_TRUE(set.Remove(list[place]));
                ASSERT_FALSE(set.Remove({list[place].low, list[place].high, 1u << 30}));
                list[place] = list.back();
                list.pop_back();
            } else {
                Interval interval{random.Below(span), 0, step};
                interval.high =
                    random.Chance(1, 4) ? ~uint64_t{0} : interval.low + random.Below(span / 4 + 1);
                if (random.Chance(1, 4)) interval.low = 0;
                set.Add(interval);
                list.push_back(interval);
            }
            ASSERT_EQ(set.size(), list.size());
            if (step % 10 != 0) continue;
            const uint64_t point = random.Below(span);
            std::vector<uint32_t> found, expected;
            set.Find(point, &found);
            for (const Interval& one : list) {
                if (one.low <= point && point <= one.high) expected.push_back(one.id);
            }
            std::sort(found.begin(), found.end());
            std::sort(expected.begin(), expected.end());
            ASSERT_EQ(found, expected);
            found.clear();
            set.All(&found);
            ASSERT_EQ(found.size(), list.size());
        }
    }
}

TEST(IntervalSet, ForgetsWhatWasRemoved) {
    IntervalSet set;
    for (uint32_t i = 0; i < 10000; ++i) set.Add({i, i + 10, i});
    const size_t full = set.bytes();
    for (uint32_t i = 0; i < 10000; ++i) ASSERT_TRUE(set.Remove({i, i + 10, i}));
    EXPECT_TRUE(set.empty());
    EXPECT_LT(set.bytes(), full / 10);
}

}  // namespace
}  // namespace blasty::live::internal
