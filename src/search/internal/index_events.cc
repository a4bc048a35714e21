#include "search/internal/index_events.h"

#include <utility>

#include "base/strings.h"
#include "search/internal/json_writer.h"
#include "search/internal/row_ids.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

// Named in one event; of more it tells only how many.
constexpr size_t kIdsMax = 1000;

void AppendIds(std::string& out, std::string_view name, const std::vector<std::string>& ids) {
    StrAppend(out, ",\"", name, "\":[");
    for (size_t i = 0; i < ids.size() && i < kIdsMax; ++i) {
        if (i > 0) out += ',';
        AppendJsonString(out, ids[i]);
    }
    StrAppend(out, "],\"", name, "_total\":", ids.size());
}

}  // namespace

std::string EventTopicOf(const std::string& index) { return StrCat("$index/", index); }

void TellRefresh(topics::Topics& topics, const std::string& index, const Refresh& refresh,
                 const std::vector<tables::RowChange>& changes) {
    const std::string topic = EventTopicOf(index);
    if (changes.empty() || !topics.GetTopic(topic).ok()) return;
    std::vector<std::string> put, removed;
    for (const tables::RowChange& change : changes) {
        const auto key = tables::DecodeRow(change.key);
        if (!key.ok()) continue;
        (change.kind == tables::ChangeKind::kDelete ? removed : put).push_back(IdOf(*key));
    }
    std::string json = "{\"index\":";
    AppendJsonString(json, index);
    StrAppend(json, ",\"base\":", refresh.base.value(), ",\"sequence\":", refresh.sequence.value());
    AppendIds(json, "put", put);
    AppendIds(json, "removed", removed);
    StrAppend(json, ",\"documents\":", refresh.documents, "}");
    const topics::NewMessage message{.payload = json, .key = {}, .headers = {}, .id = {}};
    // Who needs every one of them follows the table: what cannot be stored now is left out.
    topics.PublishOwn(topic, {&message, 1},
                      [](const Result<std::span<const topics::Published>>&) {});
}

}  // namespace blasty::search::internal
