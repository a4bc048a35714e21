#include "topics/internal/publish.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "topics/internal/headers.h"
#include "topics/limits.h"
#include "topics/names.h"

namespace blasty::topics::internal {
namespace {

Status CheckMessage(std::string_view topic, const NewMessage& message, uint64_t bytes_max) {
    if (message.payload.size() > bytes_max) {
        return MakeError(StatusCode::kInvalidArgument, "MESSAGE_TOO_LARGE",
                         StrCat("a message for topic '", topic, "' has ", message.payload.size(),
                                " bytes; at most ", bytes_max));
    }
    if (message.key.size() > kKeyBytesMax) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_KEY",
                         StrCat("the key of a message for topic '", topic, "' has ",
                                message.key.size(), " bytes; at most ", kKeyBytesMax));
    }
    if (message.id.size() > kIdBytesMax) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_ID",
                         StrCat("the id of a message for topic '", topic, "' has ",
                                message.id.size(), " bytes; at most ", kIdBytesMax));
    }
    if (message.headers.empty()) return OkStatus();
    size_t bytes = 0;
    for (const HeaderView& header : message.headers) {
        bytes += header.name.size() + header.value.size();
    }
    if (message.headers.size() > kHeadersMax || bytes > kHeaderBytesMax) {
        return MakeError(
            StatusCode::kInvalidArgument, "TOO_MANY_HEADERS",
            StrCat("a message for topic '", topic, "' has ", message.headers.size(), " headers of ",
                   bytes, " bytes; at most ", kHeadersMax, " of ", kHeaderBytesMax));
    }
    return OkStatus();
}

// A publish some of whose messages have ids.
struct IdPublish {
    struct Id {
        std::string text;
        uint32_t record;  // index in the batch
    };
    std::shared_ptr<Core> core;
    StreamId topic;
    PublishDone done;
    std::vector<Published> results;
    std::vector<std::pair<size_t, uint32_t>> stored;  // message, index in the batch
    std::vector<Id> ids;
    std::shared_ptr<Flight> flight = std::make_shared<Flight>();

    Mutex mutex;
    int waiting ABSL_GUARDED_BY(mutex) = 1;  // for itself and for the flights it repeats
    Status status ABSL_GUARDED_BY(mutex);

    void Finish(const Status& part) {
        Status end;
        {
            MutexLock lock(mutex);
            if (status.ok()) status = part;
            if (--waiting > 0) return;
            end = status;
        }
        if (end.ok()) {
            done(std::span<const Published>(results));
        } else {
            done(end);
        }
    }
};

class Publisher {
  public:
    Publisher(const std::shared_ptr<Core>& core, std::string_view topic,
              std::span<const NewMessage> messages, By by)
        : core_(core), name_(topic), messages_(messages), by_(by) {}

    Status Prepare();
    void Plain(PublishDone done);
    void WithIds(PublishDone done);
    bool has_ids() const { return has_ids_; }

  private:
    void Add(const NewMessage& message);

    const std::shared_ptr<Core>& core_;
    const std::string_view name_;
    const std::span<const NewMessage> messages_;
    const By by_;
    View::PublishTarget target_;
    log::Batch batch_;
    int64_t now_us_ = 0;
    size_t bytes_ = 0;
    bool has_ids_ = false;
};

Status Publisher::Prepare() {
    if (messages_.size() > kBatchMessagesMax) {
        return MakeError(StatusCode::kInvalidArgument, "BATCH_TOO_LARGE",
                         StrCat("a publish of ", messages_.size(), " messages; at most ",
                                kBatchMessagesMax, " at once"));
    }
    if (by_ == By::kClient && IsOwnTopic(name_)) {
        return MakeError(StatusCode::kInvalidArgument, "INVALID_NAME",
                         StrCat("topic '", name_, "' is written by the server alone"));
    }
    target_ = core_->view.TargetOf(name_);
    if (!target_.exists && by_ == By::kServer) return TopicNotFound(name_);
    if (!target_.exists) {
        BLASTY_RETURN_IF_ERROR(CheckName("topic", name_));
        if (!core_->options.auto_create) return TopicNotFound(name_);
        target_.topic = core_->view.ReserveTopic(name_, &target_.exists);
        if (!target_.topic) {
            return MakeError(StatusCode::kResourceExhausted, "LIMIT_REACHED",
                             StrCat("there are ", kTopicsMax, " topics; delete some first"));
        }
    }
    const uint64_t bytes_max = target_.message_bytes_max > 0 ? target_.message_bytes_max
                                                             : core_->options.message_bytes_max;
    for (const NewMessage& message : messages_) {
        BLASTY_RETURN_IF_ERROR(CheckMessage(name_, message, bytes_max));
        bytes_ += message.payload.size() + message.key.size() + message.id.size() + 48;
        has_ids_ |= !message.id.empty();
    }
    now_us_ = core_->clock.NowMicros();
    batch_.Reserve(bytes_);
    if (!target_.exists) {
        core_->AddControl(
            TopicCreated{target_.topic->id, std::string(name_), TopicConfig(), now_us_}, &batch_);
    }
    return OkStatus();
}

