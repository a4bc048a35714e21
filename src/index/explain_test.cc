#include "index/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "index/internal/random_query.h"
#include "index/internal/test_index.h"

namespace blasty::index::internal {
namespace {

std::string Tree(const Explanation& explanation, int depth = 0) {
    std::string out = std::string(static_cast<size_t>(depth) * 2, ' ') +
                      std::to_string(explanation.value) + " " + explanation.text + "\n";
    for (const Explanation& part : explanation.parts) out += Tree(part, depth + 1);
    return out;
}

TEST(ExplainTest, RandomQueriesComeToTheScoresOfTheirHits) {
    size_t hits = 0;
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        TestIndex index;
        for (int round = 0; round < 20; ++round) {
            index.ChangeSome(random, 1 + random() % 60);
            if (random() % 4 == 0) index.Maintain();
            const SnapshotPtr snapshot = index.snapshot();
            for (int i = 0; i < 6; ++i) {
                const QueryPtr query = RandomQuery(random, 2);
                const auto found = Search(*snapshot, {.query = query, .size = 5});
                ASSERT_TRUE(found.ok()) << found.status();
                for (const Hit& hit : found->hits) {
                    const auto explained = Explain(*snapshot, query, hit);
                    ASSERT_TRUE(explained.ok()) << explained.status();
                    const double score = static_cast<double>(hit.score);
                    ASSERT_LE(std::abs(explained->value - score), 1e-5 * std::max(1.0, score))
                        << Describe(*query) << "\n"
                        << Tree(*explained);
                    ++hits;
                }
            }
        }
    }
    EXPECT_GT(hits, 500u);
}

TEST(ExplainTest, SaysWhatTermsCount) {
    TestIndex index;
    std::mt19937 random(4);
    index.ChangeSome(random, 100);
    const QueryPtr query = MakeQuery(TermQuery{.field = "body", .term = RandomWord(random, 20)}, 2);
    const auto found = Search(*index.snapshot(), {.query = query, .size = 1});
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found->hits.size(), 1u);
    const auto explained = Explain(*index.snapshot(), query, found->hits[0]);
    ASSERT_TRUE(explained.ok());
    ASSERT_EQ(explained->parts.size(), 3u) << Tree(*explained);
    EXPECT_EQ(explained->parts[0].text, "boost");
    EXPECT_EQ(explained->parts[0].value, 2);
    EXPECT_EQ(explained->parts[1].parts[0].value, static_cast<double>(found->total));
    EXPECT_EQ(explained->parts[2].parts.size(), 3u) << Tree(*explained);
}

TEST(ExplainTest, WhatDoesNotMatchIsWorthNothing) {
    TestIndex index;
    std::mt19937 random(5);
    index.ChangeSome(random, 5);
    const auto explained =
        Explain(*index.snapshot(), MakeQuery(TermQuery{.field = "body", .term = "nowhere"}), Hit());
    ASSERT_TRUE(explained.ok());
    EXPECT_EQ(explained->value, 0);
    EXPECT_EQ(explained->text, "no match");
    EXPECT_EQ(ReasonOf(Explain(*index.snapshot(),
                               MakeQuery(RegexpQuery{.field = "body", .pattern = "a(b"}), Hit())
                           .status()),
              "BAD_QUERY");
}

}  // namespace
}  // namespace blasty::index::internal
