// Ids and positions as distinct types, so that mixing them does not compile.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>

namespace blasty {

// An integer with a name. `Tag` makes each use a type of its own.
template <typename Tag, typename Int>
class StrongInt {
  public:
    using ValueType = Int;
    constexpr StrongInt() = default;
    constexpr explicit StrongInt(Int value) : value_(value) {}
    constexpr Int value() const { return value_; }
    friend constexpr auto operator<=>(StrongInt, StrongInt) = default;
    friend std::ostream& operator<<(std::ostream& out, StrongInt id) { return out << +id.value_; }
    template <typename H>
    friend H AbslHashValue(H state, StrongInt id) {
        return H::combine(std::move(state), id.value_);
    }

  private:
    Int value_ = 0;
};

// Position of a record in the log of a database. The first record is 1; 0 means "before
// everything".
using Sequence = StrongInt<struct SequenceTag, uint64_t>;

// A stream of the log: one topic, or one of the internal streams. Never reused after deletion.
using StreamId = StrongInt<struct StreamIdTag, uint32_t>;

constexpr Sequence Next(Sequence s) { return Sequence(s.value() + 1); }

}  // namespace blasty

template <typename Tag, typename Int>
struct std::hash<blasty::StrongInt<Tag, Int>> {
    size_t operator()(blasty::StrongInt<Tag, Int> id) const { return std::hash<Int>()(id.value()); }
};
