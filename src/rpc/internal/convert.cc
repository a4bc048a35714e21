#include "rpc/internal/convert.h"

#include "base/strings.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {

topics::TopicConfig FromProto(const v1::TopicConfig& proto) {
    topics::TopicConfig config;
    config.retention.age_us = proto.retention().age_us();
    config.retention.bytes = proto.retention().bytes();
    config.retention.count = proto.retention().count();
    config.retention.latest_per_key = proto.retention().latest_per_key();
    config.message_bytes_max = proto.message_bytes_max();
    return config;
}

topics::InboxConfig FromProto(const v1::InboxConfig& proto) {
    topics::InboxConfig config;
    config.patterns.assign(proto.topics().begin(), proto.topics().end());
    if (proto.ack_wait_us() != 0) config.ack_wait_us = proto.ack_wait_us();
    if (proto.max_in_flight() != 0) config.max_in_flight = proto.max_in_flight();
    config.max_deliveries = proto.max_deliveries();
    config.dead_letter_topic = proto.dead_letter_topic();
    return config;
}

Result<topics::Start> FromProto(const v1::Start& proto, topics::Start::Kind fallback) {
    topics::Start start;
    switch (proto.at_case()) {
        case v1::Start::kOldest:
            start.kind = topics::Start::Kind::kOldest;
            break;
        case v1::Start::kNewest:
            start.kind = topics::Start::Kind::kNewest;
            break;
        case v1::Start::kSequence:
            start.kind = topics::Start::Kind::kSequence;
            start.sequence = Sequence(proto.sequence());
            if (proto.sequence() == 0) {
                return MakeError(StatusCode::kInvalidArgument, "INVALID_START",
                                 "start.sequence is 0; sequences begin at 1 (or use start.oldest)");
            }
            break;
        case v1::Start::kTimeUs:
            start.kind = topics::Start::Kind::kTime;
            start.time_us = proto.time_us();
            if (proto.time_us() < 0) {
                return MakeError(StatusCode::kInvalidArgument, "INVALID_START",
                                 StrCat("start.time_us is ", proto.time_us(),
                                        "; it counts microseconds from 1970-01-01 UTC"));
            }
            break;
        case v1::Start::AT_NOT_SET:
            start.kind = fallback;
            break;
    }
    return start;
}

Result<topics::ListOptions> ListPage(const std::string& pattern, const std::string& after,
                                     uint32_t limit) {
    if (limit > kListLimitMax) {
        return MakeError(
            StatusCode::kInvalidArgument, "LIMIT_TOO_LARGE",
            StrCat("limit is ", limit, "; at most ", kListLimitMax, " a page, go on with `after`"));
    }
    topics::ListOptions options;
    if (!pattern.empty()) options.pattern = pattern;
    options.after = after;
    options.limit = (limit == 0 ? kListLimitDefault : limit) + 1;
    return options;
}

void ToProto(const topics::TopicInfo& info, v1::Topic* proto) {
    proto->set_name(info.name);
    auto* config = proto->mutable_config();
    config->mutable_retention()->set_age_us(info.config.retention.age_us);
    config->mutable_retention()->set_bytes(info.config.retention.bytes);
    config->mutable_retention()->set_count(info.config.retention.count);
    config->mutable_retention()->set_latest_per_key(info.config.retention.latest_per_key);
    config->set_message_bytes_max(info.config.message_bytes_max);
    proto->set_created_us(info.created_us);
    proto->set_messages(info.messages);
    proto->set_bytes(info.bytes);
    proto->set_first_sequence(info.first.value());
    proto->set_last_sequence(info.last.value());
    proto->set_inboxes(info.inboxes);
}

void ToProto(const topics::InboxInfo& info, v1::Inbox* proto) {
    proto->set_name(info.name);
    auto* config = proto->mutable_config();
    for (const std::string& pattern : info.config.patterns) config->add_topics(pattern);
    config->set_ack_wait_us(info.config.ack_wait_us);
    config->set_max_in_flight(info.config.max_in_flight);
    config->set_max_deliveries(info.config.max_deliveries);
    config->set_dead_letter_topic(info.config.dead_letter_topic);
    proto->set_created_us(info.created_us);
    proto->set_ack_floor(info.ack_floor.value());
    proto->set_pending(info.pending);
    proto->set_in_flight(info.in_flight);
    proto->set_redelivered(info.redelivered);
    proto->set_dead_letters(info.dead_letters);
    proto->set_members(info.members);
}

}  // namespace blasty::rpc
