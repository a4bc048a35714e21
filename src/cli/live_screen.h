// The result of a subscription as a picture of the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "blasty/v1/live.pb.h"

namespace blasty::cli {

struct ScreenSize {
    size_t columns = 80, lines = 24;
    bool colour = false;

    // Lines of a result that stays below when the picture ends: thousands would push everything
    // else out of the terminal.
    size_t EndRoom() const;
};

// `text` at exactly `width` columns, aligned.
std::string Fitted(std::string_view text, size_t width, bool right);

// A model without a terminal: events go in, text comes out. Not thread-safe. What entered, changed
// or left is marked +, ~, - (green, yellow, red) for kMarkUs.
class LiveScreen {
  public:
    static constexpr int64_t kMarkUs = 2'000'000;

    virtual ~LiveScreen() = default;
    virtual void SetColumns(const std::vector<v1::Column>& columns) = 0;
    void Apply(const v1::Event& event, int64_t now_us);
    // Shown below the result; empty: nothing.
    void SetNote(std::string note);
    // Takes away marks, and rows that left, whose time is over. True when something did.
    virtual bool Expire(int64_t now_us) = 0;
    // Something is to be drawn that was not drawn yet.
    bool changed() const { return changed_; }
    // Nothing came yet.
    virtual bool empty() const = 0;
    // At most `size.lines` lines of at most `size.columns` columns, each ending in a line feed but
    // the last.
    virtual std::string Draw(const ScreenSize& size) = 0;
    // The result as it is, for below the prompt.
    virtual std::string End(const ScreenSize& size) const = 0;

  protected:
    virtual void Put(const v1::Event& event, char mark, int64_t now_us) = 0;
    virtual void Leave(const v1::Event& event, int64_t now_us) = 0;
    virtual void Count(const v1::Event& /*event*/, int64_t /*now_us*/) {}
    // Forgets the result.
    virtual void Clear() = 0;

    uint64_t sequence_ = 0;
    uint64_t entered_ = 0, changed_count_ = 0, left_ = 0;
    size_t live_ = 0;  // rows that are there, those that left not counted
    bool ready_ = false, changed_ = true;
    std::string note_;
};

}  // namespace blasty::cli
