// The search engine beside SQLite's FTS5, on a catalogue of packages as JSON lines
// (examples/catalogue.py): search_bench blasty|fts5 FILE COPIES DIRECTORY. Nothing is synced by
// either while documents are added. One thread.
#include <simdjson.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"
#include "bench/measure.h"
#include "index/index.h"
#include "index/search.h"

namespace blasty::bench {
namespace {

struct Package {
    std::string key, text, section, maintainer;
    double size = 0;
};

std::vector<Package> ReadPackages(const std::string& path, int copies) {
    std::vector<Package> packages;
    std::ifstream in(path);
    simdjson::dom::parser parser;
    const auto text = [](const simdjson::dom::element& element, const char* name) {
        std::string_view value;
        return element[name].get(value) == simdjson::SUCCESS ? std::string(value) : "";
    };
    for (std::string line; std::getline(in, line);) {
        simdjson::dom::element element;
        if (parser.parse(line).get(element) != simdjson::SUCCESS) continue;
        Package package{.key = text(element, "name"),
                        .text = text(element, "name") + " " + text(element, "description") + " " +
                                text(element, "depends"),
                        .section = text(element, "section"),
                        .maintainer = text(element, "maintainer")};
        int64_t size = 0;
        if (element["size"].get(size) == simdjson::SUCCESS)
            package.size = static_cast<double>(size);
        packages.push_back(std::move(package));
    }
    // More documents of the same words: each a mixture of two packages.
    std::mt19937 random(1);
    const size_t originals = packages.size();
    for (int copy = 1; copy < copies; ++copy) {
        for (size_t i = 0; i < originals; ++i) {
            const Package& a = packages[i];
            const Package& b = packages[random() % originals];
            packages.push_back({.key = a.key + "-" + std::to_string(copy),
                                .text = a.text.substr(0, a.text.size() / 2) + " " +
                                        b.text.substr(b.text.size() / 2),
                                .section = b.section,
                                .maintainer = a.maintainer,
                                .size = a.size});
        }
    }
    return packages;
}

struct Question {
    enum Kind { kWord, kAnd, kOr, kPhrase, kPrefix } kind;
    std::vector<std::string> words;
};

std::vector<Question> MakeQuestions(const std::vector<Package>& packages,
                                    const analysis::Analyzer& analyzer, size_t count) {
    std::mt19937 random(7);
    std::vector<Question> questions;
    while (questions.size() < count) {
        std::vector<std::string> words;
        const std::string& text = packages[random() % packages.size()].text;
        analyzer.Analyze(std::string_view(text).substr(0, 300),
                         [&](const analysis::Token& token) { words.emplace_back(token.term); });
        if (words.size() < 4) continue;
        const size_t at = random() % (words.size() - 2);
        // Words of digits mean something else to FTS5's query language.
        if (!std::all_of(
                words.begin() + static_cast<ptrdiff_t>(at),
                words.begin() + static_cast<ptrdiff_t>(at) + 2, [](const std::string& word) {
                    return word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
                               return c >= 'a' && c <= 'z';
                           });
                }))
            continue;
        const auto kind = static_cast<Question::Kind>(questions.size() % 5);
        Question question{.kind = kind, .words = {words[at]}};
        if (kind == Question::kPrefix)
            question.words[0].resize(std::min<size_t>(3, words[at].size()));
        if (kind != Question::kWord && kind != Question::kPrefix)
            question.words.push_back(words[at + 1]);
        questions.push_back(std::move(question));
    }
    return questions;
}

void ReportQueries(std::vector<double> seconds) {
    double sum = 0;
    for (const double s : seconds) sum += s;
    Report("queries_per_s", static_cast<double>(seconds.size()) / sum, "1/s");
    Report("query_p50_us", Percentile(seconds, 50) * 1e6, "us");
    Report("query_p99_us", Percentile(seconds, 99) * 1e6, "us");
}

const std::vector<index::FieldInfo>& FieldsOfPackages() {
    static const auto* const fields = new std::vector<index::FieldInfo>{
        {.name = "text", .kind = index::FieldKind::kText},
        {.name = "section", .kind = index::FieldKind::kKeyword},
        {.name = "maintainer", .kind = index::FieldKind::kKeyword},
        {.name = "size", .kind = index::FieldKind::kNumber}};
    return *fields;
}

void Add(const Package& package, const std::string& key, const analysis::Analyzer& analyzer,
         index::Batch& batch) {
    batch.Put(key);
    analyzer.Analyze(package.text, [&](const analysis::Token& token) {
        batch.AddToken(0, token.term, token.position);
    });
    batch.AddKeyword(1, package.section);
    batch.AddKeyword(2, package.maintainer);
    batch.AddNumber(3, package.size);
    batch.End();
}

