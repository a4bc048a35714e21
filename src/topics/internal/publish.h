// Publishing: validation, deduplication, encoding, one batch.
#pragma once

#include <span>
#include <string_view>

#include "topics/internal/core.h"
#include "topics/message.h"
#include "topics/topics.h"

namespace blasty::topics::internal {

// See Topics::Publish.
void Publish(const std::shared_ptr<Core>& core, std::string_view topic,
             std::span<const NewMessage> messages, PublishDone done);

}  // namespace blasty::topics::internal
