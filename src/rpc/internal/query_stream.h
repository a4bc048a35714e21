// Sql.Query: one statement, its rows in batches.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "blasty/v1/sql.pb.h"
#include "rpc/internal/part_stream.h"
#include "rpc/internal/sql_parts.h"

namespace blasty::rpc {

class QueryStream final : public PartStream {
  public:
    QueryStream(grpc::CallbackServerContext& context, SqlParts& parts,
                std::shared_ptr<const v1::QueryRequest> request);

  private:
    void OnBegin() override;
    Result<Step> Produce() override;
    void Interrupt() override;
    Status Admit(exec::Task step) override;
    void Release() override { CloseQuery(); }

    // `then` runs on the writer's thread when `written_` is set. An error: it never does.
    Status Write(std::function<void()> then);
    // Gives the connection and the place in the gate to others.
    void CloseQuery();
    Result<Step> Open();
    Result<Step> ReadOn();
    Status PutWritten(const Result<tables::WriteResult>& result);

    SqlParts& parts_;
    const std::shared_ptr<const v1::QueryRequest> request_;
    std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
    RunningQuery query_;
    std::atomic<bool> in_gate_{false};
    // Of the step that runs.
    bool opened_ = false;
    bool columns_told_ = false;
    uint64_t rows_told_ = 0;
    Result<tables::WriteResult> written_ = tables::WriteResult();  // before the step that tells it
    bool write_begun_ = false;
};

}  // namespace blasty::rpc
