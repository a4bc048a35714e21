#include "client/sql.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "blasty/v1/sql.grpc.pb.h"
#include "client/internal/core.h"
#include "client/internal/running_calls.h"

namespace blasty::client {

using internal::RunningCalls;

struct Sql::Impl {
    explicit Impl(std::shared_ptr<internal::Core> shared)
        : core(std::move(shared)), stub(v1::Sql::NewStub(core->channel)) {}

    void SetDeadline(grpc::ClientContext* context) const {
        context->set_deadline(std::chrono::system_clock::now() +
                              std::chrono::microseconds(core->options.call_timeout_us));
    }
    Status Map(const grpc::Status& status, const grpc::ClientContext& context) {
        if (status.error_code() == grpc::StatusCode::CANCELLED && running.cancelled()) {
            return RunningCalls::Cancelled();
        }
        return internal::FromGrpc(status, context, core->options.server);
    }

    template <typename Request, typename Response>
    Result<Response> Once(grpc::Status (v1::Sql::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*),
                          const Request& request) {
        core->ConnectNow(true);
        grpc::ClientContext context;
        SetDeadline(&context);
        if (!running.Add(&context)) return RunningCalls::Cancelled();
        Response response;
        const grpc::Status status = (stub.get()->*method)(&context, request, &response);
        running.Remove(&context);
        if (!status.ok()) return Map(status, context);
        return response;
    }

    // With an id a lost answer is asked for again.
    template <typename Request, typename Response>
    Result<Response> Call(grpc::Status (v1::Sql::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*),
                          const Request& request, bool repeatable) {
        const int64_t until = SystemClock().MonotonicMicros() + core->options.call_timeout_us;
        for (int attempt = 0;; ++attempt) {
            Result<Response> result = Once(method, request);
            if (result.ok() || !repeatable || !internal::IsConnectionLoss(result.status())) {
                return result;
            }
            const int64_t delay = internal::BackoffMicros(attempt);
            if (SystemClock().MonotonicMicros() + delay > until) return result;
            if (!running.Pause(delay)) return RunningCalls::Cancelled();
        }
    }

    // Reads a stream of answers. `take` false: enough, the rest is cancelled (then `*stopped`).
    template <typename Response, typename Reader, typename Take>
    Status ReadAll(grpc::ClientContext* context, Reader reader, const Take& take, bool* stopped) {
        Response response;
        while (reader->Read(&response)) {
            if (take(response)) continue;
            *stopped = true;
            context->TryCancel();
            while (reader->Read(&response)) {
            }
            break;
        }
        const grpc::Status status = reader->Finish();
        running.Remove(context);
        return status.ok() ? OkStatus() : Map(status, *context);
    }

    Status ReadChanges(const v1::ChangesRequest& request,
                       const std::function<bool(v1::ChangesResponse&)>& take, bool* stopped) {
        core->ConnectNow(true);
        grpc::ClientContext context;
        if (!running.Add(&context)) return RunningCalls::Cancelled();
        return ReadAll<v1::ChangesResponse>(&context, stub->Changes(&context, request), take,
                                            stopped);
    }

    // One asynchronous call; destroys itself.
    template <typename Request, typename Response>
    struct Pending {
        grpc::ClientContext context;
        Request request;
        Response response;
        std::function<void(Result<Response>)> done;
    };
    template <typename Request, typename Response, typename Start>
    void Begin(const Request& request, std::function<void(Result<Response>)> done, Start start) {
        auto call = std::make_unique<Pending<Request, Response>>();
        call->request = request;
        call->done = std::move(done);
        SetDeadline(&call->context);
        if (!running.Add(&call->context)) return call->done(RunningCalls::Cancelled());
        auto* raw = call.release();
        start(*raw, [this, raw](const grpc::Status& status) {
            std::unique_ptr<Pending<Request, Response>> owned(raw);
            // The caller's function goes before the call counts as ended: it may own anything.
            std::exchange(owned->done,
                          nullptr)(status.ok() ? Result<Response>(std::move(owned->response))
                                               : Result<Response>(Map(status, owned->context)));
            running.RemoveAndDestroy(&raw->context, std::move(owned));
        });
    }

