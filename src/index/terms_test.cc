#include "index/terms.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "index/internal/test_index.h"
#include "index/term_filter.h"

namespace blasty::index::internal {
namespace {

using Counts = std::map<std::string, uint64_t>;

Counts CountsOf(TestIndex& index, std::string_view field, const TermFilter* filter) {
    Counts counts;
    for (const auto& [key, document] : index.documents()) {
        const auto& terms = field == "body" ? document.words : document.tags;
        for (const std::string& term : std::set<std::string>(terms.begin(), terms.end())) {
            if (filter == nullptr || filter->Fits(term)) ++counts[term];
        }
    }
    return counts;
}

TEST(TermsTest, CountsLivingDocumentsOverAllSegments) {
    const QueryPtr leaves[] = {
        nullptr,
        MakeQuery(PrefixQuery{.field = "", .prefix = "w1"}),
        MakeQuery(WildcardQuery{.field = "", .pattern = "*2"}),
        MakeQuery(RegexpQuery{.field = "", .pattern = "(w|tag)[0-9]"}),
        MakeQuery(TermRangeQuery{.field = "", .min = "tag3", .max = "w2"}),
        MakeQuery(FuzzyQuery{.field = "", .term = "w12", .edits = 1}),
        MakeQuery(FuzzyQuery{.field = "", .term = "w3", .edits = 1, .prefix = true})};
    for (uint32_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        TestIndex index;
        for (int round = 0; round < 25; ++round) {
            index.ChangeSome(random, 1 + random() % 60);
            if (random() % 4 == 0) index.Maintain();
            if (random() % 6 == 0) index.Flush();
            for (const QueryPtr& leaf : leaves) {
                const auto filter = leaf == nullptr ? nullptr : MakeTermFilter(*leaf);
                for (const char* field : {"body", "tag"}) {
                    const Counts expected = CountsOf(index, field, filter.get());
                    Counts found;
                    std::string before;
                    const auto all = ForEachTerm(
                        *index.snapshot(), field, leaf, 100'000,
                        [&](std::string_view term, uint64_t documents, uint32_t /*distance*/) {
                            EXPECT_LT(before, term);
                            before = term;
                            found[before] = documents;
                        });
                    ASSERT_TRUE(all.ok()) << all.status();
                    EXPECT_TRUE(*all);
                    ASSERT_EQ(found, expected) << field;
                    Counts first;
                    const auto some = ForEachTerm(
                        *index.snapshot(), field, leaf, 10,
                        [&](std::string_view term, uint64_t documents, uint32_t /*distance*/) {
                            first[std::string(term)] = documents;
                        });
                    ASSERT_TRUE(some.ok());
                    auto of_all = expected.begin();
                    for (const auto& it : first) ASSERT_EQ(it, *of_all++);
                    EXPECT_EQ(*some && first.size() == expected.size(), *some);
                }
            }
        }
    }
}

TEST(TermsTest, OneTermAndWhatIsNoTerm) {
    TestIndex index;
    std::mt19937 random(2);
    index.ChangeSome(random, 200);
    size_t visits = 0;
    uint32_t furthest = 0;
    const auto count = [&](std::string_view, uint64_t, uint32_t distance) {
        ++visits;
        furthest = std::max(furthest, distance);
    };
    const auto visit = [&](const QueryPtr& leaf) {
        visits = furthest = 0;
        return ForEachTerm(*index.snapshot(), "body", leaf, 1000, count);
    };
    EXPECT_TRUE(visit(MakeQuery(TermQuery{.field = "body", .term = "w0"})).ok());
    EXPECT_EQ(visits, 1u);
    EXPECT_TRUE(visit(MakeQuery(TermQuery{.field = "body", .term = ""})).ok());
    EXPECT_EQ(visits, 0u);
    EXPECT_TRUE(visit(MakeQuery(FuzzyQuery{.field = "body", .term = "w0", .edits = 1})).ok());
    EXPECT_EQ(furthest, 1u);
    EXPECT_EQ(ReasonOf(visit(MakeQuery(AllQuery())).status()), "BAD_QUERY");
    EXPECT_EQ(ReasonOf(visit(MakeQuery(RegexpQuery{.field = "body", .pattern = "a(b"})).status()),
              "BAD_QUERY");
}

}  // namespace
}  // namespace blasty::index::internal
