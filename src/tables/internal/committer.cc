#include "tables/internal/committer.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "tables/internal/ddl.h"
#include "tables/internal/record_codec.h"
#include "tables/internal/statement_views.h"

namespace blasty::tables::internal {
namespace {

// A group is committed when it has so many requests or bytes for the log, or ran so long.
constexpr size_t kGroupJobs = 4096;
constexpr size_t kGroupBytes = 8 << 20;
constexpr int64_t kGroupUs = 20'000;

}  // namespace

Committer::Committer(Store& store, log::Log& log, Visibility& visibility,
                     const TablesOptions& options, const Clock& clock)
    : store_(store),
      log_(log),
      visibility_(visibility),
      options_(options),
      clock_(clock),
      runner_(store, options, clock),
      ids_(store, options),
      told_(visibility.applied()) {}

void Committer::CommitGroup(std::deque<Job>& jobs) {
    commit_bytes_ = 0;
    if (is_stopped_.load(std::memory_order_relaxed)) {
        entries_.assign(jobs.size(), Entry());
        return Answer(jobs, jobs.size(), health());
    }
    time_us_ = clock_.NowMicros();
    store_.capture().SetMode(Capture::Mode::kRows);
    const size_t count = RunGroup(jobs);
    if (count == 0) return CommitSchema(jobs);
    const Result<Sequence> sealed = Seal();
    Answer(jobs, count, sealed);
}

size_t Committer::RunGroup(const std::deque<Job>& jobs) {
    size_t end = std::min(jobs.size(), kGroupJobs);
    entries_.assign(end, Entry());
    const int64_t started_us = clock_.MonotonicMicros();
    // Each round after the first is without one more job, which undid the transaction.
    for (bool again = true; again;) {
        again = false;
        batch_ = log::Batch();
        new_ids_.clear();
        ids_of_group_.clear();
        if (const Status begun = store_.handle().Execute("BEGIN IMMEDIATE"); !begun.ok()) {
            for (size_t i = 0; i < end; ++i) {
                if (!entries_[i].final) entries_[i].answer = begun;
            }
            return end;
        }
        for (size_t i = 0; i < end && !again; ++i) {
            if (entries_[i].final) continue;
            if (!RunJob(jobs, i, &end, &again)) break;
            if (batch_.size_bytes() > kGroupBytes ||
                ((i & 15) == 15 && clock_.MonotonicMicros() - started_us > kGroupUs))
                end = std::min(end, i + 1);
        }
    }
    return end;
}

bool Committer::RunJob(const std::deque<Job>& jobs, size_t at, size_t* end, bool* again) {
    Entry& entry = entries_[at];
    entry = Entry();
    if (AnswerDuplicate(jobs, at)) return true;
    Ran ran = runner_.Run(jobs[at]);
    switch (ran.how) {
        case Ran::How::kDone:
            Keep(jobs[at], at, std::move(ran));
            return true;
        case Ran::How::kFailed:
            entry.answer = std::move(ran.status);
            return true;
        case Ran::How::kSchema:
            *end = at;
            return false;
        case Ran::How::kLost:
            // Those before it run again, without it; those after it later, so that nobody runs
            // again more than once for each.
            entry.answer = std::move(ran.status);
            entry.final = true;
            *end = at + 1;
            *again = true;
            return false;
    }
    return true;
}

bool Committer::AnswerDuplicate(const std::deque<Job>& jobs, size_t at) {
    const std::string& id = jobs[at].request.id;
    if (id.empty()) return false;
    Entry& entry = entries_[at];
    if (const auto first = ids_of_group_.find(id); first != ids_of_group_.end()) {
        entry.duplicate_of = static_cast<int>(first->second);
        return true;
    }
    auto found = ids_.Find(id, time_us_);
    if (!found.ok()) {
        entry.answer = found.status();
        return true;
    }
    if (!found->has_value()) return false;
    entry.answer = **std::move(found);
    return true;
}

void Committer::Keep(const Job& job, size_t at, Ran ran) {
    store_.capture().MoveTo(&batch_, time_us_);
    if (!job.request.id.empty()) {
        std::string payload;
        std::string outcome = OutcomeOf(ran.result);
        batch_.Add(RequestRecord(job.request.id, outcome, time_us_, &payload));
        new_ids_.push_back({job.request.id, std::move(outcome)});
        ids_of_group_[job.request.id] = at;
    }
    entries_[at].answer = std::move(ran.result);
    entries_[at].waits = true;
}

Result<Sequence> Committer::Seal() {
    if (batch_.empty()) {
        store_.Rollback();
        return visibility_.UpTo();
    }
    const uint64_t count = batch_.count();
    const Result<Sequence> committed = Commit([this, count](Sequence first) -> Status {
        for (const NewId& id : new_ids_) {
            BLASTY_RETURN_IF_ERROR(
                ids_.Put(id.id, id.outcome, Sequence(first.value() + count - 1), time_us_));
        }
        return ids_.Trim(time_us_);
    });
    if (committed.ok()) counts_.rows_changed += count - new_ids_.size();
    return committed;
}

Result<Sequence> Committer::Commit(const std::function<Status(Sequence first)>& before_commit) {
    const uint64_t count = batch_.count();
    commit_bytes_ = batch_.size_bytes();
    visibility_.Begin();
    const Result<Sequence> first = log_.AppendAndWait(std::move(batch_));
    batch_ = log::Batch();
    if (!first.ok()) {
        store_.Rollback();
        visibility_.Withdraw();
        return first.status();
    }
    const Sequence last(first->value() + count - 1);
    if (const Status done = FinishCommit(*first, last, before_commit); !done.ok()) {
        store_.Rollback();
        Stop(done);
        return health();
    }
    counts_.commits += 1;
    visibility_.Show(last);
    return last;
}

Status Committer::FinishCommit(Sequence first, Sequence last,
                               const std::function<Status(Sequence first)>& before_commit) {
    BLASTY_RETURN_IF_ERROR(store_.SetApplied(last));
    BLASTY_RETURN_IF_ERROR(before_commit(first));
    return store_.handle().Execute("COMMIT");
}

void Committer::CommitSchema(std::deque<Job>& jobs) {
    store_.Rollback();
    entries_.assign(1, Entry());
    WriteResult result;
    const Result<Sequence> sealed = SealSchema(jobs.front(), &result);
    if (sealed.ok()) {
        entries_[0].answer = std::move(result);
        entries_[0].waits = true;
    } else {
        store_.Rollback();
    }
    store_.handle().guard().Disarm();
    Answer(jobs, 1, sealed);
}

Result<Sequence> Committer::SealSchema(const Job& job, WriteResult* result) {
    Handle& handle = store_.handle();
    // Prepared statements of the old schema would only be prepared again.
    handle.cache().Clear();
    BLASTY_RETURN_IF_ERROR(handle.Execute("BEGIN IMMEDIATE"));
    store_.capture().Clear();
    store_.capture().SetMode(Capture::Mode::kTouched);
    if (!job.request.conditions.empty())
        return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED",
                         "a schema change takes no row conditions; send it without them");
    BLASTY_RETURN_IF_ERROR(runner_.Arm(job));
    SchemaEdit edit(handle, &store_.capture(), store_.schema());
    StatementViews statements(job.request);
    for (size_t i = 0; i < statements.size(); ++i) {
        const StatementView statement = statements.At(i);
        if (!statement.parameters.empty() || !statement.named.empty())
            return MakeError(StatusCode::kInvalidArgument, "INVALID_PARAMETERS",
                             "a schema statement takes no parameters");
        BLASTY_RETURN_IF_ERROR(edit.Execute(statement.sql, Access::kUser));
        result->results.emplace_back();
    }
    handle.guard().Disarm();
    new_ids_.clear();
    batch_ = log::Batch();
    std::string payload;
    if (!edit.empty()) batch_.Add(SchemaRecord(edit.Change(), time_us_, &payload));
    if (!job.request.id.empty()) {
        new_ids_.push_back({job.request.id, OutcomeOf(*result)});
        batch_.Add(RequestRecord(job.request.id, new_ids_[0].outcome, time_us_, &payload));
    }
    if (batch_.empty()) {
        store_.Rollback();
        return visibility_.UpTo();
    }
    const uint64_t count = batch_.count();
    SchemaPtr schema;
    const Result<Sequence> committed = Commit([&, count](Sequence first) -> Status {
        for (const NewId& id : new_ids_) {
            BLASTY_RETURN_IF_ERROR(
                ids_.Put(id.id, id.outcome, Sequence(first.value() + count - 1), time_us_));
        }
        if (edit.empty()) return OkStatus();
        BLASTY_ASSIGN_OR_RETURN(schema, edit.Finish(first));
        return OkStatus();
    });
    if (committed.ok() && schema) store_.SetSchema(std::move(schema));
    return committed;
}

