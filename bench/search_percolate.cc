#include "bench/search_percolate.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "bench/measure.h"
#include "index/percolator.h"

namespace blasty::bench {
namespace {

using index::MakeQuery;
using index::QueryPtr;

// A query and its name, by which equal ones are known.
struct Standing {
    std::string name;
    QueryPtr query;
};

QueryPtr Word(const std::string& word) {
    return MakeQuery(index::TermQuery{.field = "text", .term = word});
}

// Of the words of one package: words, two of them, phrases, beginnings, with a section, with a
// size.
Standing MakeStanding(const Package& package, const std::vector<std::string>& words,
                      std::mt19937& random) {
    const size_t at = random() % (words.size() - 1);
    const std::string &a = words[at], &b = words[at + 1], &c = words[random() % words.size()];
    switch (random() % 7) {
        case 0:
            return {a, Word(a)};
        case 1:
            return {"+" + a + " +" + c, MakeQuery(index::BooleanQuery{.must = {Word(a), Word(c)}})};
        case 2:
            return {a + " " + c, MakeQuery(index::BooleanQuery{.should = {Word(a), Word(c)}})};
        case 3:
            return {"\"" + a + " " + b + "\"",
                    MakeQuery(index::PhraseQuery{
                        .field = "text",
                        .places = {{.position = 0, .terms = {a}}, {.position = 1, .terms = {b}}}})};
        case 4: {
            const std::string prefix = a.substr(0, 3 + random() % 4);
            return {prefix + "*", MakeQuery(index::PrefixQuery{.field = "text", .prefix = prefix})};
        }
        case 5:
            return {
                "section:" + package.section + " " + a,
                MakeQuery(index::BooleanQuery{.must = {Word(a)},
                                              .filter = {MakeQuery(index::TermQuery{
                                                  .field = "section", .term = package.section})}})};
        default: {
            const double size = static_cast<double>(random() % 1000) * 1000;
            return {
                "size:>" + std::to_string(size) + " " + a,
                MakeQuery(index::BooleanQuery{
                    .must = {Word(a)},
                    .filter = {MakeQuery(index::NumberRangeQuery{.field = "size", .min = size})}})};
        }
    }
}

std::vector<QueryPtr> MakeStandings(const std::vector<Package>& packages,
                                    const analysis::Analyzer& analyzer, size_t count) {
    std::mt19937 random(11);
    std::set<std::string> names;
    std::vector<QueryPtr> queries;
    while (queries.size() < count) {
        const Package& package = packages[random() % packages.size()];
        std::vector<std::string> words;
        analyzer.Analyze(package.text, [&](const analysis::Token& token) {
            std::string word(token.term);
            if (IsPlainWord(word)) words.push_back(std::move(word));
        });
        if (words.size() < 2) continue;
        Standing standing = MakeStanding(package, words, random);
        if (names.insert(standing.name).second) queries.push_back(std::move(standing.query));
    }
    return queries;
}

void Percolate(const std::vector<Package>& packages, const analysis::Analyzer& analyzer,
               const std::vector<QueryPtr>& queries, size_t count) {
    constexpr size_t kDocuments = 2000;
    const std::string name = "percolate_" + std::to_string(count);
    const double heap = HeapBytes();
    double began = NowSeconds();
    index::Percolator percolator;
    for (size_t i = 0; i < count; ++i) {
        const Status added = percolator.Add(i, queries[i]);
        if (!added.ok()) {
            std::cerr << "search_bench: " << added << "\n";
            std::exit(1);
        }
    }
    Report(name + "_add_us", (NowSeconds() - began) / static_cast<double>(count) * 1e6, "us");
    Report(name + "_bytes", (HeapBytes() - heap) / static_cast<double>(count), "bytes");
    index::Document document(FieldsOfPackages());
    std::vector<uint64_t> found;
    // The first ones are new to it: it learns which words are frequent.
    for (const char* const stage : {"first", "then"}) {
        std::vector<double> seconds;
        const auto before = percolator.stats();
        std::mt19937 random(5);
        for (size_t i = 0; i < kDocuments; ++i) {
            const Package& package = packages[random() % packages.size()];
            document.Begin(package.key);
            AddValues(package, analyzer, document);
            began = CpuSeconds();
            document.End();
            found.clear();
            percolator.Match(document, &found);
            seconds.push_back(CpuSeconds() - began);
        }
        const auto after = percolator.stats();
        double sum = 0;
        for (const double s : seconds) sum += s;
        const std::string of = name + "_" + stage;
        Report(of + "_us", sum / kDocuments * 1e6, "us");
        Report(of + "_p50_us", Percentile(seconds, 50) * 1e6, "us");
        Report(of + "_p99_us", Percentile(seconds, 99) * 1e6, "us");
        Report(of + "_candidates",
               static_cast<double>(after.candidates - before.candidates) / kDocuments, "");
        Report(of + "_matches", static_cast<double>(after.matches - before.matches) / kDocuments,
               "");
    }
}

}  // namespace

void RunPercolate(const std::vector<Package>& packages, const analysis::Analyzer& analyzer) {
    const std::vector<QueryPtr> queries = MakeStandings(packages, analyzer, 100'000);
    for (const size_t count : {1'000, 10'000, 100'000})
        Percolate(packages, analyzer, queries, count);
}

}  // namespace blasty::bench
