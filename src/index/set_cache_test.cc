#include "index/internal/set_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "index/internal/random_query.h"
#include "index/internal/test_index.h"
#include "index/search.h"

namespace blasty::index::internal {
namespace {

DocSetPtr Holding(uint32_t doc) {
    auto set = std::make_shared<DocSet>(SetCache::kDocumentsMin);
    set->Add(doc);
    return set;
}

TEST(SetCacheTest, HoldsWhatWasUsedLastWithinItsBound) {
    SetCache cache(SetCache::kDocumentsMin);
    for (uint32_t i = 0; i < 1000; ++i) {
        cache.Add("set " + std::to_string(i), Holding(i));
        ASSERT_LE(cache.bytes(), SetCache::kDocumentsMin * SetCache::kBytesPerDocument);
        // Asked for all the time, it stays.
        const DocSetPtr first = cache.Find("set 0");
        ASSERT_NE(first, nullptr);
        EXPECT_TRUE(first->Has(0));
    }
    EXPECT_NE(cache.Find("set 999"), nullptr);
    EXPECT_EQ(cache.Find("set 1"), nullptr);
    EXPECT_GT(cache.bytes(), SetCache::kDocumentsMin * SetCache::kBytesPerDocument / 2);
    cache.Add(std::string(SetCache::kKeyBytesMax + 1, 'x'), Holding(1));
    EXPECT_EQ(cache.Find(std::string(SetCache::kKeyBytesMax + 1, 'x')), nullptr);

    SetCache small(SetCache::kDocumentsMin - 1);
    small.Add("set", Holding(1));
    EXPECT_EQ(small.Find("set"), nullptr);
}

TEST(SetCacheTest, KeysTellQueriesApart) {
    std::map<std::string, std::string> keys;
    std::mt19937 random(1);
    for (int i = 0; i < 3000; ++i) {
        const QueryPtr query = RandomQuery(random, 0);
        const std::string key = SetKeyOf(*query);
        if (std::holds_alternative<TermQuery>(query->node)) {
            EXPECT_EQ(key, "");
        }
        if (key.empty() || std::holds_alternative<NumberRangeQuery>(query->node) ||
            std::holds_alternative<TermRangeQuery>(query->node))
            continue;
        // The boost is not part of the set.
        const std::string what = Describe(Query{.node = query->node});
        EXPECT_EQ(keys.emplace(key, what).first->second, what);
    }
    const auto key = [](double min, bool includes) {
        return SetKeyOf({.node = NumberRangeQuery{
                             .field = "size", .min = min, .max = 5, .includes_min = includes}});
    };
    EXPECT_NE(key(1, true), key(2, true));
    EXPECT_NE(key(1, true), key(1, false));
    EXPECT_EQ(key(1, true), key(1, true));
    EXPECT_NE(SetKeyOf({.node = TermRangeQuery{.field = "f", .min = "a", .max = "bc"}}),
              SetKeyOf({.node = TermRangeQuery{.field = "f", .min = "ab", .max = "c"}}));
}

TEST(SetCacheTest, ManyThreadsShareIt) {
    std::mt19937 random(3);
    TestIndex index;
    index.ChangeSome(random, 9000, 9000);
    const SnapshotPtr snapshot = index.snapshot();
    std::vector<QueryPtr> queries;
    std::vector<uint64_t> totals;
    for (int i = 0; i < 100; ++i) {
        queries.push_back(
            MakeQuery(PrefixQuery{.field = "body", .prefix = "w" + std::to_string(i)}));
        totals.push_back(Search(*snapshot, {.query = queries.back()})->total);
    }
    std::vector<std::thread> threads;
    for (uint32_t seed = 0; seed < 4; ++seed) {
        threads.emplace_back([&, seed] {
            std::mt19937 own(seed);
            for (int i = 0; i < 300; ++i) {
                const size_t at = own() % queries.size();
                const auto found = Search(*snapshot, {.query = queries[at]});
                EXPECT_TRUE(found.ok());
                EXPECT_EQ(found->total, totals[at]);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

// Documents are deleted from under the sets of a large segment.
TEST(SetCacheTest, DeletedDocumentsAreNotFound) {
    std::mt19937 random(2);
    TestIndex index;
    index.ChangeSome(random, 9000, 9000);
    const QueryPtr query =
        MakeQuery(BooleanQuery{.must = {MakeQuery(PrefixQuery{.field = "body", .prefix = "w1"}),
                                        MakeQuery(NumberRangeQuery{.field = "size", .min = 0})}});
    for (int round = 0; round < 20; ++round) {
        uint64_t expected = 0;
        for (const auto& [key, document] : index.documents()) {
            const bool word =
                std::any_of(document.words.begin(), document.words.end(),
                            [](const std::string& it) { return it.starts_with("w1"); });
            expected += word && !document.numbers.empty() && document.numbers[0] >= 0 ? 1 : 0;
        }
        for (int again = 0; again < 2; ++again) {
            const auto found = Search(*index.snapshot(), {.query = query});
            ASSERT_TRUE(found.ok()) << found.status();
            ASSERT_EQ(found->total, expected) << "round " << round;
        }
        index.ChangeSome(random, 300, 9000);
        if (round % 5 == 4) index.Maintain();
    }
}

}  // namespace
}  // namespace blasty::index::internal
