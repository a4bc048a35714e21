// Time, replaceable in tests and in the simulation.
#pragma once

#include <atomic>
#include <cstdint>

namespace blasty {

// Thread-safe. Microseconds everywhere.
class Clock {
  public:
    virtual ~Clock() = default;
    // Since 1970-01-01 UTC; may step when the machine's clock is set.
    virtual int64_t NowMicros() const = 0;
    // Since an arbitrary start; never steps back.
    virtual int64_t MonotonicMicros() const = 0;
};

// The machine's clock. Lives for the whole program.
const Clock& SystemClock();

// Stands still until told to move. Both times move together.
class ManualClock : public Clock {
  public:
    explicit ManualClock(int64_t start_us = 1'700'000'000'000'000) : now_us_(start_us) {}
    int64_t NowMicros() const override { return now_us_.load(); }
    int64_t MonotonicMicros() const override { return now_us_.load(); }
    void Advance(int64_t us) { now_us_.fetch_add(us); }
    void Set(int64_t us) { now_us_.store(us); }

  private:
    std::atomic<int64_t> now_us_;
};

}  // namespace blasty
