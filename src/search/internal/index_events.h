// Tells a topic, `$index/NAME`, what became visible in an index, for whoever has made the topic.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "tables/commit.h"
#include "topics/topics.h"

namespace blasty::search::internal {

// Its topic; an index over such a topic is refused.
std::string EventTopicOf(const std::string& index);

struct Refresh {
    Sequence base, sequence;  // what was visible before, and is now
    uint64_t documents = 0;   // living ones now
};
// Does not wait. `changes`: net. Without the topic it does nothing.
void TellRefresh(topics::Topics& topics, const std::string& index, const Refresh& refresh,
                 const std::vector<tables::RowChange>& changes);

}  // namespace blasty::search::internal
