#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/strings.h"
#include "engine/internal/archive_format.h"
#include "engine/internal/table_hold.h"
#include "engine/internal/write_backup.h"
#include "exec/worker_pool.h"
#include "search/sql_module.h"

namespace blasty::engine {

namespace {

constexpr size_t kServerIdBytes = 16;
// First answers and resumes of live searches: a large one leaves a way to the others.
constexpr int kLiveSearchThreads = 2;
// Kept free: below it the log may still append for a while, but nobody should count on it.
constexpr uint64_t kReserveBytes = 16ull << 20;

// Reads DIR/server.id, or makes it.
Result<std::string> ServerId(io::FileSystem& fs, const std::string& directory) {
    const std::string path = StrCat(directory, "/server.id");
    Result<std::string> read = io::ReadFile(fs, path, 4096);
    if (read.ok()) {
        while (!read->empty() && (read->back() == '\n' || read->back() == ' ')) read->pop_back();
        if (read->empty()) {
            return MakeError(StatusCode::kDataLoss, "SERVER_ID_DAMAGED",
                             StrCat(path, " is empty: restore it, or remove it for a new id"));
        }
        return read;
    }
    if (ReasonOf(read.status()) != "FILE_NOT_FOUND") return read.status();
    const std::string id = RandomHex(kServerIdBytes);
    BLASTY_RETURN_IF_ERROR(io::WriteFileAtomically(fs, path, StrCat(id, "\n")));
    return id;
}

Status CheckRestored(io::FileSystem& fs, const std::string& directory) {
    const std::string path = StrCat(directory, "/", internal::kUnfinishedFile);
    const auto file = fs.Open(path, io::OpenMode::kRead);
    if (!file.ok()) {
        return ReasonOf(file.status()) == "FILE_NOT_FOUND" ? OkStatus() : file.status();
    }
    return MakeError(StatusCode::kFailedPrecondition, "RESTORE_UNFINISHED",
                     StrCat("'", directory, "' holds a restore that was cut off ('", path,
                            "' says so): remove the directory and restore again"));
}

}  // namespace

struct Engine::Impl {
    Impl(io::FileSystem& file_system, const EngineOptions& engine_options, const Clock& time)
        : fs(file_system), options(engine_options), clock(time) {}

    Status CheckSpace() {
        BLASTY_ASSIGN_OR_RETURN(const uint64_t free, fs.FreeBytes(options.data_directory));
        const uint64_t wanted = options.topics.log.segment_bytes + kReserveBytes;
        if (free >= wanted) return OkStatus();
        return MakeError(StatusCode::kResourceExhausted, "NO_SPACE",
                         StrCat(options.data_directory, " has ", free, " bytes free, the next ",
                                "segment needs ", wanted, ": free some space"));
    }

    // What is known to be wrong without a look at the disk.
    Status Known() const {
        BLASTY_RETURN_IF_ERROR(topics->health());
        BLASTY_RETURN_IF_ERROR(tables->health());
        return live->health();
    }

    Status OpenViews(exec::Executor& executor) {
        const bool manual = options.topics.log.manual_commit;
        options.topics.directory = Directory();
        options.topics.tables_keep_from = [this] { return hold.keep_from(); };
        options.tables.directory = Directory();
        options.tables.manual = options.tables.manual || manual;
        options.live.manual = options.live.manual || manual;
        if (!manual) options.tables.search = search_module = std::make_shared<search::SqlModule>();
        internal::RemoveBackupLeftovers(fs, Directory());
        BLASTY_ASSIGN_OR_RETURN(topics, topics::Topics::Open(fs, options.topics, executor, clock));
        BLASTY_ASSIGN_OR_RETURN(
            tables, tables::Tables::Open(fs, options.tables, topics->log(), executor, clock));
        hold.Follow(tables.get());
        // Snapshots of live queries must not wait behind retention.
        if (!options.live.manual) {
            live_pool = std::make_unique<exec::WorkerPool>(exec::WorkerPoolOptions{
                .name = "live", .threads = std::max(1, options.live.snapshot_threads)});
        }
        exec::Executor& blocking = live_pool != nullptr ? *live_pool : executor;
        BLASTY_ASSIGN_OR_RETURN(
            live, live::Live::Open(*tables, topics->log(), blocking, clock, options.live));
        if (manual) return OkStatus();
        options.search.directory = StrCat(Directory(), "/search");
        BLASTY_ASSIGN_OR_RETURN(search, search::Searches::Open(fs, options.search, topics->log(),
                                                               *tables, clock, topics.get()));
        search_module->Use(search.get());
        live_search_pool = std::make_unique<exec::WorkerPool>(
            exec::WorkerPoolOptions{.name = "live-search", .threads = kLiveSearchThreads});
        live_searches = search::LiveSearches::Open(*search, *tables, topics->log(),
                                                   *live_search_pool, clock, options.live_searches);
        return OkStatus();
    }

    // Also of what was opened in part.
    void Close() {
        if (closed.exchange(true)) return;
        if (live_searches != nullptr) live_searches->Close();
        if (live_search_pool != nullptr) live_search_pool->Stop();
        // Ends those who wait in the module, which then lets go of it.
        if (search != nullptr) search->Close();
        if (search_module != nullptr) search_module->Use(nullptr);
        if (live != nullptr) live->Close();
        if (live_pool != nullptr) live_pool->Stop();
        hold.Freeze();
        if (tables != nullptr) tables->Close();
        if (topics != nullptr) topics->Close();
        directory_lock.reset();
    }