void Publisher::Add(const NewMessage& message) {
    thread_local std::string headers;
    headers.clear();
    AppendHeaders(message.headers, &headers);
    log::RecordFields fields;
    fields.stream = target_.topic->id;
    fields.time_us = message.event_time_us != 0 ? message.event_time_us : now_us_;
    fields.id = message.id;
    fields.key = message.key;
    fields.headers = headers;
    fields.payload = message.payload;
    batch_.Add(fields);
}

void Publisher::Plain(PublishDone done) {
    const uint32_t offset = batch_.count();
    for (const NewMessage& message : messages_) Add(message);
    core_->log->Append(std::move(batch_), [core = core_, offset, count = messages_.size(),
                                           done = std::move(done)](Result<Sequence> first) {
        if (!first.ok()) return done(first.status());
        core->published.fetch_add(count, std::memory_order_relaxed);
        thread_local std::vector<Published> results;
        std::vector<Published> own;
        own.swap(results);  // `done` may publish and come back here
        own.resize(count);
        for (size_t i = 0; i < count; ++i) {
            own[i] = {Sequence(first->value() + offset + i), false};
        }
        done(std::span<const Published>(own));
        own.swap(results);
    });
}

void Publisher::WithIds(PublishDone done) {
    auto op = std::make_shared<IdPublish>();
    op->core = core_;
    op->topic = target_.topic->id;
    op->done = std::move(done);
    op->results.resize(messages_.size());
    uint64_t duplicates = 0;
    {
        MutexLock lock(core_->view.dedup_mutex);
        Dedup& dedup = core_->view.dedup;
        for (size_t i = 0; i < messages_.size(); ++i) {
            const NewMessage& message = messages_[i];
            const Dedup::Entry* seen =
                message.id.empty() ? nullptr : dedup.Find(op->topic, message.id, now_us_);
            if (seen == nullptr) {
                op->stored.emplace_back(i, batch_.count());
                if (!message.id.empty()) {
                    dedup.Begin(op->topic, message.id, op->flight, batch_.count());
                    op->ids.push_back({std::string(message.id), batch_.count()});
                }
                Add(message);
                continue;
            }
            ++duplicates;
            op->results[i].duplicate = true;
            if (seen->sequence != 0) {
                op->results[i].sequence = Sequence(seen->sequence);
            } else if (seen->flight == op->flight) {
                op->stored.emplace_back(i, seen->index);
            } else {
                {
                    MutexLock op_lock(op->mutex);
                    ++op->waiting;
                }
                seen->flight->waiters.push_back(
                    [op, i, index = seen->index](const Result<Sequence>& first) {
                        if (first.ok()) {
                            op->results[i].sequence = Sequence(first->value() + index);
                        }
                        op->Finish(first.status());
                    });
            }
        }
    }
    core_->duplicates.fetch_add(duplicates, std::memory_order_relaxed);
    if (duplicates == messages_.size()) return op->Finish(OkStatus());  // nothing to store
    core_->log->Append(std::move(batch_), [op](Result<Sequence> first) {
        std::vector<std::function<void(const Result<Sequence>&)>> waiters;
        {
            MutexLock lock(op->core->view.dedup_mutex);
            if (!first.ok()) {
                for (const IdPublish::Id& id : op->ids) {
                    op->core->view.dedup.Abort(op->topic, id.text, op->flight.get());
                }
            }
            waiters.swap(op->flight->waiters);
        }
        if (first.ok()) {
            for (const auto& [message, record] : op->stored) {
                op->results[message].sequence = Sequence(first->value() + record);
                if (!op->results[message].duplicate) {
                    op->core->published.fetch_add(1, std::memory_order_relaxed);
                }
            }
        }
        op->Finish(first.status());
        for (const auto& waiter : waiters) waiter(first);
    });
}

}  // namespace

void Publish(const std::shared_ptr<Core>& core, std::string_view topic,
             std::span<const NewMessage> messages, By by, PublishDone done) {
    if (messages.empty()) return done(std::span<const Published>());
    Publisher publisher(core, topic, messages, by);
    const Status prepared = publisher.Prepare();
    if (!prepared.ok()) return done(prepared);
    if (publisher.has_ids()) {
        publisher.WithIds(std::move(done));
    } else {
        publisher.Plain(std::move(done));
    }
}

}  // namespace blasty::topics::internal