index::QueryPtr QueryOf(const Question& question) {
    std::vector<index::QueryPtr> terms;
    for (const std::string& word : question.words)
        terms.push_back(index::MakeQuery(index::TermQuery{.field = "text", .term = word}));
    switch (question.kind) {
        case Question::kWord:
            return terms[0];
        case Question::kAnd:
            return index::MakeQuery(index::BooleanQuery{.must = std::move(terms)});
        case Question::kOr:
            return index::MakeQuery(index::BooleanQuery{.should = std::move(terms)});
        case Question::kPhrase:
            return index::MakeQuery(
                index::PhraseQuery{.field = "text",
                                   .places = {{.position = 0, .terms = {question.words[0]}},
                                              {.position = 1, .terms = {question.words[1]}}}});
        case Question::kPrefix:
            return index::MakeQuery(
                index::PrefixQuery{.field = "text", .prefix = question.words[0]});
    }
    return terms[0];
}

void Must(const Status& status) {
    if (status.ok()) return;
    std::cerr << "search_bench: " << status << "\n";
    std::exit(1);
}
template <typename T>
T Must(Result<T> result) {
    Must(result.status());
    return *std::move(result);
}

void Queries(const index::Snapshot& snapshot, const std::vector<Question>& questions) {
    std::vector<double> seconds;
    for (const Question& question : questions) {
        const index::SearchRequest request{
            .query = QueryOf(question), .size = 10, .exact_total = false};
        const double began = NowSeconds();
        Must(index::Search(snapshot, request).status());
        seconds.push_back(NowSeconds() - began);
    }
    ReportQueries(std::move(seconds));
    const char* const names[] = {"word", "and", "or", "phrase", "prefix"};
    for (size_t kind = 0; kind < 5; ++kind) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = kind; i < questions.size(); i += 5, ++count) {
            const double began = NowSeconds();
            Must(index::Search(snapshot,
                               {.query = QueryOf(questions[i]), .size = 10, .exact_total = false})
                     .status());
            sum += NowSeconds() - began;
        }
        Report(std::string(names[kind]) + "_us", sum / static_cast<double>(count) * 1e6, "us");
    }
}

void Facets(const index::Snapshot& snapshot) {
    index::SearchRequest request{.query = index::MakeQuery(index::AllQuery()), .size = 0};
    double least = 1e9;
    for (int i = 0; i < 10; ++i) {
        const double began = NowSeconds();
        Must(index::Search(snapshot, request).status());
        const double without = NowSeconds() - began;
        index::SearchRequest with = request;
        with.facets.push_back({.name = "f", .field = "section", .size = 20});
        const double then = NowSeconds();
        Must(index::Search(snapshot, with).status());
        least = std::min(least, NowSeconds() - then - without);
    }
    Report("facet_ns_per_match", least / static_cast<double>(snapshot.documents) * 1e9, "ns");
}

void Visibility(index::Index& index, const std::vector<Package>& packages,
                const analysis::Analyzer& analyzer) {
    const std::atomic<bool> never{false};
    std::vector<double> seconds;
    for (int i = 0; i < 2000; ++i) {
        const double began = NowSeconds();
        auto batch = std::make_unique<index::Batch>(FieldsOfPackages());
        Add(packages[static_cast<size_t>(i) % packages.size()], "new-" + std::to_string(i),
            analyzer, *batch);
        Must(index.Apply(std::move(batch), Sequence(2)));
        seconds.push_back(NowSeconds() - began);
        while (Must(index.Maintain(never))) {
        }
    }
    Report("visible_p50_us", Percentile(seconds, 50) * 1e6, "us");
    Report("visible_p99_us", Percentile(seconds, 99) * 1e6, "us");
}