    std::string Directory() const { return StrCat(options.data_directory, "/databases/main"); }

    Status Probe() {
        BLASTY_RETURN_IF_ERROR(Known());
        BLASTY_RETURN_IF_ERROR(CheckSpace());
        // A commit since the last look proves the same without writing.
        const Sequence last = topics->stats().log.last;
        {
            MutexLock lock(health_mutex);
            const bool idle = probed && last == probed_last;
            probed_last = last;
            if (probed && !idle) return OkStatus();
        }
        BLASTY_RETURN_IF_ERROR(topics->Probe());
        MutexLock lock(health_mutex);
        probed_last = topics->stats().log.last;
        return OkStatus();
    }

    io::FileSystem& fs;
    EngineOptions options;
    const Clock& clock;
    std::unique_ptr<io::DirectoryLock> directory_lock;
    std::string server_id;
    int64_t started_us = 0;
    // In the order they depend on each other.
    internal::TableHold hold;
    std::unique_ptr<topics::Topics> topics;
    std::unique_ptr<tables::Tables> tables;
    std::unique_ptr<exec::WorkerPool> live_pool;
    std::unique_ptr<live::Live> live;
    std::shared_ptr<search::SqlModule> search_module;  // null: no search
    std::unique_ptr<search::Searches> search;
    std::unique_ptr<exec::WorkerPool> live_search_pool;
    std::unique_ptr<search::LiveSearches> live_searches;

    std::atomic<bool> backup_running = false;
    Mutex health_mutex;
    bool probing ABSL_GUARDED_BY(health_mutex) = false;
    bool probed ABSL_GUARDED_BY(health_mutex) = false;
    int64_t probed_at_us ABSL_GUARDED_BY(health_mutex) = 0;
    Sequence probed_last ABSL_GUARDED_BY(health_mutex);
    Status probe_result ABSL_GUARDED_BY(health_mutex);
    std::atomic<bool> closed = false;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() { Close(); }

Result<std::unique_ptr<Engine>> Engine::Open(io::FileSystem& fs, const EngineOptions& options,
                                             exec::Executor& executor, const Clock& clock) {
    auto impl = std::make_unique<Impl>(fs, options, clock);
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(options.data_directory));
    BLASTY_ASSIGN_OR_RETURN(impl->directory_lock, fs.Lock(options.data_directory));
    BLASTY_RETURN_IF_ERROR(CheckRestored(fs, options.data_directory));
    BLASTY_ASSIGN_OR_RETURN(impl->server_id, ServerId(fs, options.data_directory));
    impl->started_us = clock.NowMicros();
    const Status opened = impl->OpenViews(executor);
    if (!opened.ok()) {
        impl->Close();
        return opened;
    }
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

topics::Topics& Engine::topics() { return *impl_->topics; }
tables::Tables& Engine::tables() { return *impl_->tables; }
live::Live& Engine::live() { return *impl_->live; }
search::Searches& Engine::search() {
    BLASTY_CHECK(impl_->search != nullptr);
    return *impl_->search;
}

search::LiveSearches* Engine::live_searches() { return impl_->live_searches.get(); }

Result<BackupInfo> Engine::Backup(const BackupSink& sink) {
    if (impl_->backup_running.exchange(true)) {
        return MakeError(StatusCode::kResourceExhausted, "BACKUP_RUNNING",
                         "another backup is running; one at a time, try again when it is done");
    }
    // What the copy of tables.db will miss stays in the log until the archive has it.
    impl_->hold.Hold();
    auto result = internal::WriteBackup(
        {impl_->fs, impl_->Directory(), *impl_->topics, *impl_->tables, impl_->clock}, sink);
    impl_->hold.Release();
    impl_->backup_running = false;
    return result;
}

Status Engine::health() {
    Impl& impl = *impl_;
    // What is known to be wrong needs no probe.
    BLASTY_RETURN_IF_ERROR(impl.Known());
    const int64_t now = impl.clock.MonotonicMicros();
    {
        MutexLock lock(impl.health_mutex);
        const bool fresh = impl.probed && now - impl.probed_at_us < impl.options.health_probe_us;
        // One probe at a time: while it hangs on a slow disk the others answer what was known.
        if (fresh || (impl.probing && impl.probed)) return impl.probe_result;
        impl.probing = true;
    }
    const Status result = impl.Probe();
    MutexLock lock(impl.health_mutex);
    impl.probing = false;
    impl.probed = true;
    impl.probed_at_us = now;
    impl.probe_result = result;
    return result;
}

EngineInfo Engine::info() {
    EngineInfo info;
    info.server_id = impl_->server_id;
    info.data_directory = impl_->options.data_directory;
    info.started_us = impl_->started_us;
    info.unsafe = impl_->options.topics.log.unsafe_no_sync;
    info.free_bytes = impl_->fs.FreeBytes(impl_->options.data_directory).value_or(0);
    info.topics = impl_->topics->stats();
    info.tables = impl_->tables->stats();
    info.tables_history_from = impl_->tables->history_from();
    info.live = impl_->live->stats();
    if (impl_->live_searches != nullptr) info.live_searches = impl_->live_searches->stats();
    return info;
}

void Engine::Close() { impl_->Close(); }

}  // namespace blasty::engine
