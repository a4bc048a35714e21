#include "tables/internal/writer.h"

#include <utility>

#include "base/strings.h"

namespace blasty::tables::internal {
namespace {

size_t BytesOf(const Row& row) {
    size_t bytes = 0;
    for (const Value& value : row) bytes += sizeof(Value) + ViewOf(value).bytes.size();
    return bytes;
}

size_t BytesOf(const WriteRequest& request) {
    size_t bytes = sizeof(Job) + request.id.size();
    for (const auto& statement : request.statements) {
        bytes += sizeof(statement) + statement.sql.size() + BytesOf(statement.parameters);
        for (const auto& [name, value] : statement.named)
            bytes += name.size() + sizeof(Value) + ViewOf(value).bytes.size();
    }
    if (request.list != nullptr) bytes += request.list->bytes();
    for (const RowCondition& condition : request.conditions)
        bytes += sizeof(condition) + condition.table.size() + BytesOf(condition.key);
    return bytes;
}

}  // namespace

Writer::Writer(Committer& committer, const TablesOptions& options, const Clock& clock,
               std::function<void()> after_group)
    : committer_(committer),
      options_(options),
      clock_(clock),
      after_group_(std::move(after_group)) {
    if (!options_.manual) thread_ = std::thread([this] { Run(); });
}

Writer::~Writer() { Close(); }

Status Writer::Admit(const Job& job) {
    if (closed_)
        return MakeError(StatusCode::kUnavailable, "TABLES_STOPPED", "the tables are closed");
    if (job.request.id.size() > kRequestIdBytesMax)
        return MakeError(StatusCode::kInvalidArgument, "INVALID_PARAMETERS",
                         StrCat("a request id of ", job.request.id.size(),
                                " bytes is above the limit of ", kRequestIdBytesMax));
    if (waiting_.load() >= options_.queue_requests_max ||
        waiting_bytes_.load() >= options_.queue_bytes_max) {
        return MakeError(
            StatusCode::kResourceExhausted, "OVERLOADED",
            StrCat("more than ", options_.queue_requests_max, " requests or ",
                   options_.queue_bytes_max, " bytes wait to be written; try again later"));
    }
    return OkStatus();
}

void Writer::Execute(WriteRequest request, WriteDone done,
                     std::shared_ptr<std::atomic<bool>> cancelled) {
    Job job;
    job.bytes = BytesOf(request);
    job.request = std::move(request);
    job.cancelled = std::move(cancelled);
    job.queued_us = clock_.MonotonicMicros();
    Status refused;
    {
        MutexLock lock(mutex_);
        refused = Admit(job);
        if (refused.ok()) {
            waiting_.fetch_add(1);
            waiting_bytes_.fetch_add(job.bytes);
            job.done = std::move(done);
            queue_.push_back(std::move(job));
            if (sleeping_) {
                sleeping_ = false;
                queued_.Signal();
            }
            return;
        }
    }
    done(refused);
}

bool Writer::Post(std::function<void()> task) {
    MutexLock lock(mutex_);
    if (closed_) return false;
    tasks_.push_back(std::move(task));
    if (sleeping_) {
        sleeping_ = false;
        queued_.Signal();
    }
    return true;
}

bool Writer::Take(bool wait) {
    MutexLock lock(mutex_);
    while (wait && queue_.empty() && tasks_.empty() && !closed_) {
        sleeping_ = true;
        queued_.Wait(mutex_);
    }
    sleeping_ = false;
    taken_tasks_.swap(tasks_);
    if (jobs_.empty()) {
        jobs_.swap(queue_);
    } else {
        for (Job& job : queue_) jobs_.push_back(std::move(job));
        queue_.clear();
    }
    return !jobs_.empty() || !taken_tasks_.empty();
}

void Writer::Work() {
    for (const auto& task : taken_tasks_) task();
    taken_tasks_.clear();
    if (jobs_.empty()) return;
    size_t bytes = 0;
    for (const Job& job : jobs_) bytes += job.bytes;
    const size_t before = jobs_.size();
    committer_.CommitGroup(jobs_);
    for (const Job& job : jobs_) bytes -= job.bytes;
    waiting_.fetch_sub(before - jobs_.size());
    waiting_bytes_.fetch_sub(bytes);
    after_group_();
}

void Writer::Run() {
    while (Take(jobs_.empty())) Work();
}

void Writer::RunQueued() {
    while (Take(false)) Work();
}

void Writer::Close() {
    {
        MutexLock lock(mutex_);
        closed_ = true;
        queued_.Signal();
    }
    if (thread_.joinable())
        thread_.join();
    else if (options_.manual)
        RunQueued();
}

}  // namespace blasty::tables::internal
