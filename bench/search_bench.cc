// The search engine beside SQLite's FTS5, on a catalogue of packages as JSON lines
// (examples/catalogue.py): search_bench blasty|fts5|percolate FILE COPIES DIRECTORY. Nothing
// is synced by either while documents are added. One thread.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"
#include "bench/measure.h"
#include "bench/search_catalogue.h"
#include "bench/search_percolate.h"
#include "index/index.h"
#include "index/search.h"

namespace blasty::bench {
namespace {

void Add(const Package& package, const std::string& key, const analysis::Analyzer& analyzer,
         index::Batch& batch) {
    batch.Put(key);
    AddValues(package, analyzer, batch);
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

void Queries(const index::Snapshot& snapshot, const std::vector<Question>& questions, bool exact) {
    const auto ask = [&](const Question& question) {
        Must(index::Search(snapshot, {.query = QueryOf(question), .size = 10, .exact_total = exact})
                 .status());
    };
    ReportQueries(questions, ask, exact ? "counted_" : "");
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
        Must(index.Apply(std::move(batch), Sequence(index.snapshot()->sequence.value() + 1)));
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
    uint64_t sequence = 0;
    for (const Package& package : packages) {
        Add(package, package.key, analyzer, *batch);
        if (batch->documents() < 20'000) continue;
        Must(index->Apply(std::exchange(batch, std::make_unique<index::Batch>(FieldsOfPackages())),
                          Sequence(++sequence)));
        while (Must(index->Maintain(never))) {
        }
    }
    Must(index->Apply(std::move(batch), Sequence(++sequence)));
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
    const double heap = HeapBytes();
    began = NowSeconds();
    index = Must(index::Index::Open(io::PosixFileSystem(), options));
    Report("open_ms", (NowSeconds() - began) * 1e3, "ms");
    Report("open_heap_bytes", HeapBytes() - heap, "bytes");
    Queries(*index->snapshot(), questions, false);
    Queries(*index->snapshot(), questions, true);
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
    const auto ask = [&](const Question& question) {
        const auto& words = question.words;
        std::string query = words[0];
        if (question.kind == Question::kAnd) query = words[0] + " AND " + words[1];
        if (question.kind == Question::kOr) query = words[0] + " OR " + words[1];
        if (question.kind == Question::kPhrase) query = "\"" + words[0] + " " + words[1] + "\"";
        if (question.kind == Question::kPrefix) query = words[0] + "*";
        sqlite3_bind_text(find, 1, query.c_str(), -1, SQLITE_TRANSIENT);
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(find)) == SQLITE_ROW) {
        }
        Must(code, db);
        sqlite3_reset(find);
    };
    // Slow: a part of the questions tells enough.
    ReportQueries({questions.begin(), questions.begin() + 500}, ask);
    sqlite3_finalize(find);
    sqlite3_close(db);
}

int Main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: search_bench blasty|fts5|percolate FILE COPIES DIRECTORY\n";
        return 2;
    }
    const std::string what = argv[1];
    const auto analyzer = Must(analysis::MakeAnalyzer("standard"));
    const std::vector<Package> packages = ReadPackages(argv[2], std::max(1, std::atoi(argv[3])));
    if (packages.empty()) {
        std::cerr << "search_bench: no packages in " << argv[2] << "\n";
        return 1;
    }
    if (what == "percolate") {
        RunPercolate(packages, *analyzer);
        return 0;
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
