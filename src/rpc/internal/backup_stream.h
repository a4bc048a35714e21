// Sql.Backup: the archive of engine/backup.h as it is written.
#pragma once

#include "rpc/internal/part_stream.h"
#include "rpc/internal/sql_parts.h"

namespace blasty::rpc {

class BackupStream final : public PartStream {
  public:
    BackupStream(grpc::CallbackServerContext& context, SqlParts& parts);

  private:
    void OnBegin() override { Start(); }
    // Holds a thread of the pool until the archive is sent: one backup runs at a time.
    Result<Step> Produce() override;

    SqlParts& parts_;
};

}  // namespace blasty::rpc
