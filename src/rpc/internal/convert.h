// Between the messages of the contract and the structures of src/topics.
#pragma once

#include "base/status.h"
#include "blasty/v1/topics.pb.h"
#include "topics/config.h"

namespace blasty::rpc {

topics::TopicConfig FromProto(const v1::TopicConfig& proto);
topics::InboxConfig FromProto(const v1::InboxConfig& proto);
// Absent: `fallback`. INVALID_START (INVALID_ARGUMENT).
Result<topics::Start> FromProto(const v1::Start& proto, topics::Start::Kind fallback);
// LIMIT_TOO_LARGE (INVALID_ARGUMENT). Asks for one more than the page, to know whether there is
// more.
Result<topics::ListOptions> ListPage(const std::string& pattern, const std::string& after,
                                     uint32_t limit);

void ToProto(const topics::TopicInfo& info, v1::Topic* proto);
void ToProto(const topics::InboxInfo& info, v1::Inbox* proto);

}  // namespace blasty::rpc
