// Events of a live query or live search as lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "blasty/v1/live.pb.h"

namespace blasty::cli {

// "row", "ready", "enter", "change", "leave", "progress", "reset", "error", "counts".
std::string_view KindName(v1::Event::Kind kind);

// "#17  change  id=1  firstname=ged→bob": one line, control characters escaped; of a change with an
// old row the columns that changed show both values. Of the best hits of a search "2. KEY  (score)"
// stands before the columns, of its counts "12 hits  section: web 7, doc 5".
std::string EventLine(const v1::Event& event, const std::vector<std::string>& names, bool colour);
// {"kind":"change","sequence":17,"key":[1],"row":{…},"old":{…},"token":"main:17"}; `merged`,
// `reason`, `message` where they say something. Of searches `position` (from 0), `score`,
// `fragments`, `total`, `facets` as `blasty search --json` has them. `names` are unique
// (value_text.h).
std::string EventJson(const v1::Event& event, const std::vector<std::string>& names);

// "1,x": the values of a key, each cut after `bytes_max` bytes.
std::string KeyText(const v1::Row& key, size_t bytes_max);

// "id=1  firstname=ged→bob" of one row, or of what it was and is; empty rows are left out.
std::string FieldsText(const std::vector<std::string>& names, const v1::Row* old_row,
                       const v1::Row& row, bool colour);

// What an ERROR event stands for.
Status ErrorOf(const v1::Event& event);

}  // namespace blasty::cli
