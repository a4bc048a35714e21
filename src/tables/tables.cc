#include "tables/tables.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "tables/internal/checkpointer.h"
#include "tables/internal/committer.h"
#include "tables/internal/copy.h"
#include "tables/internal/heap.h"
#include "tables/internal/history.h"
#include "tables/internal/read_pool.h"
#include "tables/internal/repeating.h"
#include "tables/internal/replay.h"
#include "tables/internal/store.h"
#include "tables/internal/vfs.h"
#include "tables/internal/visibility.h"
#include "tables/internal/writer.h"

namespace blasty::tables {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): the facade of it

// A background checkpoint begins when the WAL has grown so far.
constexpr uint64_t kCheckpointBytes = 4 << 20;
// A commit that leaves much freed memory behind: in the writer at once, in those who follow it a
// few rounds of upkeep later.
constexpr size_t kLargeCommitBytes = 16 << 20;
constexpr int kReturns = 3;
constexpr int64_t kUpkeepEveryUs = 5'000'000;

}  // namespace

struct Tables::Impl {
    Impl(io::FileSystem& fs_in, const TablesOptions& options_in, log::Log& log_in,
         exec::Executor& executor_in, const Clock& clock_in)
        : fs(fs_in),
          options(options_in),
          log(log_in),
          executor(executor_in),
          clock(clock_in),
          path(options.directory + "/tables.db"),
          read_heap(static_cast<int64_t>(options.statement_memory_max)),
          vfs(fs_in, clock_in) {}

    Status Open();
    // On the writer's thread.
    void AfterGroup();
    void Upkeep();
    Status AdvanceHistory();
    Status Admit() const;

    io::FileSystem& fs;
    const TablesOptions options;
    log::Log& log;
    exec::Executor& executor;
    const Clock& clock;
    const std::string path;
    HeapBudget read_heap;

    // In the order they need each other; gone in the opposite one.
    Vfs vfs;
    Mutex history_mutex;  // one Advance at a time
    std::unique_ptr<History> history;
    std::unique_ptr<Store> store;
    std::unique_ptr<Visibility> visibility;
    std::unique_ptr<Checkpointer> checkpointer;
    std::unique_ptr<ReadPool> readers;
    std::unique_ptr<Committer> committer;
    std::unique_ptr<Repeating> upkeep;
    std::unique_ptr<Writer> writer;
    std::atomic<int> returns{0};      // rounds of upkeep that return memory
    uint64_t checkpointed_bytes = 0;  // WAL at the last kick; of the writer's thread
    std::atomic<bool> closed{false};
};

Status Tables::Impl::Open() {
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(options.directory));
    BLASTY_ASSIGN_OR_RETURN(history, History::Load(fs, options.directory));
    BLASTY_ASSIGN_OR_RETURN(store, Store::Open(vfs, path, history->from().value() == 1, options));
    BLASTY_RETURN_IF_ERROR(Replay(*store, log));
    visibility = std::make_unique<Visibility>(log, store->applied());
    BLASTY_ASSIGN_OR_RETURN(checkpointer, Checkpointer::Open(vfs, path, *store));
    BLASTY_RETURN_IF_ERROR(checkpointer->Run(Checkpointer::Mode::kPassive));
    ReadPoolOptions pool;
    pool.path = path;
    pool.readers = options.readers;
    pool.statement_timeout_us = options.statement_timeout_us;
    pool.result_rows_max = options.result_rows_max;
    pool.heap = &read_heap;
    pool.search = options.search;
    pool.wait = [this](Sequence sequence, int64_t timeout_us) {
        return visibility->Wait(sequence, timeout_us);
    };
    readers = std::make_unique<ReadPool>(vfs, std::move(pool));
    committer = std::make_unique<Committer>(*store, log, *visibility, options, clock);
    upkeep = std::make_unique<Repeating>(options.manual ? nullptr : &executor, kUpkeepEveryUs,
                                         [this] { Upkeep(); });
    writer = std::make_unique<Writer>(*committer, options, clock, [this] { AfterGroup(); });
    upkeep->Start();
    return OkStatus();
}

void Tables::Impl::AfterGroup() {
    if (committer->commit_bytes() >= kLargeCommitBytes) returns = kReturns;
    const uint64_t bytes = store->wal_bytes();
    if (bytes < checkpointed_bytes) checkpointed_bytes = 0;  // it began anew
    if (bytes > options.wal_bytes_max) {
        // Here, so that no commit makes it longer meanwhile. A failure shows in the file system's
        // health.
        (void)checkpointer->Run(Checkpointer::Mode::kTruncate);
        checkpointed_bytes = store->wal_bytes();
    } else if (bytes >= checkpointed_bytes + kCheckpointBytes) {
        checkpointed_bytes = bytes;
        upkeep->Kick();
    }
}

