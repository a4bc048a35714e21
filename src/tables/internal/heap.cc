#include "tables/internal/heap.h"

#include <malloc.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>

namespace blasty::tables::internal {
namespace {

constexpr int64_t kPieceBytes = 1 << 20;

thread_local HeapAccount* current_account = nullptr;

int64_t SizeOf(void* block) { return static_cast<int64_t>(malloc_usable_size(block)); }

void* Allocate(int size) {
    HeapAccount* const account = current_account;
    if (account != nullptr && !account->Take(size)) return nullptr;
    void* const block = std::malloc(static_cast<size_t>(size));
    // What was taken and what will be given back must be the same number.
    if (account != nullptr) account->Give(block == nullptr ? size : size - SizeOf(block));
    return block;
}

void Free(void* block) {
    if (current_account != nullptr) current_account->Give(SizeOf(block));
    std::free(block);
}

void* Reallocate(void* block, int size) {
    HeapAccount* const account = current_account;
    const int64_t before = SizeOf(block);
    const int64_t more = std::max<int64_t>(0, size - before);
    if (account != nullptr && !account->Take(more)) return nullptr;
    void* const moved = std::realloc(block, static_cast<size_t>(size));
    if (account != nullptr)
        account->Give(moved == nullptr ? more : more - (SizeOf(moved) - before));
    return moved;
}

int Size(void* block) { return block == nullptr ? 0 : static_cast<int>(SizeOf(block)); }
int RoundUp(int size) { return (size + 7) & ~7; }
int Start(void*) { return SQLITE_OK; }
void Stop(void*) {}

bool Initialize() {
    static constexpr sqlite3_mem_methods kMethods = {Allocate, Free,  Reallocate, Size,
                                                     RoundUp,  Start, Stop,       nullptr};
    // Refused when something else in the process used SQLite before: then there is no limit.
    sqlite3_config(SQLITE_CONFIG_MALLOC, &kMethods);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize() == SQLITE_OK;
}

}  // namespace

void InitializeSqlite() {
    static const bool done = Initialize();
    static_cast<void>(done);
}

HeapAccount::~HeapAccount() {
    if (budget_ != nullptr) budget_->used.fetch_sub(reserved_, std::memory_order_relaxed);
}

bool HeapAccount::Take(int64_t bytes) {
    used_ += bytes;
    if (budget_ == nullptr || used_ <= reserved_) return true;
    const int64_t piece = (used_ - reserved_ + kPieceBytes - 1) / kPieceBytes * kPieceBytes;
    if (budget_->used.fetch_add(piece, std::memory_order_relaxed) + piece > budget_->max) {
        budget_->used.fetch_sub(piece, std::memory_order_relaxed);
        used_ -= bytes;
        refused_ = true;
        return false;
    }
    reserved_ += piece;
    return true;
}

void HeapAccount::Settle() {
    if (budget_ == nullptr) return;
    const int64_t keep =
        (std::max<int64_t>(0, used_) + kPieceBytes - 1) / kPieceBytes * kPieceBytes;
    if (keep >= reserved_) return;
    budget_->used.fetch_sub(reserved_ - keep, std::memory_order_relaxed);
    reserved_ = keep;
}

bool HeapAccount::TakeRefused() {
    const bool refused = refused_;
    refused_ = false;
    return refused;
}

HeapScope::HeapScope(HeapAccount* account) : before_(current_account) { current_account = account; }
HeapScope::~HeapScope() { current_account = before_; }

void ReturnFreedMemory() { malloc_trim(0); }

}  // namespace blasty::tables::internal
