// What the search engines are compared on: a catalogue of packages, and questions about it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analysis/analyzer.h"
#include "index/document_sink.h"
#include "index/fields.h"

namespace blasty::bench {

struct Package {
    std::string key, text, section, maintainer;
    double size = 0;
};

// JSON lines (examples/catalogue.py), and `copies` - 1 times as many made of them: each a mixture
// of two packages.
std::vector<Package> ReadPackages(const std::string& path, int copies);

const std::vector<index::FieldInfo>& FieldsOfPackages();
void AddValues(const Package& package, const analysis::Analyzer& analyzer,
               index::DocumentSink& sink);

struct Question {
    enum Kind { kWord, kAnd, kOr, kPhrase, kPrefix } kind;
    std::vector<std::string> words;
};

// Whether it means the same to all query languages: letters only.
bool IsPlainWord(const std::string& word);
// The kinds in turn; words are taken from the texts, so frequent ones are asked for often.
std::vector<Question> MakeQuestions(const std::vector<Package>& packages,
                                    const analysis::Analyzer& analyzer, size_t count);

// Asks all questions in turn and reports how long they took, in processor time of this thread:
// what else the machine does counts little. `prefix` begins the names of the results.
using AskQuestion = std::function<void(const Question& question)>;
void ReportQueries(const std::vector<Question>& questions, const AskQuestion& ask,
                   const std::string& prefix = "");

// Processor time of this thread.
double CpuSeconds();
// Allocated by this process.
double HeapBytes();

}  // namespace blasty::bench
