// Names of topics for whoever looks at a stopped database from outside (`blasty log`): streams of
// the log are numbers there.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "io/file_system.h"
#include "log/frame.h"

namespace blasty::topics {

// Not thread-safe. Feed it the checkpoints of the database (creations that are no longer in the
// log), then every frame in order; topics that were deleted keep their name.
class TopicNames {
  public:
    // `database` is the folder that holds `log/` and `topics.checkpoint`. A checkpoint that is
    // missing or unusable adds nothing: its names are then only known from the log.
    void AddCheckpoints(io::FileSystem& fs, const std::string& database);
    // Takes the topics that control records of this frame create.
    void AddFrame(const log::Frame& frame);
    // Name of the topic, "(control)" or "(acks)" for the internal streams, "" when unknown. Valid
    // as long as this object.
    std::string_view Of(StreamId stream) const;
    const std::map<StreamId, std::string>& all() const { return names_; }

  private:
    std::map<StreamId, std::string> names_;
};

}  // namespace blasty::topics
