// What a blocking Next brought.
#pragma once

namespace blasty::client {

enum class NextResult { kBatch, kTimeout, kEnd };

}  // namespace blasty::client
