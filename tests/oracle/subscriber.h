// A client that keeps the result of one live query by its events and checks the contract of every
// event: order, no gap it can see, no duplicate, enter only of what is out, leave only of what is
// in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "live/live.h"
#include "tests/oracle/operation.h"

namespace blasty::oracle {

class Subscriber {
  public:
    explicit Subscriber(const Operation& subscribe) : subscribe_(subscribe) {}

    // Begins, or resumes by the token of the last event taken.
    std::string Attach(live::Live& live);
    // The connection is lost, or the server is gone.
    void Detach();
    // Takes what has come, but stops after `events_max` events, in the middle of a commit as well.
    // Returns what broke the contract, or nothing.
    std::string Take(uint64_t events_max = UINT64_MAX);

    const Operation& operation() const { return subscribe_; }
    bool ready() const { return ready_; }
    bool failed() const { return !error_.empty(); }
    const std::string& error() const { return error_; }
    Sequence at() const { return at_; }
    uint64_t events() const { return events_; }
    uint64_t resets() const { return resets_; }
    // The rows held, encoded, sorted.
    std::vector<std::string> Rows() const;

    bool paused = false;
    bool end_checked = false;  // that it had to end
    int schema_steps = 0;      // of the world when it was compared last

  private:
    std::string Apply(const live::EventBatch& batch, const live::Event& event);
    std::string ApplyChange(const live::EventBatch& batch, const live::Event& event);

    const Operation subscribe_;
    std::unique_ptr<live::Session> session_;
    std::map<std::string, std::string> rows_;  // by key
    std::string token_;
    std::string error_;
    bool ready_ = false;
    Sequence at_;        // of the newest event taken
    Sequence whole_at_;  // of the newest batch taken whole
    uint64_t events_ = 0, resets_ = 0;
};

}  // namespace blasty::oracle
