#include "topics/internal/core.h"

#include <utility>
#include <variant>

#include "base/strings.h"
#include "topics/internal/scanner.h"
#include "topics/names.h"

namespace blasty::topics::internal {

bool TaskGate::Enter() {
    MutexLock lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
}

void TaskGate::Leave() {
    MutexLock lock(mutex_);
    if (--inside_ == 0) idle_.SignalAll();
}

void TaskGate::Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    while (inside_ > 0) idle_.Wait(mutex_);
}

Status TopicNotFound(std::string_view name) {
    return MakeError(
        StatusCode::kNotFound, "TOPIC_NOT_FOUND",
        StrCat("topic '", Printable(name), "' does not exist; `blasty topics ls` lists those ",
               "there are, `blasty topics create` makes one"));
}

void Core::Follow(const log::FramePtr& frame) {
    const Status applied = view.Apply(frame);
    if (applied.ok()) return;
    MutexLock lock(apply_mutex);
    if (apply_status.ok()) apply_status = applied;
}

Status Core::CheckFollowed() {
    MutexLock lock(apply_mutex);
    return apply_status;
}

Result<Sequence> Core::AppendAndWait(log::Batch batch) {
    struct Waiting {
        Mutex mutex;
        CondVar done;
        bool finished = false;
        Result<Sequence> result = Sequence(0);
    };
    batch.set_urgent();
    // Shared: the commit thread may still be leaving the mutex when this call returns.
    auto waiting = std::make_shared<Waiting>();
    log->Append(std::move(batch), [waiting](Result<Sequence> first) {
        MutexLock lock(waiting->mutex);
        waiting->result = std::move(first);
        waiting->finished = true;
        waiting->done.SignalAll();
    });
    if (options.log.manual_commit) log->CommitQueued();
    MutexLock lock(waiting->mutex);
    while (!waiting->finished) waiting->done.Wait(waiting->mutex);
    return waiting->result;
}

TopicConfig Core::WithDefaults(TopicConfig config) const {
    if (config.retention == Retention()) config.retention = options.default_retention;
    return config;
}

void Core::AddControl(const Control& control, log::Batch* batch) const {
    std::string payload;
    if (const auto* created = std::get_if<TopicCreated>(&control)) {
        TopicCreated complete = *created;
        complete.config = WithDefaults(complete.config);
        payload = EncodeControl(complete);
    } else {
        payload = EncodeControl(control);
    }
    log::RecordFields record;
    record.stream = kControlStream;
    record.kind = log::RecordKind::kControl;
    record.time_us = clock.NowMicros();
    record.payload = payload;
    batch->Add(record);
}

Result<Sequence> Core::AppendControl(const Control& control) {
    log::Batch batch;
    AddControl(control, &batch);
    return AppendAndWait(std::move(batch));
}

void Core::Post(std::function<void()> task) { PostAfter(0, std::move(task)); }

void Core::PostAfter(int64_t delay_us, std::function<void()> task) {
    auto guarded = [running = gate, task = std::move(task)] {
        if (!running->Enter()) return;
        task();
        running->Leave();
    };
    if (delay_us <= 0) {
        executor.Post(std::move(guarded));
    } else {
        executor.PostAfter(delay_us, std::move(guarded));
    }
}

Result<TopicPtr> Core::EnsureTopic(const std::string& name) {
    if (TopicPtr topic = view.FindTopic(name)) return topic;
    BLASTY_RETURN_IF_ERROR(CheckName("topic", name));
    if (!options.auto_create) return TopicNotFound(name);
    bool exists = false;
    TopicPtr topic = view.ReserveTopic(name, &exists);
    if (!topic) {
        return MakeError(StatusCode::kResourceExhausted, "LIMIT_REACHED",
                         StrCat("there are ", kTopicsMax, " topics; delete some first"));
    }
    if (exists) return topic;
    BLASTY_ASSIGN_OR_RETURN(Sequence at, AppendControl(TopicCreated{topic->id, name, TopicConfig(),
                                                                    clock.NowMicros()}));
    (void)at;
    return topic;
}

Result<Sequence> Core::ResolveStart(const Start& start, bool* at_newest) {
    *at_newest = false;
    switch (start.kind) {
        case Start::Kind::kOldest:
            return Sequence(0);
        case Start::Kind::kNewest:
            *at_newest = true;
            return view.applied();
        case Start::Kind::kSequence:
            return Sequence(start.sequence.value() == 0 ? 0 : start.sequence.value() - 1);
        case Start::Kind::kTime: {
            BLASTY_ASSIGN_OR_RETURN(const Sequence first, SequenceAtTime(*this, start.time_us));
            return Sequence(first.value() - 1);
        }
    }
    return Sequence(0);
}

}  // namespace blasty::topics::internal
