#include "tables/internal/request_ids.h"

#include <utility>
#include <vector>

#include "tables/internal/meta.h"
#include "tables/internal/record_codec.h"

namespace blasty::tables::internal {
namespace {

constexpr int64_t kTrimEveryUs = 1'000'000;

ValueView IntegerView(int64_t value) { return {ValueType::kInteger, value, 0, {}}; }
ValueView BlobView(std::string_view bytes) { return {ValueType::kBlob, 0, 0, bytes}; }

}  // namespace

std::string OutcomeOf(const WriteResult& result) {
    std::vector<StatementOutcome> outcome;
    outcome.reserve(result.results.size());
    for (const StatementResult& one : result.results)
        outcome.push_back({one.changes, one.last_insert_id});
    return EncodeOutcome(outcome);
}

WriteResult ResultOf(std::string_view outcome, Sequence sequence) {
    WriteResult result;
    result.sequence = sequence;
    result.duplicate = true;
    const auto decoded = DecodeOutcome(outcome);
    if (!decoded.ok()) return result;
    for (const StatementOutcome& one : *decoded) {
        StatementResult& statement = result.results.emplace_back();
        statement.changes = one.changes;
        statement.last_insert_id = one.last_insert_id;
    }
    return result;
}

Result<std::optional<WriteResult>> RequestIds::Find(std::string_view id, int64_t now_us) {
    BLASTY_ASSIGN_OR_RETURN(Statement find,
                            store_.handle().Cached(kFindRequest, Access::kInternal));
    BLASTY_RETURN_IF_ERROR(find.Bind(1, BlobView(id)));
    BLASTY_RETURN_IF_ERROR(find.Bind(2, IntegerView(now_us - options_.request_window_us)));
    BLASTY_ASSIGN_OR_RETURN(const bool found, find.Step());
    if (!found) return std::optional<WriteResult>();
    return std::optional<WriteResult>(
        ResultOf(find.Column(1).bytes, Sequence(static_cast<uint64_t>(find.Integer(0)))));
}

Status RequestIds::Put(std::string_view id, std::string_view outcome, Sequence sequence,
                       int64_t now_us) {
    BLASTY_ASSIGN_OR_RETURN(Statement put, store_.handle().Cached(kPutRequest, Access::kInternal));
    BLASTY_RETURN_IF_ERROR(put.Bind(1, BlobView(id)));
    BLASTY_RETURN_IF_ERROR(put.Bind(2, IntegerView(static_cast<int64_t>(sequence.value()))));
    BLASTY_RETURN_IF_ERROR(put.Bind(3, IntegerView(now_us)));
    BLASTY_RETURN_IF_ERROR(put.Bind(4, BlobView(outcome)));
    if (count_ >= 0) ++count_;
    return put.Run();
}

Status RequestIds::Count() {
    BLASTY_ASSIGN_OR_RETURN(Statement count,
                            store_.handle().Cached(kCountRequests, Access::kInternal));
    BLASTY_ASSIGN_OR_RETURN(const bool found, count.Step());
    count_ = found ? count.Integer(0) : 0;
    return OkStatus();
}

Status RequestIds::Trim(int64_t now_us) {
    if (count_ < 0) BLASTY_RETURN_IF_ERROR(Count());
    const auto max = static_cast<int64_t>(options_.request_ids_max);
    if (count_ > 0 && now_us - trimmed_at_us_ >= kTrimEveryUs) {
        trimmed_at_us_ = now_us;
        BLASTY_ASSIGN_OR_RETURN(Statement forget,
                                store_.handle().Cached(kForgetRequests, Access::kInternal));
        BLASTY_RETURN_IF_ERROR(forget.Bind(1, IntegerView(now_us - options_.request_window_us)));
        BLASTY_RETURN_IF_ERROR(forget.Run());
        count_ -= sqlite3_changes64(store_.handle().db());
    }
    if (count_ <= max) return OkStatus();
    BLASTY_RETURN_IF_ERROR(Count());  // an id put again was counted twice
    if (count_ <= max) return OkStatus();
    BLASTY_ASSIGN_OR_RETURN(Statement forget,
                            store_.handle().Cached(kForgetOldest, Access::kInternal));
    BLASTY_RETURN_IF_ERROR(forget.Bind(1, IntegerView(count_ - max + max / 64)));
    BLASTY_RETURN_IF_ERROR(forget.Run());
    count_ -= sqlite3_changes64(store_.handle().db());
    return OkStatus();
}

}  // namespace blasty::tables::internal
