#include "rpc/internal/backup_stream.h"

#include <string>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/sql_wire.h"

namespace blasty::rpc {
namespace {

PartStream::Options StreamOptions(int64_t idle_us) {
    return {kQueryAheadBytes, idle_us,
            MakeError(StatusCode::kDeadlineExceeded, "BACKUP_STALLED",
                      StrCat("nothing of the backup was taken for ", idle_us / 1'000'000,
                             " seconds; start it again"))};
}

}  // namespace

BackupStream::BackupStream(grpc::CallbackServerContext& context, SqlParts& parts)
    : PartStream(context, parts.streams, parts.bulk, StreamOptions(parts.client_idle_us)),
      parts_(parts) {}

Result<PartStream::Step> BackupStream::Produce() {
    uint64_t total_told = 0;
    const auto sink = [&](std::string_view bytes, uint64_t total) -> Status {
        while (!bytes.empty()) {
            BLASTY_RETURN_IF_ERROR(WaitForRoom());
            std::string part;
            PutSizedField(part, 1, bytes.substr(0, kBackupPartBytes));
            if (total_told == 0) PutVarintField(part, 2, total_told = total);
            Put(std::move(part));
            bytes.remove_prefix(std::min(bytes.size(), kBackupPartBytes));
        }
        return OkStatus();
    };
    BLASTY_ASSIGN_OR_RETURN(const engine::BackupInfo info, parts_.engine.Backup(sink));
    std::string last;
    PutVarintField(last, 3, info.sequence.value());
    Put(std::move(last));
    return Step::kDone;
}

}  // namespace blasty::rpc
