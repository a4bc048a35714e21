// SQL: statements and their rows, transactions, history, schema, backup. Requests and answers are
// those of api/blasty/v1/sql.proto (values.h helps to make them).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "client/client.h"
#include "client/values.h"

namespace blasty::client {

// Thread-safe. The calls that return something block; any number may run at once. Errors: those of
// api/blasty/v1/sql.proto, SERVER_UNREACHABLE, DEADLINE_EXCEEDED, and CANCELLED after Cancel.
//
// A write whose connection is lost before the answer may have happened or not: SERVER_UNREACHABLE.
// With an `id` it is sent again until ClientOptions::call_timeout_us is over, and happens once.
class Sql {
  public:
    explicit Sql(Client& client);
    // Cancels what runs and waits for it. Not from a callback.
    ~Sql();
    Sql(const Sql&) = delete;
    Sql& operator=(const Sql&) = delete;

    // Any statement, any number of rows. `on_batch` gets each response as it comes (the columns in
    // the first, which may have no rows), on the caller's thread; what it does not take is not
    // read. False stops the statement: CANCELLED. Has no time limit but the statement's own.
    Result<v1::QuerySummary> Query(const v1::QueryRequest& request,
                                   const std::function<bool(v1::QueryResponse&)>& on_batch);
    // One message: at most 1,000 rows and 1 MiB, else RESULT_TOO_LARGE.
    Result<v1::ExecuteResponse> Execute(const v1::QueryRequest& request);
    Result<v1::ExecuteResponse> Execute(const v1::Statement& statement);
    Result<v1::TransactionResponse> Transaction(const v1::TransactionRequest& request);

    // The same without waiting, for many in flight. `done` runs exactly once, on an internal
    // thread: short, not blocking. Not sent again.
    using ExecuteDone = std::function<void(Result<v1::ExecuteResponse>)>;
    using TransactionDone = std::function<void(Result<v1::TransactionResponse>)>;
    void Execute(const v1::QueryRequest& request, ExecuteDone done);
    void Transaction(const v1::TransactionRequest& request, TransactionDone done);

    // History of a table, oldest first; with `follow` it goes on until `on_batch` returns false
    // (then ok) or Cancel. With `follow` it connects again after a lost connection and goes on
    // after the last response. `on_connection` is told when the connection is lost (why) and when
    // it works again (ok).
    Status Changes(const v1::ChangesRequest& request,
                   const std::function<bool(v1::ChangesResponse&)>& on_batch,
                   const std::function<void(const Status&)>& on_connection = nullptr);

    Result<v1::GetSchemaResponse> GetSchema();

    // Streams one archive (docs/backup.md). `sink` gets its bytes in order and an estimate of their
    // whole (for progress); its error stops the backup and is returned. Returns the sequence the
    // archive stands at.
    Result<uint64_t> Backup(
        const std::function<Status(std::string_view bytes, uint64_t total_bytes)>& sink);

    // Ends every call, now and later, with CANCELLED. From any thread, not from a signal handler.
    void Cancel();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace blasty::client
