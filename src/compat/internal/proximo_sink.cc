#include "compat/internal/proximo_sink.h"

#include <utility>

#include "compat/internal/proximo_errors.h"
#include "compat/internal/proximo_names.h"
#include "topics/names.h"

namespace blasty::compat {
namespace {

// Published or stored but not confirmed yet; reading pauses above.
constexpr size_t kMessagesMax = 1024;
constexpr size_t kBytesMax = 8 << 20;

}  // namespace

bool ProximoSink::WindowOpen() const {
    return publishing_ + stored_.size() < kMessagesMax && bytes_ < kBytesMax;
}

void ProximoSink::OnRequest(::proximo::PublisherRequest& request) {
    const Status status = HandleRequest(request);
    if (!status.ok()) return EndAfterConfirmations(status);
    bool read;
    {
        MutexLock lock(mutex_);
        read = !ending_ && WindowOpen();
        paused_ = !read;
    }
    if (read) Read();
}

Status ProximoSink::HandleRequest(const ::proximo::PublisherRequest& request) {
    if (request.has_startrequest()) {
        if (std::exchange(started_, true)) return AlreadyStarted();
        topic_ = request.startrequest().topic();
        return topics::CheckName("topic", topic_);
    }
    if (!request.has_msg()) return InvalidRequest();
    if (!started_) return NotConnected();
    Publish(request.msg());
    return OkStatus();
}

void ProximoSink::Publish(const ::proximo::Message& message) {
    const size_t bytes = message.data().size();
    {
        MutexLock lock(mutex_);
        if (ending_) return;
        ++publishing_;
        bytes_ += bytes;
    }
    const std::string key = StoredKey(message.key(), message.data());
    topics::NewMessage stored;
    stored.payload = message.data();
    stored.key = key;
    topics_.Publish(topic_, {&stored, 1},
                    [self = Self(), bytes, id = message.id()](const auto& result) {
                        self->OnPublished(result.status(), bytes, id);
                    });
}

void ProximoSink::OnPublished(const Status& status, size_t bytes, const std::string& id) {
    {
        MutexLock lock(mutex_);
        --publishing_;
        bytes_ -= bytes;
        if (status.ok()) {
            stored_.push_back(id);
        } else if (!ending_ || end_status_.ok()) {
            ending_ = true;
            end_status_ = status;
        }
    }
    turns_.Ask(Self());
}

void ProximoSink::SendNext() {
    bool end, read = false;
    Status status;
    {
        MutexLock lock(mutex_);
        if (!CanWrite()) return;
        if (!stored_.empty()) {
            ::proximo::Confirmation confirmation;
            confirmation.set_msgid(std::move(stored_.front()));
            stored_.pop_front();
            Write(std::move(confirmation));
            end = false;
        } else {
            end = ending_ && publishing_ == 0;
            status = end_status_;
        }
        if (paused_ && !ending_ && WindowOpen()) {
            paused_ = false;
            read = true;
        }
    }
    if (end) return End(status);
    if (read) Read();
}

void ProximoSink::EndAfterConfirmations(const Status& status) {
    {
        MutexLock lock(mutex_);
        if (ending_) return;
        ending_ = true;
        end_status_ = status;
    }
    turns_.Ask(Self());
}

void ProximoSink::OnReadsDone() { EndAfterConfirmations(OkStatus()); }

void ProximoSink::OnStop() { EndAfterConfirmations(rpc::ServerStopping()); }

}  // namespace blasty::compat
