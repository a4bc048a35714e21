// A read connection with its snapshot.
#pragma once

#include <memory>
#include <optional>

#include "tables/connection.h"
#include "tables/internal/handle.h"

namespace blasty::tables::internal {

// The snapshot of a handle: a read transaction and where it stands. One thread at a time.
class Snapshots {
  public:
    // `handle` must outlive it.
    explicit Snapshots(Handle& handle) : handle_(handle) {}
    ~Snapshots() { End(); }
    Snapshots(const Snapshots&) = delete;
    Snapshots& operator=(const Snapshots&) = delete;

    // Begins one, ends the one before; cheap. Returns the sequence it stands at. Statements
    // of another schema than this one leave the cache.
    Result<Sequence> Begin();
    void End();
    // Of the present snapshot; loaded once for each schema.
    Result<SchemaPtr> LoadedSchema();

  private:
    Result<Sequence> ReadPosition();

    Handle& handle_;
    std::optional<Statement> begin_, end_, position_;  // since the first Begin
    bool open_ = false;
    std::optional<Sequence> schema_at_;  // of the newest snapshot
    SchemaPtr schema_;                   // null: not loaded since the schema changed
};

Result<std::unique_ptr<Connection>> OpenConnectionOf(Vfs& vfs, const HandleOptions& options);

}  // namespace blasty::tables::internal