void Committer::Answer(std::deque<Job>& jobs, size_t count, const Result<Sequence>& sealed) {
    for (size_t i = 0; i < count; ++i) {
        Entry& entry = entries_[i];
        if (entry.duplicate_of >= 0 && sealed.ok()) {
            entry.answer = ResultOf(
                new_ids_.empty()
                    ? ""
                    : OutcomeOf(**entries_[static_cast<size_t>(entry.duplicate_of)].answer),
                *sealed);
        }
    }
    counts_.requests += count;
    for (size_t i = 0; i < count; ++i) {
        Entry& entry = entries_[i];
        if (!sealed.ok() && (entry.waits || entry.duplicate_of >= 0 || !entry.answer)) {
            entry.answer = sealed.status();
        } else if (entry.waits) {
            (**entry.answer).sequence = *sealed;
        }
        if (!entry.answer->ok())
            counts_.failed += 1;
        else if ((**entry.answer).duplicate)
            counts_.duplicates += 1;
        const WriteDone done = std::move(jobs.front().done);
        jobs.pop_front();
        done(*std::move(entry.answer));
    }
    TellListeners();
}

void Committer::AddListener(Listener listener) {
    MutexLock lock(listeners_mutex_);
    auto more = std::make_shared<std::vector<Listener>>(*listeners_);
    more->push_back(std::move(listener));
    listeners_ = std::move(more);
}

