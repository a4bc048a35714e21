#include "tables/internal/read_pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "tables/internal/pooled_query.h"

namespace blasty::tables::internal {
namespace {

constexpr int64_t kFurtherCacheBytes = 1 << 20;

}  // namespace

ReadPool::ReadPool(Vfs& vfs, ReadPoolOptions options) : vfs_(vfs), options_(std::move(options)) {}

ReadPool::~ReadPool() {
    MutexLock lock(mutex_);
    BLASTY_CHECK(static_cast<int>(idle_.size()) == opened_) << "a query outlives its tables";
}

Result<std::unique_ptr<Reader>> ReadPool::Take(int64_t deadline_us) {
    bool further = false;
    {
        MutexLock lock(mutex_);
        while (idle_.empty() && opened_ >= open_max()) {
            const int64_t left_us = deadline_us - vfs_.clock().MonotonicMicros();
            if (left_us <= 0 || !freed_.WaitFor(mutex_, left_us)) {
                if (!idle_.empty()) break;
                return MakeError(StatusCode::kResourceExhausted, "OVERLOADED",
                                 StrCat("all ", open_max(),
                                        " read connections hold results that are not read to their "
                                        "end; try again later, read or end them, or raise "
                                        "tables.readers"));
            }
        }
        if (!idle_.empty()) {
            std::unique_ptr<Reader> reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
        further = ++opened_ > options_.readers;
    }
    HandleOptions options;
    options.path = options_.path;
    options.heap = options_.heap;
    options.search = options_.search;
    if (further) options.page_cache_bytes = kFurtherCacheBytes;
    auto handle = Handle::Open(vfs_, options);
    if (handle.ok()) return std::make_unique<Reader>(*std::move(handle), further);
    MutexLock lock(mutex_);
    --opened_;
    freed_.Signal();
    return handle.status();
}

void ReadPool::GiveBack(std::unique_ptr<Reader> reader) {
    // Declared before the lock: closed without it.
    std::unique_ptr<Reader> closed;
    MutexLock lock(mutex_);
    if (reader->further) {
        closed = std::move(reader);
        --opened_;
    } else {
        idle_.push_back(std::move(reader));
    }
    freed_.Signal();
}

Result<std::unique_ptr<Query>> ReadPool::Read(const ReadRequest& request) {
    queries_.fetch_add(1, std::memory_order_relaxed);
    const int64_t timeout_us = request.timeout_us > 0
                                   ? std::min(request.timeout_us, options_.statement_timeout_us)
                                   : options_.statement_timeout_us;
    const int64_t deadline_us = vfs_.clock().MonotonicMicros() + timeout_us;
    if (request.at_least.value() > 0 && options_.wait)
        BLASTY_RETURN_IF_ERROR(options_.wait(request.at_least, timeout_us));
    BLASTY_ASSIGN_OR_RETURN(auto reader, Take(deadline_us));
    auto query = std::make_unique<PooledQuery>(*this, std::move(reader));
    const uint64_t rows_max = request.rows_max > 0
                                  ? std::min(request.rows_max, options_.result_rows_max)
                                  : options_.result_rows_max;
    BLASTY_RETURN_IF_ERROR(query->Start(request, deadline_us, rows_max));
    return query;
}

Result<bool> ReadPool::IsReadOnly(const std::string& sql) {
    const int64_t deadline_us = vfs_.clock().MonotonicMicros() + options_.statement_timeout_us;
    BLASTY_ASSIGN_OR_RETURN(auto reader, Take(deadline_us));
    const Result<bool> read_only = [&]() -> Result<bool> {
        const HeapScope scope(&reader->handle->heap());
        reader->handle->guard().Disarm();
        BLASTY_RETURN_IF_ERROR(reader->snapshots.Begin().status());
        BLASTY_ASSIGN_OR_RETURN(const Statement statement,
                                reader->handle->Cached(sql, Access::kUser));
        return statement.read_only();
    }();
    {
        const HeapScope scope(&reader->handle->heap());
        reader->snapshots.End();
        reader->handle->heap().Settle();
    }
    GiveBack(std::move(reader));
    return read_only;
}

Result<std::unique_ptr<Connection>> ReadPool::OpenConnection() {
    HandleOptions options;
    options.path = options_.path;
    options.guarded = false;
    options.search = options_.search;
    return OpenConnectionOf(vfs_, options);
}

}  // namespace blasty::tables::internal
