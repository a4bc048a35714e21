// Xapian on the same texts and questions as search_bench: search_xapian FILE COPIES DIRECTORY.
// Nothing is synced; one thread; terms are those of our analyzer.
#include <xapian.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "bench/measure.h"
#include "bench/search_catalogue.h"

namespace blasty::bench {
namespace {

Xapian::Query QueryOf(const Question& question) {
    using Xapian::Query;
    const auto& words = question.words;
    switch (question.kind) {
        case Question::kWord:
            return Query(words[0]);
        case Question::kAnd:
            return {Query::OP_AND, words.begin(), words.end()};
        case Question::kOr:
            return {Query::OP_OR, words.begin(), words.end()};
        case Question::kPhrase:
            return {Query::OP_PHRASE, words.begin(), words.end(), 2};
        case Question::kPrefix:
            return {Query::OP_WILDCARD, words[0]};
    }
    return {};
}

void Run(const std::vector<Package>& packages, const std::vector<Question>& questions,
         const analysis::Analyzer& analyzer, const std::string& directory) {
    const double began = NowSeconds();
    Xapian::WritableDatabase db(directory + "/xapian",
                                Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_NO_SYNC);
    for (const Package& package : packages) {
        Xapian::Document document;
        analyzer.Analyze(package.text, [&](const analysis::Token& token) {
            // Longer terms it does not take.
            if (token.term.size() <= 240)
                document.add_posting(std::string(token.term), token.position + 1);
        });
        db.add_document(document);
    }
    db.commit();
    Report("docs_per_s", static_cast<double>(packages.size()) / (NowSeconds() - began), "1/s");
    Xapian::Enquire enquire(db);
    // Slow: a part of the questions tells enough.
    const std::vector<Question> some(questions.begin(), questions.begin() + 500);
    ReportQueries(some, [&](const Question& question) {
        enquire.set_query(QueryOf(question));
        enquire.get_mset(0, 10);
    });
    ReportQueries(
        some,
        [&](const Question& question) {
            enquire.set_query(QueryOf(question));
            enquire.get_mset(0, 10, static_cast<Xapian::doccount>(packages.size()));
        },
        "counted_");
}

int Main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: search_xapian FILE COPIES DIRECTORY\n";
        return 2;
    }
    const auto analyzer = analysis::MakeAnalyzer("standard");
    const std::vector<Package> packages = ReadPackages(argv[1], std::max(1, std::atoi(argv[2])));
    if (!analyzer.ok() || packages.empty()) {
        std::cerr << "search_xapian: no packages in " << argv[1] << "\n";
        return 1;
    }
    Run(packages, MakeQuestions(packages, **analyzer, 5000), **analyzer, argv[3]);
    return 0;
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) { return blasty::bench::Main(argc, argv); }