void RunBlasty(const std::vector<Package>& packages, const std::vector<Question>& questions,
               const analysis::Analyzer& analyzer, const std::string& directory) {
    const index::IndexOptions options{.directory = directory, .definition = "bench"};
    const std::atomic<bool> never{false};
    uint64_t text_bytes = 0;
    for (const Package& package : packages) {
        text_bytes += package.text.size() + package.section.size() + package.maintainer.size() +
                      package.key.size() + sizeof(double);
    }
    auto index = Must(index::Index::Open(io::PosixFileSystem(), options));
    double began = NowSeconds();
    auto batch = std::make_unique<index::Batch>(FieldsOfPackages());
    for (const Package& package : packages) {
        Add(package, package.key, analyzer, *batch);
        if (batch->documents() < 20'000) continue;
        Must(index->Apply(std::exchange(batch, std::make_unique<index::Batch>(FieldsOfPackages())),
                          Sequence(1)));
        while (Must(index->Maintain(never))) {
        }
    }
    Must(index->Apply(std::move(batch), Sequence(1)));
    const double added = NowSeconds() - began;
    began = NowSeconds();
    Must(index->Checkpoint(never));
    const double flushed = NowSeconds() - began;
    Report("docs_per_s", static_cast<double>(packages.size()) / added, "1/s");
    Report("docs_per_s_flushed", static_cast<double>(packages.size()) / (added + flushed), "1/s");
    Report("size_ratio",
           static_cast<double>(index->stats().disk_bytes) / static_cast<double>(text_bytes), "x");
    Report("segments", static_cast<double>(index->stats().segments), "");
    index.reset();
    began = NowSeconds();
    index = Must(index::Index::Open(io::PosixFileSystem(), options));
    Report("open_ms", (NowSeconds() - began) * 1e3, "ms");
    Queries(*index->snapshot(), questions);
    Facets(*index->snapshot());
    Visibility(*index, packages, analyzer);
}

void Must(int code, sqlite3* db) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    std::cerr << "search_bench: " << sqlite3_errmsg(db) << "\n";
    std::exit(1);
}

void RunFts5(const std::vector<Package>& packages, const std::vector<Question>& questions,
             const std::string& directory) {
    sqlite3* db = nullptr;
    Must(sqlite3_open((directory + "/fts5.db").c_str(), &db), db);
    const auto execute = [db](const char* sql) {
        Must(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), db);
    };
    execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
        "CREATE VIRTUAL TABLE d USING fts5(text, content='', "
        "tokenize='unicode61 remove_diacritics 2'); BEGIN");
    const double began = NowSeconds();
    sqlite3_stmt* insert = nullptr;
    Must(sqlite3_prepare_v2(db, "INSERT INTO d(rowid, text) VALUES(?, ?)", -1, &insert, nullptr),
         db);
    for (size_t i = 0; i < packages.size(); ++i) {
        sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i + 1));
        sqlite3_bind_text(insert, 2, packages[i].text.data(),
                          static_cast<int>(packages[i].text.size()), SQLITE_STATIC);
        Must(sqlite3_step(insert), db);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    execute("COMMIT");
    Report("docs_per_s", static_cast<double>(packages.size()) / (NowSeconds() - began), "1/s");
    sqlite3_stmt* find = nullptr;
    Must(sqlite3_prepare_v2(db, "SELECT rowid, rank FROM d WHERE d MATCH ? ORDER BY rank LIMIT 10",
                            -1, &find, nullptr),
         db);
    std::vector<double> seconds;
    // Slow: a part of the questions tells enough.
    for (size_t i = 0; i < std::min<size_t>(questions.size(), 500); ++i) {
        const auto& words = questions[i].words;
        std::string query = words[0];
        if (questions[i].kind == Question::kAnd) query = words[0] + " AND " + words[1];
        if (questions[i].kind == Question::kOr) query = words[0] + " OR " + words[1];
        if (questions[i].kind == Question::kPhrase) query = "\"" + words[0] + " " + words[1] + "\"";
        if (questions[i].kind == Question::kPrefix) query = words[0] + "*";
        const double start = NowSeconds();
        sqlite3_bind_text(find, 1, query.c_str(), -1, SQLITE_TRANSIENT);
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(find)) == SQLITE_ROW) {
        }
        Must(code, db);
        sqlite3_reset(find);
        seconds.push_back(NowSeconds() - start);
    }
    sqlite3_finalize(find);
    sqlite3_close(db);
    ReportQueries(std::move(seconds));
}

int Main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: search_bench blasty|fts5 FILE COPIES DIRECTORY\n";
        return 2;
    }
    const std::string what = argv[1];
    const auto analyzer = Must(analysis::MakeAnalyzer("standard"));
    const std::vector<Package> packages = ReadPackages(argv[2], std::max(1, std::atoi(argv[3])));
    if (packages.empty()) {
        std::cerr << "search_bench: no packages in " << argv[2] << "\n";
        return 1;
    }
    const std::vector<Question> questions = MakeQuestions(packages, *analyzer, 5000);
    if (what == "blasty") {
        RunBlasty(packages, questions, *analyzer, argv[4]);
    } else {
        RunFts5(packages, questions, argv[4]);
    }
    return 0;
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) { return blasty::bench::Main(argc, argv); }
