// Searches against brute force: random documents, changes, merges and queries.
#include "index/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>

#include "index/index.h"
#include "index/internal/brute_force.h"
#include "index/internal/random_query.h"
#include "index/internal/test_index.h"
#include "index/limits.h"

namespace blasty::index::internal {
namespace {

using Documents = std::map<std::string, TestDocument>;

// Key -> score.
std::map<std::string, double> Expected(const Documents& documents, const Query& query) {
    const BruteForce brute(documents);
    std::map<std::string, double> expected;
    for (const auto& [key, document] : documents) {
        const auto score = brute.Score(query, document);
        if (score) expected[key] = *score;
    }
    return expected;
}

::testing::AssertionResult Near(double a, double b) {
    if (std::abs(a - b) <= 1e-4 * std::max({std::abs(a), std::abs(b), 1.0}))
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << a << " is not " << b;
}

void ExpectSameHits(const SearchResult& result, const std::map<std::string, double>& expected) {
    ASSERT_EQ(result.total, expected.size());
    ASSERT_EQ(result.hits.size(), expected.size());
    double before = 1e300;
    for (const Hit& hit : result.hits) {
        const auto found = expected.find(hit.key);
        ASSERT_NE(found, expected.end()) << hit.key;
        EXPECT_TRUE(Near(hit.score, found->second)) << hit.key;
        EXPECT_LE(hit.score, before);
        before = hit.score;
    }
}

// The best by score alone, found with skipping, are as good as the best of all.
void ExpectSameBest(const SearchResult& result, const std::map<std::string, double>& expected,
                    size_t size) {
    std::vector<double> scores;
    for (const auto& [key, score] : expected) scores.push_back(score);
    std::sort(scores.rbegin(), scores.rend());
    ASSERT_EQ(result.hits.size(), std::min(size, scores.size()));
    EXPECT_LE(result.total, expected.size());
    for (size_t i = 0; i < result.hits.size(); ++i) {
        const auto found = expected.find(result.hits[i].key);
        ASSERT_NE(found, expected.end()) << result.hits[i].key;
        EXPECT_TRUE(Near(result.hits[i].score, found->second));
        EXPECT_TRUE(Near(result.hits[i].score, scores[i])) << "place " << i;
    }
}

void ExpectSameFacet(const FacetResult& facet, const Documents& documents,
                     const std::map<std::string, double>& matching) {
    std::map<std::string, uint64_t> counts;
    uint64_t missing = 0, total = 0;
    for (const auto& [key, score] : matching) {
        const TestDocument& document = documents.at(key);
        missing += document.tags.empty() ? 1 : 0;
        for (const std::string& tag : document.tags) ++counts[tag], ++total;
    }
    std::vector<std::pair<int64_t, std::string>> sorted;
    for (const auto& [tag, count] : counts) sorted.emplace_back(-static_cast<int64_t>(count), tag);
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(facet.missing, missing);
    EXPECT_EQ(facet.total, total);
    ASSERT_EQ(facet.buckets.size(), std::min<size_t>(5, sorted.size()));
    uint64_t shown = 0;
    for (size_t i = 0; i < facet.buckets.size(); ++i) {
        EXPECT_EQ(facet.buckets[i].name, sorted[i].second);
        EXPECT_EQ(facet.buckets[i].count, static_cast<uint64_t>(-sorted[i].first));
        shown += facet.buckets[i].count;
    }
    EXPECT_EQ(facet.other, total - shown);
}

void CheckQuery(const Snapshot& snapshot, const Documents& documents, const QueryPtr& query) {
    const auto expected = Expected(documents, *query);
    SearchRequest request{.query = query, .size = documents.size() + 1};
    request.facets.push_back({.name = "tags", .field = "tag", .size = 5});
    const auto all = Search(snapshot, request);
    ASSERT_TRUE(all.ok()) << all.status();
    ExpectSameHits(*all, expected);
    ExpectSameFacet(all->facets[0], documents, expected);
    for (const size_t size : {1, 7}) {
        const auto best = Search(snapshot, {.query = query, .size = size, .exact_total = false});
        ASSERT_TRUE(best.ok()) << best.status();
        ExpectSameBest(*best, expected, size);
    }
}

TEST(SearchTest, RandomQueriesAgreeWithBruteForce) {
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        TestIndex index;
        for (int round = 0; round < 30; ++round) {
            index.ChangeSome(random, 1 + random() % 60);
            if (random() % 4 == 0) index.Maintain();
            if (random() % 6 == 0) index.Flush();
            for (int i = 0; i < 4; ++i) {
                const QueryPtr query = RandomQuery(random, 2);
                SCOPED_TRACE(testing::Message() << "round " << round << ": " << Describe(*query));
                CheckQuery(*index.snapshot(), index.documents(), query);
                if (HasFatalFailure()) return;
            }
        }
    }
}

// Long lists, so that blocks and windows are skipped.
TEST(SearchTest, SkippingFindsTheSameBest) {
    std::mt19937 random(99);
    TestIndex index;
    for (int i = 0; i < 6; ++i) index.ChangeSome(random, 4000, 12'000);
    index.Flush();
    for (int i = 0; i < 60; ++i) {
        SCOPED_TRACE(i);
        BooleanQuery boolean;
        auto& parts = i % 3 == 0 ? boolean.must : boolean.should;
        for (uint32_t n = 1 + random() % 4; n > 0; --n) {
            parts.push_back(MakeQuery(TermQuery{.field = "body", .term = RandomWord(random, 60)}));
        }
        if (i % 4 == 0)
            boolean.filter.push_back(MakeQuery(TermQuery{.field = "tag", .term = "tag3"}));
        const QueryPtr query = MakeQuery(std::move(boolean));
        const auto expected = Expected(index.documents(), *query);
        const auto best =
            Search(*index.snapshot(), {.query = query, .size = 10, .exact_total = false});
        ASSERT_TRUE(best.ok()) << best.status();
        ExpectSameBest(*best, expected, 10);
    }
}

TEST(SearchTest, SortsByFieldsAndGoesOnAfterAHit) {
    std::mt19937 random(5);
    TestIndex index;
    for (int i = 0; i < 10; ++i) index.ChangeSome(random, 40);
    for (const bool descending : {false, true}) {
        for (const bool missing_first : {false, true}) {
            SearchRequest request{.query = MakeQuery(AllQuery()), .size = 1000};
            request.sort = {{.by = SortKey::By::kField,
                             .field = "size",
                             .descending = descending,
                             .missing_first = missing_first},
                            {.by = SortKey::By::kKey}};
            const auto all = Search(*index.snapshot(), request);
            ASSERT_TRUE(all.ok()) << all.status();
            ASSERT_EQ(all->hits.size(), index.documents().size());
            const auto rank = [&](const Hit& hit) {
                const auto& numbers = index.documents().at(hit.key).numbers;
                const double edge = missing_first ? -1e9 : 1e9;
                if (numbers.empty()) return std::make_pair(edge, hit.key);
                return std::make_pair(descending ? -numbers[0] : numbers[0], hit.key);
            };
            for (size_t i = 1; i < all->hits.size(); ++i)
                EXPECT_LT(rank(all->hits[i - 1]), rank(all->hits[i]));
            std::vector<std::string> paged;
            request.size = 7;
            for (;;) {
                const auto page = Search(*index.snapshot(), request);
                ASSERT_TRUE(page.ok());
                if (page->hits.empty()) break;
                for (const Hit& hit : page->hits) paged.push_back(hit.key);
                request.after = page->hits.back().sort;
            }
            ASSERT_EQ(paged.size(), all->hits.size());
            for (size_t i = 0; i < paged.size(); ++i) EXPECT_EQ(paged[i], all->hits[i].key);
        }
    }
    SearchRequest wrong{.query = MakeQuery(AllQuery())};
    wrong.after.emplace_back(1.0);
    wrong.sort = {{.by = SortKey::By::kKey}, {.by = SortKey::By::kScore}};
    EXPECT_EQ(ReasonOf(Search(*index.snapshot(), wrong).status()), "BAD_QUERY");
}

TEST(SearchTest, SortsByDistance) {
    std::mt19937 random(6);
    TestIndex index;
    index.ChangeSome(random, 100);
    SearchRequest request{.query = MakeQuery(ExistsQuery{.field = "place"}), .size = 200};
    const Point origin{.latitude = 48.2, .longitude = 16.4};
    request.sort = {{.by = SortKey::By::kDistance, .field = "place", .origin = origin}};
    const auto result = Search(*index.snapshot(), request);
    ASSERT_TRUE(result.ok());
    ASSERT_GT(result->hits.size(), 20u);
    double before = -1;
    for (const Hit& hit : result->hits) {
        const double meters = DistanceMeters(index.documents().at(hit.key).points[0], origin);
        EXPECT_NEAR(std::get<double>(hit.sort[0]), meters, 1);
        EXPECT_GE(meters, before - 1);
        before = meters;
    }
}

TEST(SearchTest, ChosenFacetsKeepTheCountsOfTheirOwnValues) {
    std::mt19937 random(7);
    TestIndex index;
    for (int i = 0; i < 5; ++i) index.ChangeSome(random, 100);
    SearchRequest request{.query = MakeQuery(AllQuery()), .size = 1000};
    request.facets.push_back({.name = "tags", .field = "tag", .size = 100, .chosen = {"tag1"}});
    request.facets.push_back({.name = "sizes",
                              .field = "size",
                              .kind = FacetRequest::Kind::kRanges,
                              .ranges = {{.name = "small", .max = 100},
                                         {.name = "large", .min = 100},
                                         {.name = "none", .min = 5000}},
                              .chosen = {"large"}});
    const auto result = Search(*index.snapshot(), request);
    ASSERT_TRUE(result.ok()) << result.status();
    uint64_t hits = 0, small = 0, large = 0;
    std::map<std::string, uint64_t> tags;
    for (const auto& [key, document] : index.documents()) {
        const bool is_large = !document.numbers.empty() && document.numbers[0] >= 100;
        const bool tagged = std::count(document.tags.begin(), document.tags.end(), "tag1") > 0;
        hits += is_large && tagged ? 1 : 0;
        if (is_large) {
            for (const auto& tag : document.tags) ++tags[tag];
        }
        if (tagged && !document.numbers.empty()) ++(is_large ? large : small);
    }
    EXPECT_EQ(result->total, hits);
    EXPECT_EQ(result->hits.size(), hits);
    std::map<std::string, uint64_t> found;
    for (const FacetBucket& bucket : result->facets[0].buckets) found[bucket.name] = bucket.count;
    EXPECT_EQ(found, tags);
    found.clear();
    for (const FacetBucket& bucket : result->facets[1].buckets) found[bucket.name] = bucket.count;
    EXPECT_EQ(found, (std::map<std::string, uint64_t>{{"small", small}, {"large", large}}));
}

TEST(SearchTest, HistogramsAndSums) {
    std::mt19937 random(8);
    TestIndex index;
    for (int i = 0; i < 5; ++i) index.ChangeSome(random, 100);
    SearchRequest request{.query = MakeQuery(AllQuery()), .size = 0};
    request.facets.push_back({.name = "h",
                              .field = "size",
                              .kind = FacetRequest::Kind::kHistogram,
                              .size = 1000,
                              .interval = 250});
    request.facets.push_back({.name = "s", .field = "tag", .size = 100, .sums_field = "size"});
    const auto result = Search(*index.snapshot(), request);
    ASSERT_TRUE(result.ok()) << result.status();
    std::map<double, uint64_t> histogram;
    std::map<std::string, FacetSums> sums;
    for (const auto& [key, document] : index.documents()) {
        for (const double value : document.numbers) {
            ++histogram[std::floor(value / 250) * 250];
            for (const auto& tag : document.tags) {
                FacetSums& to = sums[tag];
                ++to.values;
                to.sum += value;
                to.min = std::min(to.min, value);
                to.max = std::max(to.max, value);
            }
        }
    }
    ASSERT_EQ(result->facets[0].buckets.size(), histogram.size());
    for (const FacetBucket& bucket : result->facets[0].buckets)
        EXPECT_EQ(bucket.count, histogram[bucket.min]);
    for (const FacetBucket& bucket : result->facets[1].buckets) {
        const FacetSums& expected = sums[bucket.name];
        EXPECT_EQ(bucket.sums.values, expected.values);
        EXPECT_DOUBLE_EQ(bucket.sums.sum, expected.sum);
        EXPECT_EQ(bucket.sums.min, expected.min);
        EXPECT_EQ(bucket.sums.max, expected.max);
    }
    request.facets[0].interval = 0;
    EXPECT_EQ(ReasonOf(Search(*index.snapshot(), request).status()), "BAD_QUERY");
}

TEST(SearchTest, CollapsesByAField) {
    std::mt19937 random(9);
    TestIndex index;
    index.ChangeSome(random, 200);
    SearchRequest request{.query = MakeQuery(TermQuery{.field = "body", .term = "w0"}),
                          .size = 100};
    request.collapse = "size";
    const auto result = Search(*index.snapshot(), request);
    ASSERT_TRUE(result.ok());
    std::map<double, std::pair<double, uint64_t>> best;
    for (const auto& [key, score] : Expected(index.documents(), *request.query)) {
        const auto& numbers = index.documents().at(key).numbers;
        auto& [top, count] = best[numbers.empty() ? 1e9 : numbers[0]];
        top = std::max(top, score);
        ++count;
    }
    ASSERT_EQ(result->hits.size(), best.size());
    for (const Hit& hit : result->hits) {
        const auto& numbers = index.documents().at(hit.key).numbers;
        const auto& [top, count] = best[numbers.empty() ? 1e9 : numbers[0]];
        EXPECT_TRUE(Near(hit.score, top));
        EXPECT_EQ(hit.collapsed, count);
    }
}

// Keywords have no positions: each value stands by itself.
TEST(SearchTest, PhrasesOfKeywordsAreTheirValues) {
    std::mt19937 random(10);
    TestIndex index;
    for (int i = 0; i < 3; ++i) index.ChangeSome(random, 100);
    uint64_t tagged = 0;
    for (const auto& [key, document] : index.documents())
        tagged += std::count(document.tags.begin(), document.tags.end(), "tag1") > 0 ? 1 : 0;
    PhraseQuery phrase{.field = "tag", .places = {{.position = 0, .terms = {"tag1"}}}};
    const auto one = Search(*index.snapshot(), {.query = MakeQuery(phrase)});
    ASSERT_TRUE(one.ok()) << one.status();
    EXPECT_GT(tagged, 0u);
    EXPECT_EQ(one->total, tagged);
    phrase.places.push_back({.position = 1, .terms = {"tag2"}});
    const auto two = Search(*index.snapshot(), {.query = MakeQuery(phrase)});
    ASSERT_TRUE(two.ok()) << two.status();
    EXPECT_EQ(two->total, 0u);
}

TEST(SearchTest, BadQueriesAreRefused) {
    TestIndex index;
    for (const QueryPtr& query :
         {MakeQuery(RegexpQuery{.field = "body", .pattern = "a(b"}),
          MakeQuery(FuzzyQuery{.field = "body", .term = "a", .edits = 3})}) {
        EXPECT_EQ(ReasonOf(Search(*index.snapshot(), {.query = query}).status()), "BAD_QUERY");
    }
    EXPECT_EQ(ReasonOf(Search(*index.snapshot(),
                              {.query = MakeQuery(AllQuery()), .from = kHitsMax, .size = 1})
                           .status()),
              "BAD_QUERY");
}

TEST(SearchTest, PolygonsHoldWhatIsInside) {
    const std::vector<Point> around = {{.latitude = -10, .longitude = 170},
                                       {.latitude = -10, .longitude = -170},
                                       {.latitude = 10, .longitude = -170},
                                       {.latitude = 10, .longitude = 170}};
    EXPECT_TRUE(Inside({.latitude = 0, .longitude = 179}, around));
    EXPECT_TRUE(Inside({.latitude = 0, .longitude = -179}, around));
    EXPECT_FALSE(Inside({.latitude = 0, .longitude = 0}, around));
    EXPECT_FALSE(Inside({.latitude = 20, .longitude = 180}, around));
    const std::vector<Point> triangle = {{.latitude = 0, .longitude = 0},
                                         {.latitude = 10, .longitude = 0},
                                         {.latitude = 0, .longitude = 10}};
    EXPECT_TRUE(Inside({.latitude = 2, .longitude = 2}, triangle));
    EXPECT_FALSE(Inside({.latitude = 6, .longitude = 6}, triangle));
}

}  // namespace
}  // namespace blasty::index::internal
