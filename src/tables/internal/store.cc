#include "tables/internal/store.h"

#include <utility>

#include "base/strings.h"
#include "tables/internal/meta.h"
#include "tables/internal/schema_loader.h"

namespace blasty::tables::internal {
namespace {

constexpr int64_t kWriterCacheBytes = 64 << 20;
constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kWalHeaderBytes = 32;
constexpr uint64_t kWalFrameHeaderBytes = 24;

}  // namespace

Store::Store(const TablesOptions& options)
    : heap_(static_cast<int64_t>(options.statement_memory_max)) {}

int Store::WalHook(void* self, sqlite3*, const char*, int pages) {
    static_cast<Store*>(self)->set_wal_bytes(
        kWalHeaderBytes + static_cast<uint64_t>(pages) * (kPageBytes + kWalFrameHeaderBytes));
    return SQLITE_OK;
}

Result<std::unique_ptr<Store>> Store::Open(Vfs& vfs, const std::string& path, bool may_create,
                                           const TablesOptions& options) {
    std::unique_ptr<Store> store(new Store(options));
    HandleOptions handle_options;
    handle_options.path = path;
    handle_options.writable = true;
    handle_options.heap = &store->heap_;
    handle_options.page_cache_bytes = kWriterCacheBytes;
    handle_options.search = options.search;
    BLASTY_ASSIGN_OR_RETURN(store->handle_, Handle::Open(vfs, handle_options));
    store->capture_ = std::make_unique<Capture>(
        *store->handle_, Capture::Limits{options.write_rows_max, options.write_bytes_max});
    store->rows_ = std::make_unique<AllRowStatements>(*store->handle_);
    sqlite3_wal_hook(store->handle_->db(), &Store::WalHook, store.get());
    BLASTY_RETURN_IF_ERROR(store->Prepare(may_create));
    store->set_wal_bytes(vfs.SizeOf(path + "-wal"));
    return store;
}

Status Store::Prepare(bool may_create) {
    bool exists = false;
    {
        BLASTY_ASSIGN_OR_RETURN(Statement look,
                                Statement::Prepare(*handle_, kMetaExists, Access::kInternal));
        BLASTY_ASSIGN_OR_RETURN(exists, look.Step());
    }
    if (!exists && !may_create)
        return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED",
                         "tables.db is missing or empty, and the log no longer holds everything "
                         "that was in it; restore it from a backup (to give the tables up, remove "
                         "tables.history as well)");
    if (!exists) {
        BLASTY_RETURN_IF_ERROR(
            handle_->Execute(StrCat("BEGIN IMMEDIATE;", kCreateMeta, "COMMIT").c_str()));
    }
    BLASTY_ASSIGN_OR_RETURN(Statement state,
                            Statement::Prepare(*handle_, kReadState, Access::kInternal));
    BLASTY_ASSIGN_OR_RETURN(const bool found, state.Step());
    if (!found || state.Integer(0) != kMetaFormat)
        return MakeError(
            StatusCode::kDataLoss, "TABLES_DAMAGED",
            found ? StrCat("tables.db has format ", state.Integer(0), ", this program knows ",
                           kMetaFormat, "; use the program that wrote it")
                  : "tables.db has lost its state; restore it from a backup");
    applied_ = Sequence(static_cast<uint64_t>(state.Integer(1)));
    state.Reset();
    BLASTY_ASSIGN_OR_RETURN(SchemaPtr schema, LoadSchema(*handle_));
    SetSchema(std::move(schema));
    return OkStatus();
}

SchemaPtr Store::schema() const {
    MutexLock lock(mutex_);
    return schema_;
}

void Store::SetSchema(SchemaPtr schema) {
    if (schema->changed_at.value() > 0) ever_used_.store(true, std::memory_order_relaxed);
    capture_->SetSchema(schema);
    rows_->SetSchema(schema);
    handle_->cache().Clear();
    MutexLock lock(mutex_);
    schema_ = std::move(schema);
}

Status Store::SetApplied(Sequence sequence) {
    BLASTY_ASSIGN_OR_RETURN(Statement set, handle_->Cached(kSetApplied, Access::kInternal));
    BLASTY_RETURN_IF_ERROR(
        set.Bind(1, ValueView{ValueType::kInteger, static_cast<int64_t>(sequence.value()), 0, {}}));
    BLASTY_RETURN_IF_ERROR(set.Run());
    applied_ = sequence;
    return OkStatus();
}

void Store::Rollback() {
    if (sqlite3_get_autocommit(handle_->db()) != 0) return;
    handle_->guard().Disarm();
    // Fails only when there is no transaction any more.
    (void)handle_->Execute("ROLLBACK");
}

}  // namespace blasty::tables::internal
