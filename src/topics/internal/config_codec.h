// Configurations as bytes, shared by control records and the checkpoint.
#pragma once

#include <string>

#include "base/bytes.h"
#include "topics/config.h"

namespace blasty::topics::internal {

void PutTopicConfig(std::string& out, const TopicConfig& config);
void PutInboxConfig(std::string& out, const InboxConfig& config);
// Failures show in reader.ok(). Bounded by the input.
TopicConfig GetTopicConfig(ByteReader& reader);
InboxConfig GetInboxConfig(ByteReader& reader);

}  // namespace blasty::topics::internal
