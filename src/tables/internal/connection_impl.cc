#include "tables/internal/connection_impl.h"

#include <utility>

#include "base/strings.h"
#include "tables/internal/meta.h"
#include "tables/internal/schema_loader.h"

namespace blasty::tables::internal {
namespace {

class ConnectionImpl : public Connection {
  public:
    explicit ConnectionImpl(std::unique_ptr<Handle> handle)
        : handle_(std::move(handle)), snapshots_(*handle_) {}

    sqlite3* handle() override { return handle_->db(); }

    Result<Snapshot> BeginSnapshot() override {
        BLASTY_ASSIGN_OR_RETURN(const Sequence sequence, snapshots_.Begin());
        auto schema = snapshots_.LoadedSchema();
        if (!schema.ok()) {
            snapshots_.End();
            return schema.status();
        }
        return Snapshot{sequence, *std::move(schema)};
    }

    void EndSnapshot() override { snapshots_.End(); }

  private:
    const std::unique_ptr<Handle> handle_;
    Snapshots snapshots_;
};

}  // namespace

Result<Sequence> Snapshots::Begin() {
    End();
    if (!begin_) {
        BLASTY_ASSIGN_OR_RETURN(Statement begin,
                                Statement::Prepare(handle_, "BEGIN", Access::kInternal));
        BLASTY_ASSIGN_OR_RETURN(Statement end,
                                Statement::Prepare(handle_, "ROLLBACK", Access::kInternal));
        BLASTY_ASSIGN_OR_RETURN(Statement position,
                                Statement::Prepare(handle_, kReadPosition, Access::kInternal));
        begin_ = std::move(begin);
        end_ = std::move(end);
        position_ = std::move(position);
    }
    BLASTY_RETURN_IF_ERROR(begin_->Run());
    open_ = true;
    const Result<Sequence> sequence = ReadPosition();
    if (!sequence.ok()) End();
    return sequence;
}

Result<Sequence> Snapshots::ReadPosition() {
    BLASTY_ASSIGN_OR_RETURN(const bool found, position_->Step());
    if (!found)
        return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED",
                         "tables.db does not tell its position; set it aside and restart");
    const Sequence applied(static_cast<uint64_t>(position_->Integer(0)));
    const Sequence schema_at(static_cast<uint64_t>(position_->Integer(1)));
    position_->Reset();
    if (schema_at_ != schema_at) {
        // Prepared for another schema they would tell its columns until they are executed.
        handle_.cache().Clear();
        schema_.reset();
        schema_at_ = schema_at;
    }
    return applied;
}

void Snapshots::End() {
    if (!open_) return;
    open_ = false;
    // SQLite may have ended the transaction itself, after an error.
    if (sqlite3_get_autocommit(handle_.db()) == 0) static_cast<void>(end_->Run());
}

Result<SchemaPtr> Snapshots::LoadedSchema() {
    if (schema_ == nullptr) {
        BLASTY_RETURN_IF_ERROR(handle_.guard().Begin(Access::kInternal, ""));
        BLASTY_ASSIGN_OR_RETURN(schema_, LoadSchema(handle_));
    }
    return schema_;
}

Result<std::unique_ptr<Connection>> OpenConnectionOf(Vfs& vfs, const HandleOptions& options) {
    BLASTY_ASSIGN_OR_RETURN(auto handle, Handle::Open(vfs, options));
    return std::make_unique<ConnectionImpl>(std::move(handle));
}

}  // namespace blasty::tables::internal
