// Sql.Changes: the history of one table, read from the log.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blasty/v1/sql.pb.h"
#include "log/log.h"
#include "rpc/internal/part_stream.h"
#include "rpc/internal/sql_parts.h"
#include "tables/commit.h"
#include "tables/past_shapes.h"

namespace blasty::rpc {

class ChangesStream final : public PartStream {
  public:
    ChangesStream(grpc::CallbackServerContext& context, SqlParts& parts,
                  const v1::ChangesRequest& request);
    ~ChangesStream() override;

  private:
    // A cursor with one frame of look-ahead.
    struct Source {
        std::unique_ptr<log::Cursor> cursor;
        log::FramePtr next;
    };

    void OnBegin() override;
    Result<Step> Produce() override;
    void Release() override;

    Status Open();
    // The next frame up to `limit` that may hold something of the table; null: none.
    Result<log::FramePtr> NextFrame(Sequence limit);
    void SkipRemoved();
    Status Take(const tables::Commit& commit);
    Status AddChange(const tables::Commit& commit, const tables::RowChange& change);
    void AddSchemaChange(const tables::Commit& commit, const std::string& sql);
    bool Concerns(std::string_view sql) const;
    std::string ColumnsAfter(Sequence sequence, uint32_t field) const;
    bool LimitReached() const { return request_.limit() != 0 && told_ >= request_.limit(); }
    // Everything up to `looked_at_` goes out.
    void Flush();

    SqlParts& parts_;
    const v1::ChangesRequest request_;
    // Of the step that runs.
    bool opened_ = false;
    bool at_end_ = false;
    tables::TableId table_;
    Source rows_, schema_;
    std::vector<tables::PastShape> shapes_;  // known when the present one is not enough
    Sequence looked_at_;
    uint64_t told_ = 0;
    std::string part_;
    bool first_part_ = true;
    bool admitted_ = false;
};

}  // namespace blasty::rpc
