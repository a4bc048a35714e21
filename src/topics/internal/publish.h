// Publishing: validation, deduplication, encoding, one batch.
#pragma once

#include <span>
#include <string_view>

#include "topics/internal/core.h"
#include "topics/message.h"
#include "topics/topics.h"

namespace blasty::topics::internal {

enum class By { kClient, kServer };

// See Topics::Publish and Topics::PublishOwn.
void Publish(const std::shared_ptr<Core>& core, std::string_view topic,
             std::span<const NewMessage> messages, By by, PublishDone done);

}  // namespace blasty::topics::internal