void Tables::Impl::Upkeep() {
    // Failures show in the file system's health, and the next round tries again.
    (void)AdvanceHistory();
    if (returns > 0) {
        --returns;
        ReturnFreedMemory();
    }
    const auto overdue = store->wal_bytes() > options.wal_bytes_max;
    (void)checkpointer->Run(overdue ? Checkpointer::Mode::kTruncate : Checkpointer::Mode::kPassive);
    if (options.manual || !store->ever_used()) return;
    writer->Post([this] {
        if (visibility->UpTo().value() > store->applied().value() + 10'000)
            (void)committer->NoteSeen(visibility->UpTo());
    });
}

Status Tables::Impl::AdvanceHistory() {
    MutexLock lock(history_mutex);
    return history->Advance(log, clock.NowMicros() - options.history_age_us, store->ever_used());
}

Status Tables::Impl::Admit() const {
    if (store->wal_bytes() <= 2 * options.wal_bytes_max) return OkStatus();
    return MakeError(StatusCode::kResourceExhausted, "OVERLOADED",
                     StrCat("the WAL of tables.db has ", store->wal_bytes(),
                            " bytes because a long query still reads it; try again later"));
}

Tables::Tables(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Tables::~Tables() { Close(); }

Result<std::unique_ptr<Tables>> Tables::Open(io::FileSystem& fs, const TablesOptions& options,
                                             log::Log& log, exec::Executor& executor,
                                             const Clock& clock) {
    auto impl = std::make_unique<Impl>(fs, options, log, executor, clock);
    if (Status opened = impl->Open(); !opened.ok())
        return Annotate(opened, StrCat("tables in '", options.directory, "'"));
    return std::unique_ptr<Tables>(new Tables(std::move(impl)));
}

void Tables::Execute(WriteRequest request, WriteDone done,
                     std::shared_ptr<std::atomic<bool>> cancelled) {
    if (const Status admitted = impl_->Admit(); !admitted.ok()) {
        impl_->upkeep->Kick();
        return done(admitted);
    }
    impl_->writer->Execute(std::move(request), std::move(done), std::move(cancelled));
}

Result<WriteResult> Tables::ExecuteAndWait(WriteRequest request) {
    struct Waiter {
        std::atomic<int> answered{0};
        Result<WriteResult> answer = WriteResult();
    } waiter;
    Execute(std::move(request), [&waiter](Result<WriteResult> answer) {
        waiter.answer = std::move(answer);
        // Wakes by address: the waiter may be gone before notify_one looks.
        std::atomic<int>* const answered = &waiter.answered;
        answered->store(1, std::memory_order_release);
        answered->notify_one();
    });
    RunQueued();
    waiter.answered.wait(0, std::memory_order_acquire);
    return std::move(waiter.answer);
}

Result<std::unique_ptr<Query>> Tables::Read(const ReadRequest& request) {
    return impl_->readers->Read(request);
}

Result<bool> Tables::IsReadOnly(const std::string& sql) { return impl_->readers->IsReadOnly(sql); }

SchemaPtr Tables::schema() const { return impl_->store->schema(); }

Sequence Tables::applied() const { return impl_->visibility->applied(); }

Status Tables::WaitApplied(Sequence sequence, int64_t timeout_us) {
    return impl_->visibility->Wait(sequence, timeout_us);
}

void Tables::AddCommitListener(std::function<void(Sequence applied)> listener) {
    impl_->committer->AddListener(std::move(listener));
}

Result<std::unique_ptr<Connection>> Tables::OpenConnection() {
    return impl_->readers->OpenConnection();
}

Sequence Tables::history_from() const {
    return std::max(impl_->history->from(), impl_->log.state().oldest);
}

Sequence Tables::keep_from() const {
    // Without tables, nothing of the log so far is ours.
    const Sequence up_to = impl_->visibility->UpTo();
    if (!impl_->store->ever_used()) return Next(up_to);
    return std::min(impl_->history->from(), Next(impl_->checkpointer->durable()));
}

Result<Sequence> Tables::CopyTo(const std::string& path) {
    return CopyTables(impl_->fs, impl_->vfs, impl_->path, path);
}

Status Tables::health() const {
    BLASTY_RETURN_IF_ERROR(impl_->committer->health());
    BLASTY_RETURN_IF_ERROR(impl_->vfs.health());
    return impl_->log.state().health;
}

TablesStats Tables::stats() const {
    TablesStats stats;
    const CommitterCounts& counts = impl_->committer->counts();
    stats.tables = impl_->store->schema()->tables.size();
    stats.commits = counts.commits.load();
    stats.requests = counts.requests.load();
    stats.failed = counts.failed.load();
    stats.duplicates = counts.duplicates.load();
    stats.rows_changed = counts.rows_changed.load();
    stats.queries = impl_->readers->queries();
    stats.rows_read = impl_->readers->rows_read();
    stats.wal_bytes = impl_->store->wal_bytes();
    stats.checkpoints = impl_->checkpointer->count();
    stats.applied = impl_->visibility->applied();
    stats.durable = impl_->checkpointer->durable();
    return stats;
}

Status Tables::Checkpoint() {
    BLASTY_RETURN_IF_ERROR(impl_->AdvanceHistory());
    return impl_->checkpointer->Run(Checkpointer::Mode::kTruncate);
}

void Tables::RunQueued() {
    if (impl_->options.manual) impl_->writer->RunQueued();
}

void Tables::Close() {
    if (impl_->closed.exchange(true)) return;
    impl_->writer->Close();
    impl_->upkeep->Stop();
    if (!health().ok()) return;
    // What fails here, the next start does again.
    if (impl_->store->ever_used()) (void)impl_->committer->NoteSeen(impl_->visibility->UpTo());
    (void)Checkpoint();
}

}  // namespace blasty::tables
