#include "index/percolator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "index/internal/brute_force.h"
#include "index/internal/interval_set.h"
#include "index/internal/random_query.h"
#include "index/internal/test_corpus.h"
#include "index/internal/test_index.h"
#include "index/search.h"

namespace blasty::index::internal {
namespace {

void Fill(Document& to, const TestDocument& document) {
    to.Begin(document.key);
    FillDocument(to, document);
    to.End();
}

std::vector<uint64_t> Found(Percolator& percolator, const Document& document) {
    std::vector<uint64_t> ids;
    percolator.Match(document, &ids);
    std::sort(ids.begin(), ids.end());
    return ids;
}

// Whether a search of an index of this document finds it.
bool SearchFinds(const TestDocument& document, const QueryPtr& query) {
    TestIndex index;
    auto batch = std::make_unique<Batch>(TestFields());
    batch->Put(document.key);
    AddValues(*batch, document);
    BLASTY_CHECK(index.index().Apply(std::move(batch), Sequence(1)).ok());
    const auto found = Search(*index.snapshot(), {.query = query});
    BLASTY_CHECK(found.ok()) << found.status();
    return found->total == 1;
}

TEST(PercolatorTest, AgreesWithSearchesWhileQueriesComeAndGo) {
    for (uint32_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        Percolator percolator;
        Document document(TestFields());
        std::map<uint64_t, QueryPtr> queries;
        for (int round = 0; round < 80; ++round) {
            for (uint32_t i = random() % 12; i > 0; --i) {
                const uint64_t id = random();
                if (queries.contains(id)) continue;
                queries[id] = RandomQuery(random, 2);
                ASSERT_TRUE(percolator.Add(id, queries[id]).ok());
            }
            for (uint32_t i = random() % 8; i > 0 && !queries.empty(); --i) {
                const auto gone =
                    std::next(queries.begin(), static_cast<ptrdiff_t>(random() % queries.size()));
                percolator.Remove(gone->first);
                queries.erase(gone);
            }
            const TestDocument values =
                RandomDocument(random, "k" + std::to_string(random() % 500));
            const std::map<std::string, TestDocument> alone = {{values.key, values}};
            const BruteForce brute(alone);
            Fill(document, values);
            std::vector<uint64_t> expected;
            for (const auto& [id, query] : queries) {
                const bool fits = brute.Score(*query, values).has_value();
                if (fits) expected.push_back(id);
                const auto matches = Matches(*query, document);
                ASSERT_TRUE(matches.ok());
                ASSERT_EQ(*matches, fits) << Describe(*query);
            }
            ASSERT_EQ(Found(percolator, document), expected) << "round " << round;
            if (round % 10 != 0) continue;
            for (const auto& [id, query] : queries) {
                ASSERT_EQ(SearchFinds(values, query),
                          std::binary_search(expected.begin(), expected.end(), id))
                    << Describe(*query);
            }
        }
        const PercolatorStats stats = percolator.stats();
        EXPECT_EQ(stats.queries, queries.size());
        EXPECT_EQ(stats.documents, 80u);
        EXPECT_LE(stats.matches, stats.candidates);
        for (const auto& [id, query] : queries) percolator.Remove(id);
        EXPECT_TRUE(Found(percolator, document).empty());
        EXPECT_EQ(percolator.stats().unindexed, 0u);
    }
}

TestDocument Words(std::vector<std::string> words) {
    return {.key = "k", .words = std::move(words)};
}
QueryPtr Term(const std::string& term) {
    return MakeQuery(TermQuery{.field = "body", .term = term});
}

TEST(PercolatorTest, LooksOnlyAtQueriesWhoseRarestTermIsThere) {
    Percolator percolator;
    Document document(TestFields());
    // Documents teach which words are frequent.
    for (uint64_t id = 0; id < 50; ++id) {
        ASSERT_TRUE(percolator
                        .Add(id, MakeQuery(BooleanQuery{
                                     .must = {Term("everywhere"), Term("w" + std::to_string(id))}}))
                        .ok());
    }
    for (int i = 0; i < 200; ++i) {
        Fill(document, Words({"everywhere", "nothing"}));
        EXPECT_TRUE(Found(percolator, document).empty());
    }
    const uint64_t before = percolator.stats().candidates;
    Fill(document, Words({"everywhere", "nothing"}));
    EXPECT_TRUE(Found(percolator, document).empty());
    EXPECT_EQ(percolator.stats().candidates, before);
    Fill(document, Words({"everywhere", "w7"}));
    EXPECT_EQ(Found(percolator, document), std::vector<uint64_t>{7});
    EXPECT_EQ(percolator.stats().candidates, before + 1);
    EXPECT_EQ(percolator.stats().unindexed, 0u);
}

TEST(PercolatorTest, CountsQueriesThatNothingLeadsTo) {
    Percolator percolator;
    Document document(TestFields());
    ASSERT_TRUE(percolator.Add(1, MakeQuery(AllQuery())).ok());
    ASSERT_TRUE(percolator.Add(2, MakeQuery(BooleanQuery{.must_not = {Term("a")}})).ok());
    ASSERT_TRUE(percolator.Add(3, MakeQuery(NoneQuery())).ok());
    ASSERT_TRUE(percolator.Add(4, Term("a")).ok());
    EXPECT_EQ(percolator.stats().unindexed, 2u);
    Fill(document, Words({"a"}));
    EXPECT_EQ(Found(percolator, document), (std::vector<uint64_t>{1, 4}));
    Fill(document, Words({"b"}));
    EXPECT_EQ(Found(percolator, document), (std::vector<uint64_t>{1, 2}));
}

TEST(PercolatorTest, MisspeltWordsAndPatternsLeadToQueriesToo) {
    Percolator percolator;
    Document document(TestFields());
    for (uint64_t id = 0; id < 300; ++id) {
        const std::string word = "w" + std::to_string(id);
        ASSERT_TRUE(
            percolator.Add(id, MakeQuery(WildcardQuery{.field = "body", .pattern = "*" + word}))
                .ok());
    }
    const QueryPtr fuzzy = MakeQuery(FuzzyQuery{.field = "body", .term = "hello", .edits = 1});
    ASSERT_TRUE(percolator.Add(1000, fuzzy).ok());
    EXPECT_EQ(percolator.stats().unindexed, 0u);
    for (int again = 0; again < 2; ++again) {
        const uint64_t before = percolator.stats().candidates;
        Fill(document, Words({"nothing", "xw7", "helo", std::string(1000, 'x') + "w8"}));
        EXPECT_EQ(Found(percolator, document), (std::vector<uint64_t>{7, 8, 1000}));
        EXPECT_EQ(percolator.stats().candidates, before + 3);
    }
    // Places of matchers are used again.
    for (uint64_t id = 0; id < 300; ++id) percolator.Remove(id);
    Fill(document, Words({"xw7", "hallo"}));
    EXPECT_EQ(Found(percolator, document), std::vector<uint64_t>{1000});
    ASSERT_TRUE(
        percolator.Add(5, MakeQuery(WildcardQuery{.field = "body", .pattern = "*w7"})).ok());
    EXPECT_EQ(Found(percolator, document), (std::vector<uint64_t>{5, 1000}));
}

TEST(PercolatorTest, BadQueriesAreRefusedAndLeaveNothing) {
    Percolator percolator;
    Document document(TestFields());
    const QueryPtr bad = MakeQuery(RegexpQuery{.field = "body", .pattern = "a(b"});
    const QueryPtr both = MakeQuery(BooleanQuery{.must = {Term("a")}, .should = {bad}});
    EXPECT_EQ(ReasonOf(percolator.Add(1, both)), "BAD_QUERY");
    EXPECT_EQ(ReasonOf(Matches(*both, document).status()), "BAD_QUERY");
    EXPECT_EQ(percolator.stats().queries, 0u);
    Fill(document, Words({"a"}));
    EXPECT_TRUE(Found(percolator, document).empty());
}

TEST(PercolatorTest, ValuesPerDocumentAreForgotten) {
    Document document(TestFields());
    TestDocument full = Words({"a"});
    full.tags = {"t"};
    full.numbers = {5};
    full.points = {{.latitude = 1, .longitude = 2}};
    Fill(document, full);
    const QueryPtr every[] = {
        Term("a"), MakeQuery(ExistsQuery{.field = "tag"}), MakeQuery(ExistsQuery{.field = "place"}),
        MakeQuery(NumberRangeQuery{.field = "size", .min = 5, .max = 5}),
        MakeQuery(PhraseQuery{.field = "tag", .places = {{.position = 0, .terms = {"t"}}}})};
    for (const QueryPtr& query : every) EXPECT_TRUE(*Matches(*query, document));
    EXPECT_TRUE(SearchFinds(full, every[4]));
    Fill(document, {.key = "other"});
    for (const QueryPtr& query : every) EXPECT_FALSE(*Matches(*query, document));
}

TEST(PercolatorTest, PointsAreRoundedAsInAnIndex) {
    Document document(TestFields());
    TestDocument place = Words({"a"});
    place.points = {{.latitude = 10.00000004, .longitude = 20}};
    Fill(document, place);
    for (const double top : {9.9999999, 10.0, 10.0000001}) {
        const QueryPtr box = MakeQuery(GeoBoxQuery{.field = "place", .top = top, .bottom = 0});
        EXPECT_EQ(*Matches(*box, document), top >= 10) << top;
        EXPECT_EQ(SearchFinds(place, box), top >= 10) << top;
    }
}

TEST(IntervalSetTest, AgreesWithAList) {
    std::mt19937 random(3);
    IntervalSet set;
    struct Listed {
        double min, max;
        uint32_t number;
    };
    std::map<uint32_t, Listed> list;
    for (uint32_t i = 0; i < 5000; ++i) {
        const double min = random() % 1000, max = min + random() % 50;
        list[i] = {.min = min, .max = max, .number = set.Add(min, max, {.query = i})};
        if (random() % 3 == 0) {
            const auto gone = list.lower_bound(static_cast<uint32_t>(random() % (i + 1)));
            if (gone != list.end()) {
                set.Remove(gone->second.number);
                list.erase(gone);
            }
        }
        if (i % 50 != 0) continue;
        const double value = random() % 1000;
        std::vector<uint32_t> found, expected;
        set.ForEachAt(value, [&](const Lead& lead) { found.push_back(lead.query); });
        std::sort(found.begin(), found.end());
        for (const auto& [query, it] : list) {
            if (it.min <= value && value <= it.max) expected.push_back(query);
        }
        ASSERT_EQ(found, expected) << i;
    }
}

}  // namespace
}  // namespace blasty::index::internal
