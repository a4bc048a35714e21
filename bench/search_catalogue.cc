#include "bench/search_catalogue.h"

#include <malloc.h>
#include <simdjson.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>
#include <utility>

#include "bench/measure.h"

namespace blasty::bench {

double CpuSeconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double HeapBytes() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

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

const std::vector<index::FieldInfo>& FieldsOfPackages() {
    static const auto* const fields = new std::vector<index::FieldInfo>{
        {.name = "text", .kind = index::FieldKind::kText},
        {.name = "section", .kind = index::FieldKind::kKeyword},
        {.name = "maintainer", .kind = index::FieldKind::kKeyword},
        {.name = "size", .kind = index::FieldKind::kNumber}};
    return *fields;
}

void AddValues(const Package& package, const analysis::Analyzer& analyzer,
               index::DocumentSink& sink) {
    analyzer.Analyze(package.text, [&](const analysis::Token& token) {
        sink.AddToken(0, token.term, token.position);
    });
    sink.AddKeyword(1, package.section);
    sink.AddKeyword(2, package.maintainer);
    sink.AddNumber(3, package.size);
}

bool IsPlainWord(const std::string& word) {
    return word.size() > 1 &&
           std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

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
        if (!IsPlainWord(words[at]) || !IsPlainWord(words[at + 1])) continue;
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

void ReportQueries(const std::vector<Question>& questions, const AskQuestion& ask,
                   const std::string& prefix) {
    static const char* const kNames[] = {"word", "and", "or", "phrase", "prefix"};
    std::vector<double> all;
    std::vector<std::vector<double>> kinds(std::size(kNames));
    double sum = 0;
    for (const Question& question : questions) {
        const double began = CpuSeconds();
        ask(question);
        const double took = CpuSeconds() - began;
        sum += took;
        all.push_back(took);
        kinds[question.kind].push_back(took);
    }
    Report(prefix + "queries_per_s", static_cast<double>(all.size()) / sum, "1/s");
    Report(prefix + "query_p50_us", Percentile(all, 50) * 1e6, "us");
    Report(prefix + "query_p99_us", Percentile(all, 99) * 1e6, "us");
    for (size_t kind = 0; kind < kinds.size(); ++kind) {
        if (kinds[kind].empty()) continue;
        double of_kind = 0;
        for (const double took : kinds[kind]) of_kind += took;
        const std::string name = prefix + kNames[kind];
        Report(name + "_us", of_kind / static_cast<double>(kinds[kind].size()) * 1e6, "us");
        Report(name + "_p99_us", Percentile(kinds[kind], 99) * 1e6, "us");
    }
}

}  // namespace blasty::bench
