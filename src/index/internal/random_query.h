// Random queries over the documents of test_corpus.h.
#pragma once

#include <random>
#include <string>

#include "index/internal/test_corpus.h"
#include "index/query.h"

namespace blasty::index::internal {

inline QueryPtr RandomQuery(std::mt19937& random, int depth) {
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    const auto word = [&] { return RandomWord(random, 300); };
    const auto tag = [&] { return "tag" + std::to_string(below(22)); };
    const double boost = below(3) == 0 ? 0.5 + below(4) : 1;
    if (depth > 0 && below(3) != 0) {
        if (below(6) == 0) {
            BestOfQuery best{.queries = {}, .tie = below(2) * 0.3};
            for (uint32_t i = 1 + below(3); i > 0; --i)
                best.queries.push_back(RandomQuery(random, depth - 1));
            return MakeQuery(std::move(best), boost);
        }
        BooleanQuery boolean;
        for (auto* part : {&boolean.must, &boolean.should, &boolean.must_not, &boolean.filter}) {
            const uint32_t most = part == &boolean.should ? 5 : 3;
            if (below(2) == 0) continue;
            for (uint32_t i = below(most); i > 0; --i)
                part->push_back(RandomQuery(random, depth - 1));
        }
        if (!boolean.should.empty() && below(3) == 0)
            boolean.min_should = below(static_cast<uint32_t>(boolean.should.size()) + 1);
        return MakeQuery(std::move(boolean), boost);
    }
    switch (below(16)) {
        case 0:
            return MakeQuery(TermQuery{.field = "tag", .term = tag()}, boost);
        case 1: {
            PhraseQuery phrase{.field = "body", .places = {}, .slop = below(3)};
            uint32_t position = 0;
            for (uint32_t i = 1 + below(3); i > 0; --i) {
                std::vector<std::string> terms = {word()};
                if (below(4) == 0) terms.push_back(terms[0] + "x"), terms.push_back("w0");
                phrase.places.push_back({.position = position, .terms = std::move(terms)});
                position += 1 + (below(5) == 0 ? 1 : 0);
            }
            return MakeQuery(std::move(phrase), boost);
        }
        case 2:
            return MakeQuery(PrefixQuery{.field = "body", .prefix = word().substr(0, 3)}, boost);
        case 3:
            return MakeQuery(WildcardQuery{.field = "body", .pattern = "w*" + word().substr(2)},
                             boost);
        case 4:
            return MakeQuery(RegexpQuery{.field = "body", .pattern = "w1[0-4]+?"}, boost);
        case 5:
            return MakeQuery(TermRangeQuery{.field = below(2) == 0 ? "body" : "tag",
                                            .min = word(),
                                            .max = below(3) == 0 ? "" : word(),
                                            .includes_min = below(2) == 0,
                                            .includes_max = below(2) == 0},
                             boost);
        case 6:
            return MakeQuery(FuzzyQuery{.field = "body",
                                        .term = word(),
                                        .edits = below(3),
                                        .prefix_length = below(3),
                                        .prefix = below(3) == 0},
                             boost);
        case 7:
            return MakeQuery(NumberRangeQuery{.field = "size",
                                              .min = below(1000) - 200.0,
                                              .max = below(1000) - 100.0,
                                              .includes_min = below(2) == 0,
                                              .includes_max = below(2) == 0},
                             boost);
        case 8:
            return MakeQuery(GeoDistanceQuery{.field = "place",
                                              .center = {.latitude = below(180) - 90.0,
                                                         .longitude = below(360) - 180.0},
                                              .meters = below(9000) * 1000.0},
                             boost);
        case 9:
            return MakeQuery(GeoBoxQuery{.field = "place",
                                         .top = below(90) * 1.0,
                                         .left = below(360) - 180.0,
                                         .bottom = -1.0 * below(90),
                                         .right = below(360) - 180.0},
                             boost);
        case 10:
            return MakeQuery(IdsQuery{.keys = {"k" + std::to_string(below(500)),
                                               "k" + std::to_string(below(500)), "nobody"}},
                             boost);
        case 11: {
            const char* const fields[] = {"body", "tag", "size", "place", "nothing"};
            return MakeQuery(ExistsQuery{.field = fields[below(5)]}, boost);
        }
        case 12:
            return below(2) == 0 ? MakeQuery(AllQuery(), boost) : MakeQuery(NoneQuery(), boost);
        default:
            return MakeQuery(TermQuery{.field = "body", .term = word()}, boost);
    }
}

// For messages of failing tests.
inline std::string Describe(const Query& query) {
    std::string out = std::to_string(query.node.index());
    const auto add = [&](const char* name, const std::vector<QueryPtr>& parts) {
        if (parts.empty()) return;
        out += std::string(" ") + name + "(";
        for (const QueryPtr& part : parts) out += Describe(*part) + ", ";
        out += ")";
    };
    if (const auto* node = std::get_if<TermQuery>(&query.node)) out += " term " + node->term;
    if (const auto* node = std::get_if<PrefixQuery>(&query.node)) out += " prefix " + node->prefix;
    if (const auto* node = std::get_if<FuzzyQuery>(&query.node)) {
        out += " fuzzy " + node->term + "~" + std::to_string(node->edits) + " " +
               std::to_string(node->prefix_length) + (node->prefix ? "*" : "");
    }
    if (const auto* node = std::get_if<PhraseQuery>(&query.node)) {
        out += " phrase";
        for (const auto& place : node->places) {
            out += " " + std::to_string(place.position) + ":";
            for (const auto& term : place.terms) out += term + "|";
        }
        out += " ~" + std::to_string(node->slop);
    }
    if (const auto* node = std::get_if<BooleanQuery>(&query.node)) {
        out += " boolean min " + std::to_string(node->min_should);
        add("must", node->must);
        add("should", node->should);
        add("not", node->must_not);
        add("filter", node->filter);
    }
    if (const auto* node = std::get_if<BestOfQuery>(&query.node)) add("best", node->queries);
    return "[" + out + (query.boost == 1 ? "]" : " ^" + std::to_string(query.boost) + "]");
}

}  // namespace blasty::index::internal
