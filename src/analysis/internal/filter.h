// What stands between the tokenizer and the sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "analysis/internal/term_set.h"

namespace blasty::analysis::internal {

// Where a filter writes the term it makes: one for each filter of a running analysis, so that no
// filter overwrites what another still reads.
class TermBuffer {
  public:
    // At least `size` bytes; what was written before is lost.
    char* Reserve(size_t size) {
        if (size > size_) {
            bytes_ = std::make_unique<char[]>(size);
            size_ = size;
        }
        return bytes_.get();
    }
    std::string_view Copy(std::string_view bytes) {
        char* out = Reserve(bytes.size());
        bytes.copy(out, bytes.size());
        return {out, bytes.size()};
    }

  private:
    std::unique_ptr<char[]> bytes_;
    size_t size_ = 0;
};

// A term on its way. Well-formed UTF-8, not empty.
struct Term {
    std::string_view text;
    bool ascii = false;    // known to be ASCII; false says nothing
    bool aligned = false;  // byte i is byte start + i of the original, up to case
};

// A token on its way.
struct Piece {
    Term term;
    uint32_t position = 0;
    uint32_t start = 0;
    uint32_t end = 0;
};

// One term to one or none, always the same: its results may be cached. Thread-safe.
class TermFilter {
  public:
    virtual ~TermFilter() = default;
    // Replaces term.text, written into `out` where bytes change. False drops the term. A filter may
    // leave the text empty, which drops it too.
    virtual bool Apply(Term& term, TermBuffer& out) const = 0;
    // Only letters change, as Analyzer::Normalize wants.
    virtual bool normalizes() const { return false; }
    // On ASCII it does nothing but make capitals small.
    virtual bool lowers_ascii() const { return false; }
    // Worth a cache.
    virtual bool slow() const { return false; }
};

// What a stream filter keeps during one text.
struct StreamState {
    struct Held {
        std::string term;
        Piece piece;  // its text is set anew from `term` when used
    };
    std::unique_ptr<Held[]> held;  // `capacity` of them, `count` in use
    size_t capacity = 0;
    size_t count = 0;
    uint32_t shift = 0;  // words that were added before, in positions
    TermSet seen;
    std::string scratch;

    void Clear() {
        count = 0;
        shift = 0;
        seen.clear();
    }
};

// Keeps a copy of `piece`, behind those kept before.
void Hold(StreamState& state, size_t capacity, const Piece& piece);
Piece PieceOf(const StreamState::Held& held);
void DropFront(StreamState& state, size_t count);

using Next = absl::FunctionRef<void(const Piece&)>;

// One token to any number, or one that looks at its neighbours. Thread-safe.
class StreamFilter {
  public:
    virtual ~StreamFilter() = default;
    virtual void Push(const Piece& piece, StreamState& state, Next next) const = 0;
    // After the last token of a text.
    virtual void Finish(StreamState& /*state*/, Next /*next*/) const {}
};

}  // namespace blasty::analysis::internal