void Committer::TellListeners() {
    const Sequence applied = visibility_.applied();
    if (applied == std::exchange(told_, applied)) return;
    std::shared_ptr<const std::vector<Listener>> listeners;
    {
        MutexLock lock(listeners_mutex_);
        listeners = listeners_;
    }
    for (const Listener& listener : *listeners) listener(applied);
}

Status Committer::NoteSeen(Sequence sequence) {
    if (is_stopped_.load(std::memory_order_relaxed)) return health();
    if (sequence <= store_.applied()) return OkStatus();
    BLASTY_RETURN_IF_ERROR(store_.handle().Execute("BEGIN IMMEDIATE"));
    Status status = store_.SetApplied(sequence);
    if (status.ok()) status = store_.handle().Execute("COMMIT");
    if (!status.ok()) store_.Rollback();
    return status;
}

void Committer::Stop(const Status& cause) {
    const Status stopped = MakeError(
        StatusCode::kUnavailable, "TABLES_STOPPED",
        StrCat("the log has the change but tables.db could not take it (", MessageOf(cause),
               "); it will be seen after a restart: remove the cause and restart"));
    {
        MutexLock lock(mutex_);
        stopped_ = stopped;
    }
    is_stopped_.store(true);
    visibility_.Stop(stopped);
}

Status Committer::health() const {
    MutexLock lock(mutex_);
    return stopped_;
}

}  // namespace blasty::tables::internal
