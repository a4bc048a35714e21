#include "analysis/internal/stream_filters.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <utility>

#include "analysis/internal/char_table.h"
#include "analysis/internal/shape_filters.h"
#include "analysis/limits.h"

namespace blasty::analysis::internal {

void Hold(StreamState& state, size_t capacity, const Piece& piece) {
    if (state.held == nullptr || state.capacity < capacity) {
        state.held = std::make_unique<StreamState::Held[]>(capacity);
        state.capacity = capacity;
    }
    StreamState::Held& held = state.held[state.count++];
    held.term.assign(piece.term.text);
    held.piece = piece;
}

Piece PieceOf(const StreamState::Held& held) {
    Piece out = held.piece;
    out.term.text = held.term;
    return out;
}

void DropFront(StreamState& state, size_t count) {
    for (size_t i = count; i < state.count; ++i) std::swap(state.held[i - count], state.held[i]);
    state.count -= count;
}

namespace {

class Ngram final : public StreamFilter {
  public:
    Ngram(size_t min, size_t max, bool front_only)
        : min_(min), max_(max), front_only_(front_only) {}

    void Push(const Piece& piece, StreamState& /*state*/, Next next) const override {
        const std::string_view text = piece.term.text;
        for (size_t from = 0; from < text.size();) {
            const std::string_view rest = text.substr(from);
            size_t to = PrefixBytes(rest, min_);
            if (to == rest.size() && PrefixBytes(rest, min_ - 1) == rest.size()) {
                if (from == 0) next(piece);  // shorter than any
                return;
            }
            for (size_t size = min_; size <= max_; ++size) {
                next(Slice(piece, from, from + to));
                if (to == rest.size()) break;
                to += PrefixBytes(rest.substr(to), 1);
            }
            if (front_only_) return;
            from += PrefixBytes(rest, 1);
        }
    }

  private:
    size_t min_;
    size_t max_;
    bool front_only_;
};

class CamelCase final : public StreamFilter {
  public:
    void Push(const Piece& piece, StreamState& state, Next next) const override {
        const std::string_view text = piece.term.text;
        uint32_t parts = 0;
        size_t begin = 0;
        const auto emit = [&](size_t end) {
            if (begin == end) return;
            Piece part = Slice(piece, begin, end);
            part.position = piece.position + state.shift + parts++;
            next(part);
        };
        Kind before = Kind::kOther;
        size_t before_at = 0;  // where the character before began
        for (size_t at = 0; at < text.size();) {
            uint32_t c = 0;
            const size_t size = DecodeWellFormed(text.data() + at, &c);
            const Kind now = KindOf(c, before);
            if (now == Kind::kOther || before == Kind::kOther) {
                emit(before == Kind::kOther ? begin : at);
                begin = now == Kind::kOther ? at + size : at;
            } else if (before == Kind::kUpper && now == Kind::kLower) {
                emit(before_at);  // the last capital belongs to what follows
                begin = before_at;
            } else if (before != now) {
                emit(at);
                begin = at;
            }
            before = now;
            before_at = at;
            at += size;
        }
        emit(std::max(begin, text.size()));
        if (parts > 1) state.shift += parts - 1;
    }

  private:
    enum class Kind { kOther, kUpper, kLower, kDigit };
    static Kind KindOf(uint32_t code_point, Kind before) {
        const auto c = static_cast<UChar32>(code_point);
        if (u_isdigit(c) != 0) return Kind::kDigit;
        if (u_isupper(c) != 0 || u_istitle(c) != 0) return Kind::kUpper;
        if (u_isalpha(c) != 0) return Kind::kLower;
        return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0 ? before : Kind::kOther;
    }
};

class Shingle final : public StreamFilter {
  public:
    explicit Shingle(size_t size) : size_(size) {}

    void Push(const Piece& piece, StreamState& state, Next next) const override {
        Hold(state, size_, piece);
        if (state.count == size_) EmitFront(state, next);
    }
    void Finish(StreamState& state, Next next) const override {
        while (state.count > 0) EmitFront(state, next);
    }

  private:
    static void EmitFront(StreamState& state, Next next) {
        next(PieceOf(state.held[0]));
        state.scratch = state.held[0].term;
        for (size_t i = 1; i < state.count; ++i) {
            const StreamState::Held& held = state.held[i];
            if (held.piece.position != state.held[i - 1].piece.position + 1) break;
            state.scratch += ' ';
            state.scratch += held.term;
            Piece made = state.held[0].piece;
            made.term = {state.scratch, made.term.ascii && held.piece.term.ascii, false};
            made.end = std::max(made.end, held.piece.end);
            next(made);
        }
        DropFront(state, 1);
    }

    size_t size_;
};

class Unique final : public StreamFilter {
  public:
    void Push(const Piece& piece, StreamState& state, Next next) const override {
        if (state.seen.contains(piece.term.text)) return;
        if (state.seen.size() < kUniqueTermsMax) state.seen.emplace(piece.term.text);
        next(piece);
    }
};

}  // namespace

std::unique_ptr<StreamFilter> MakeNgram(size_t min, size_t max) {
    return std::make_unique<Ngram>(min, max, false);
}
std::unique_ptr<StreamFilter> MakeEdgeNgram(size_t min, size_t max) {
    return std::make_unique<Ngram>(min, max, true);
}
std::unique_ptr<StreamFilter> MakeCamelCase() { return std::make_unique<CamelCase>(); }
std::unique_ptr<StreamFilter> MakeShingle(size_t size) { return std::make_unique<Shingle>(size); }
std::unique_ptr<StreamFilter> MakeUnique() { return std::make_unique<Unique>(); }

}  // namespace blasty::analysis::internal
