// Limits what SQLite's heap takes on behalf of statements.
//
// SQLite's own limit is one for the process and costs a global lock at each allocation. Here every
// connection has an account; while it is open on a thread, what SQLite allocates there is counted,
// and allocations beyond the limit fail (SQLITE_NOMEM, which undoes the statement).
#pragma once

#include <atomic>
#include <cstdint>

namespace blasty::tables::internal {

// Sets SQLite up for the process; called before its first use, cheap afterwards.
void InitializeSqlite();

// Shared by connections: the limit holds for all of them together. Thread-safe.
struct HeapBudget {
    explicit HeapBudget(int64_t bytes_max) : max(bytes_max) {}
    const int64_t max;
    std::atomic<int64_t> used{0};
};

// Of one connection; one thread at a time. Takes from the budget in large pieces.
class HeapAccount {
  public:
    // `budget` null: counts only. Must outlive it.
    explicit HeapAccount(HeapBudget* budget) : budget_(budget) {}
    ~HeapAccount();
    HeapAccount(const HeapAccount&) = delete;
    HeapAccount& operator=(const HeapAccount&) = delete;

    // False when the limit refuses it.
    bool Take(int64_t bytes);
    void Give(int64_t bytes) { used_ -= bytes; }
    // Gives back to the budget what is no longer used.
    void Settle();
    int64_t used() const { return used_; }
    // Whether something was refused since the last call.
    bool TakeRefused();

  private:
    HeapBudget* const budget_;
    int64_t used_ = 0;
    int64_t reserved_ = 0;
    bool refused_ = false;
};

// Counts what SQLite allocates on this thread while it lives. May be nested.
class HeapScope {
  public:
    explicit HeapScope(HeapAccount* account);
    ~HeapScope();
    HeapScope(const HeapScope&) = delete;
    HeapScope& operator=(const HeapScope&) = delete;

  private:
    HeapAccount* const before_;
};

// Gives the memory that the process has freed back to the system: what a very large commit took
// would else stay. Takes milliseconds, and keeps other threads from allocating for some of them.
void ReturnFreedMemory();

}  // namespace blasty::tables::internal