    const std::shared_ptr<internal::Core> core;
    const std::unique_ptr<v1::Sql::Stub> stub;
    RunningCalls running;
};

Sql::Sql(Client& client) : impl_(std::make_shared<Impl>(client.core())) {}

Sql::~Sql() {
    Cancel();
    impl_->running.WaitForAll();
}

void Sql::Cancel() { impl_->running.CancelAll(); }

Result<v1::QuerySummary> Sql::Query(const v1::QueryRequest& request,
                                    const std::function<bool(v1::QueryResponse&)>& on_batch) {
    impl_->core->ConnectNow(true);
    grpc::ClientContext context;
    if (!impl_->running.Add(&context)) return RunningCalls::Cancelled();
    v1::QuerySummary summary;
    bool stopped = false;
    const Status status = impl_->ReadAll<v1::QueryResponse>(
        &context, impl_->stub->Query(&context, request),
        [&](v1::QueryResponse& response) {
            if (response.has_summary()) summary = response.summary();
            return on_batch(response);
        },
        &stopped);
    if (stopped) return RunningCalls::Cancelled();
    if (!status.ok()) return status;
    return summary;
}

Result<v1::ExecuteResponse> Sql::Execute(const v1::QueryRequest& request) {
    return impl_->Call(&v1::Sql::Stub::Execute, request, !request.id().empty());
}

Result<v1::ExecuteResponse> Sql::Execute(const v1::Statement& statement) {
    v1::QueryRequest request;
    *request.mutable_statement() = statement;
    return Execute(request);
}

Result<v1::TransactionResponse> Sql::Transaction(const v1::TransactionRequest& request) {
    return impl_->Call(&v1::Sql::Stub::Transaction, request, !request.id().empty());
}

void Sql::Execute(const v1::QueryRequest& request, ExecuteDone done) {
    impl_->Begin<v1::QueryRequest, v1::ExecuteResponse>(
        request, std::move(done), [this](auto& call, auto then) {
            impl_->stub->async()->Execute(&call.context, &call.request, &call.response,
                                          std::move(then));
        });
}

void Sql::Transaction(const v1::TransactionRequest& request, TransactionDone done) {
    impl_->Begin<v1::TransactionRequest, v1::TransactionResponse>(
        request, std::move(done), [this](auto& call, auto then) {
            impl_->stub->async()->Transaction(&call.context, &call.request, &call.response,
                                              std::move(then));
        });
}

Status Sql::Changes(const v1::ChangesRequest& request,
                    const std::function<bool(v1::ChangesResponse&)>& on_batch,
                    const std::function<void(const Status&)>& on_connection) {
    v1::ChangesRequest from = request;
    bool lost = false, worked = false, complete = false;
    const auto take = [&](v1::ChangesResponse& response) {
        worked = true;
        if (std::exchange(lost, false) && on_connection) on_connection(OkStatus());
        from.set_since(std::max(from.since(), response.sequence()));
        const auto taken = static_cast<uint64_t>(response.changes_size());
        complete = from.limit() != 0 && taken >= from.limit();
        if (from.limit() > taken) from.set_limit(from.limit() - taken);
        return on_batch(response);
    };
    for (int attempt = 0;; ++attempt) {
        bool stopped = false;
        const Status status = impl_->ReadChanges(from, take, &stopped);
        if (stopped || complete || status.ok()) return OkStatus();
        if (!request.follow() || !worked || !internal::IsConnectionLoss(status)) return status;
        if (!std::exchange(lost, true)) {
            attempt = 0;
            if (on_connection) on_connection(status);
        }
        if (!impl_->running.Pause(internal::BackoffMicros(attempt))) {
            return RunningCalls::Cancelled();
        }
    }
}

Result<v1::GetSchemaResponse> Sql::GetSchema() {
    return impl_->Call(&v1::Sql::Stub::GetSchema, v1::GetSchemaRequest(), false);
}

Result<uint64_t> Sql::Backup(
    const std::function<Status(std::string_view bytes, uint64_t total_bytes)>& sink) {
    impl_->core->ConnectNow(true);
    grpc::ClientContext context;
    if (!impl_->running.Add(&context)) return RunningCalls::Cancelled();
    uint64_t total = 0, sequence = 0, received = 0;
    Status refused;
    bool stopped = false;
    const Status status = impl_->ReadAll<v1::BackupResponse>(
        &context, impl_->stub->Backup(&context, v1::BackupRequest()),
        [&](v1::BackupResponse& response) {
            total = std::max(total, response.total_bytes());
            received += response.data().size();
            if (response.sequence() != 0) sequence = response.sequence();
            if (!response.data().empty())
                refused = sink(response.data(), std::max(total, received));
            return refused.ok();
        },
        &stopped);
    if (stopped) return refused;
    if (!status.ok()) return status;
    return sequence;
}

}  // namespace blasty::client
