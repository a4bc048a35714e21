// Distances against the whole table.
#include "index/internal/edit_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace blasty::index::internal {
namespace {

// Of all beginnings of `term` to `word`; the last one is the whole term's.
std::vector<size_t> Distances(const std::string& word, const std::string& term) {
    std::vector<std::vector<size_t>> table(term.size() + 1, std::vector<size_t>(word.size() + 1));
    for (size_t t = 0; t <= term.size(); ++t) {
        for (size_t w = 0; w <= word.size(); ++w) {
            size_t& cell = table[t][w];
            if (t == 0 || w == 0) {
                cell = t + w;
                continue;
            }
            cell = std::min(table[t - 1][w], table[t][w - 1]) + 1;
            cell = std::min(cell, table[t - 1][w - 1] + (word[w - 1] == term[t - 1] ? 0 : 1));
            if (t > 1 && w > 1 && word[w - 1] == term[t - 2] && word[w - 2] == term[t - 1])
                cell = std::min(cell, table[t - 2][w - 2] + 1);
        }
    }
    std::vector<size_t> distances;
    for (const auto& row : table) distances.push_back(row.back());
    return distances;
}

TEST(EditTableTest, IsTheWholeTable) {
    const uint32_t seed = 77;
    std::mt19937 random(seed);
    const auto word = [&random](size_t most) {
        std::string made(random() % (most + 1), 'a');
        for (char& c : made) c = static_cast<char>('a' + random() % 3);
        return made;
    };
    for (int round = 0; round < 400; ++round) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
        const std::string asked = word(9);
        const uint32_t most = random() % 3;
        const bool beginnings = random() % 2 == 0;
        EditTable table(asked, most, beginnings);
        std::vector<std::string> terms;
        for (int i = 0; i < 100; ++i) terms.push_back(word(12));
        std::sort(terms.begin(), terms.end());
        std::string dead;
        for (const std::string& term : terms) {
            const std::vector<size_t> distances = Distances(asked, term);
            const size_t nearest = *std::min_element(distances.begin(), distances.end());
            const size_t wanted = beginnings ? nearest : distances.back();
            if (!dead.empty() && term.starts_with(dead)) {
                EXPECT_GT(wanted, most) << asked << " " << term << " begins with " << dead;
            }
            if (!table.Set(term)) {
                EXPECT_GT(wanted, most) << asked << " " << term;
                dead = term.substr(0, table.dead());
                continue;
            }
            const size_t got = beginnings ? table.nearest() : table.distance();
            EXPECT_EQ(got, std::min<size_t>(wanted, most + 1)) << asked << " " << term;
        }
    }
}

TEST(EditTableTest, CountsCharacters) {
    EditTable table("b\u00e4r\xff", 1, false);
    for (const char* term : {"b\u00e4r\xff", "b\u00f6r\xff", "br\xff", "b\u00e4r", "\u00e4br\xff"})
        EXPECT_TRUE(table.Set(term) && table.distance() <= 1) << term;
    EXPECT_FALSE(table.Set("b\u00f6r") && table.distance() <= 1);
}

}  // namespace
}  // namespace blasty::index::internal
