#include "client/internal/publish_queue.h"

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"
#include "client/internal/wire.h"

namespace blasty::client::internal {

void PublishFrame::AddDone(PublishDone callback) {
    if (callback) {
        done.resize(count);
        done.push_back(std::move(callback));
    } else if (!done.empty()) {
        done.emplace_back();
    }
    ++count;
}

PublishQueue::PublishQueue(const PublisherOptions& options)
    : options_(options), id_prefix_(RandomHex(12)) {}

std::string_view PublishQueue::MakeId() {
    id_ = id_prefix_;
    StrAppend(id_, '-', next_id_++);
    return id_;
}

void PublishQueue::Add(std::string_view topic, const OutMessage& message, PublishDone done) {
    std::string_view id = message.id;
    if (id.empty() && options_.idempotent) id = MakeId();
    PublishFrame* frame = queued_.empty() ? nullptr : queued_.back().get();
    const size_t room = message.payload.size() + message.key.size() + 64;
    if (frame == nullptr || frame->count >= options_.frame_messages_max ||
        frame->bytes->size() + room > options_.frame_bytes_max || frame->topic != topic ||
        frame->with_ids == id.empty()) {
        frame = queued_.emplace_back(std::make_unique<PublishFrame>()).get();
        frame->topic = topic;
        frame->with_ids = !id.empty();
        frame->bytes->reserve(std::min(options_.frame_bytes_max, 4 * room) + room);
        AppendTopic(*frame->bytes, topic);
    }
    const size_t before = frame->bytes->size();
    AppendMessage(*frame->bytes, message, id);
    waiting_bytes_ += frame->bytes->size() - before;
    if (frame->count == 0) waiting_bytes_ += before;
    frame->AddDone(std::move(done));
    ++stats_.accepted;
}

std::shared_ptr<const std::string> PublishQueue::Send() {
    sent_.push_back(std::move(queued_.front()));
    queued_.pop_front();
    ++stats_.frames;
    return sent_.back()->bytes;
}

bool PublishQueue::OnAnswer(const v1::PublishStreamResponse& answer, std::vector<Answer>* answers) {
    if (answer.first_request() != answered_requests_ + 1 ||
        answer.last_request() < answer.first_request() ||
        answer.last_request() - answered_requests_ > sent_.size())
        return false;
    int run = 0;
    uint32_t in_run = 0, index = 0;
    int duplicate = 0;
    for (; answered_requests_ < answer.last_request(); ++answered_requests_) {
        const FramePtr frame = std::move(sent_.front());
        sent_.pop_front();
        waiting_bytes_ -= frame->bytes->size();
        stats_.stored += frame->count;
        for (uint32_t i = 0; i < frame->count; ++i, ++index, ++in_run) {
            while (run < answer.runs_size() && in_run >= answer.runs(run).count()) {
                in_run = 0;
                ++run;
            }
            if (run == answer.runs_size()) return false;
            Published published{answer.runs(run).first() + in_run, false};
            if (duplicate < answer.duplicates_size() && answer.duplicates(duplicate) == index) {
                published.duplicate = true;
                ++duplicate;
                ++stats_.duplicates;
            }
            if (!frame->done.empty() && frame->done[i])
                answers->emplace_back(std::move(frame->done[i]), published);
        }
    }
    return true;
}

void PublishQueue::Fail(PublishFrame& frame, const Status& why, std::vector<Answer>* answers) {
    waiting_bytes_ -= frame.bytes->size();
    stats_.failed += frame.count;
    for (PublishDone& done : frame.done)
        if (done) answers->emplace_back(std::move(done), why);
}

void PublishQueue::OnLost(const Status& why, std::vector<Answer>* answers) {
    answered_requests_ = 0;
    const Status uncertain =
        MakeError(StatusCode::kUnavailable, "PUBLISH_UNCERTAIN",
                  StrCat("the connection was lost before the answer came, the message may or may "
                         "not be stored; give messages an id to have them sent again safely (",
                         MessageOf(why), ")"));
    for (; !sent_.empty(); sent_.pop_back()) {
        if (sent_.back()->with_ids) {
            queued_.push_front(std::move(sent_.back()));
        } else {
            Fail(*sent_.back(), uncertain, answers);
        }
    }
}

void PublishQueue::OnRefused(const Status& why, bool retry, std::vector<Answer>* answers) {
    if (sent_.empty()) return OnLost(why, answers);
    FramePtr refused = std::move(sent_.front());
    sent_.pop_front();
    OnLost(why, answers);
    if (retry) {
        queued_.push_front(std::move(refused));
        return;
    }
    std::vector<std::string> parts;
    if (refused->count > 1 && why.code() == StatusCode::kInvalidArgument)
        parts = SplitRequest(*refused->bytes);
    if (parts.size() != refused->count) return Fail(*refused, why, answers);
    waiting_bytes_ -= refused->bytes->size();
    for (size_t i = parts.size(); i-- > 0;) {
        auto frame = std::make_unique<PublishFrame>();
        frame->topic = refused->topic;
        frame->with_ids = refused->with_ids;
        frame->bytes = std::make_shared<std::string>(std::move(parts[i]));
        frame->AddDone(refused->done.empty() ? PublishDone() : std::move(refused->done[i]));
        waiting_bytes_ += frame->bytes->size();
        queued_.push_front(std::move(frame));
    }
}

void PublishQueue::FailAll(const Status& why, std::vector<Answer>* answers) {
    for (; !sent_.empty(); sent_.pop_front()) Fail(*sent_.front(), why, answers);
    for (; !queued_.empty(); queued_.pop_front()) Fail(*queued_.front(), why, answers);
}

}  // namespace blasty::client::internal
