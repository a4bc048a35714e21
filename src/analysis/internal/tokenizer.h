// Where words begin and end.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace blasty::analysis::internal {

struct Word {
    size_t start = 0;
    size_t end = 0;
    bool ascii = false;          // known to be ASCII; false says nothing
    bool same_position = false;  // as the word before
};

// False: no more words are wanted.
using WordSink = absl::FunctionRef<bool(const Word&)>;

// Thread-safe.
class Tokenizer {
  public:
    virtual ~Tokenizer() = default;
    // Words by ascending start or, with one start, by ascending end.
    virtual void Split(std::string_view text, WordSink sink) const = 0;
    // The analysis calls SplitWords itself, without a call for each word.
    virtual bool unicode_words() const { return false; }
};

std::unique_ptr<Tokenizer> MakeUnicodeTokenizer();
std::unique_ptr<Tokenizer> MakeKeywordTokenizer();     // the whole text
std::unique_ptr<Tokenizer> MakeWhitespaceTokenizer();  // between Unicode's white space
std::unique_ptr<Tokenizer> MakeLetterTokenizer();      // runs of letters and their marks
std::unique_ptr<Tokenizer> MakeWebTokenizer();         // addresses whole, other words
std::unique_ptr<Tokenizer> MakeCjkTokenizer();  // overlapping pairs of Han, kana, Hangul; words

}  // namespace blasty::analysis::internal
