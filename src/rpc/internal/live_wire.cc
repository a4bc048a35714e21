#include "rpc/internal/live_wire.h"

#include <mutex>
#include <utility>

#include "base/bytes.h"
#include "base/strings.h"
#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/search_convert.h"
#include "rpc/internal/sql_wire.h"
#include "search/event_details.h"

namespace blasty::rpc {
namespace {

// Fields of v1.Event.
enum EventField : uint32_t {
    kKind = 1,
    kSequence = 2,
    kKey = 3,
    kRow = 4,
    kOldRow = 5,
    kToken = 6,
    kMerged = 7,
    kReason = 8,
    kMessage = 9,
};

constexpr size_t kErrorBytesMax = 1024;

bool HasRow(live::EventKind kind) {
    return kind == live::EventKind::kRow || kind == live::EventKind::kEnter ||
           kind == live::EventKind::kChange;
}
bool HasKey(live::EventKind kind) { return HasRow(kind) || kind == live::EventKind::kLeave; }

// What only events of searches have, as the generated code writes it: fields of one message may
// come in any order.
void AppendDetails(const search::EventDetails& details, std::string* body) {
    v1::Event event;
    if (details.position) event.set_position(*details.position);
    event.set_score(details.score);
    for (const auto& [field, texts] : details.fragments)
        FragmentsToProto(field, texts, event.add_fragments());
    event.set_total(details.total);
    for (const index::FacetResult& facet : details.facets) ToProto(facet, event.add_facets());
    event.AppendToString(body);
}

Status AppendEvent(const live::EventBatch& batch, size_t index, std::string* body) {
    const live::Event& event = batch.events[index];
    PutVarintField(*body, kKind, static_cast<uint64_t>(event.kind));
    PutVarintField(*body, kSequence, batch.sequence.value());
    if (HasKey(event.kind)) BLASTY_RETURN_IF_ERROR(AppendRow(*body, kKey, event.key));
    if (HasRow(event.kind)) BLASTY_RETURN_IF_ERROR(AppendRow(*body, kRow, event.row));
    if (!event.old_row.empty()) BLASTY_RETURN_IF_ERROR(AppendRow(*body, kOldRow, event.old_row));
    PutSizedField(*body, kToken, live::TokenAfter(batch, index));
    PutVarintField(*body, kMerged, event.merged);
    PutSizedField(*body, kReason, event.reason);
    PutSizedField(*body, kMessage, Printable(event.message, kErrorBytesMax));
    if (event.details != nullptr) AppendDetails(*event.details, body);
    return OkStatus();
}

std::string ErrorEvent(const Status& error) {
    std::string body;
    PutVarintField(body, kKind, v1::Event::ERROR);
    PutSizedField(body, kReason, ReasonOf(error));
    PutSizedField(body, kMessage, Printable(MessageOf(error), kErrorBytesMax));
    return body;
}

void Encode(const live::EventBatch& batch, std::string* out) {
    std::string body;
    for (size_t i = 0; i < batch.events.size(); ++i) {
        body.clear();
        const Status status = AppendEvent(batch, i, &body);
        if (!status.ok()) body = ErrorEvent(status);
        PutMessageHead(*out, 2, body.size());
        *out += body;
    }
}

}  // namespace

const std::string& EncodedEvents(const live::EventBatch& batch) {
    std::call_once(batch.encoded_once, [&batch] { Encode(batch, &batch.encoded); });
    return batch.encoded;
}

void LiveAnswer::Add(const Head& head, const live::EventBatchPtr& batch, std::string_view events) {
    std::string fields;
    PutVarintField(fields, 1, head.subscription);
    PutVarintField(fields, 3, head.more ? 1 : 0);
    if (head.columns != nullptr) {
        AppendColumns(fields, 4, head.columns->names, head.columns->types);
    }
    PutVarintField(fields, 5, head.skip);
    const size_t before = own_.size();
    PutMessageHead(own_, 1, fields.size() + events.size());
    own_ += fields;
    size_ += own_.size() - before + events.size();
    if (events.size() < kLiveShareBytes) {
        own_ += events;
        return;
    }
    CloseOwn();
    auto* owner = new live::EventBatchPtr(batch);
    // gRPC does not write into a slice it sends.
    slices_.emplace_back(
        const_cast<char*>(events.data()), events.size(),
        [](void* p) { delete static_cast<live::EventBatchPtr*>(p); }, owner);
}

void LiveAnswer::AddError(uint64_t subscription, const Status& error) {
    const std::string event = ErrorEvent(error);
    std::string events;
    PutMessageHead(events, 2, event.size());
    events += event;
    // Short enough to be copied: nothing holds it.
    Add({subscription}, nullptr, events);
}

void LiveAnswer::CloseOwn() {
    if (!own_.empty()) slices_.push_back(SliceOf(std::exchange(own_, std::string())));
}

grpc::ByteBuffer LiveAnswer::Take() {
    CloseOwn();
    grpc::ByteBuffer out(slices_.data(), slices_.size());
    slices_.clear();
    size_ = 0;
    return out;
}

EventsCut CutEvents(std::string_view events, size_t bytes_max) {
    EventsCut cut;
    ByteReader reader(events);
    while (!reader.rest().empty()) {
        reader.Fixed<uint8_t>();
        reader.Sized();
        if (!reader.ok()) break;
        const size_t end = events.size() - reader.rest().size();
        if (cut.count > 0 && end > bytes_max) break;
        cut.events = events.substr(0, end);
        ++cut.count;
    }
    return cut;
}

void ToProto(const live::Explanation& explanation, v1::ExplainResponse* proto) {
    using Class = live::Explanation::Class;
    switch (explanation.query_class) {
        case Class::kFilter:
            proto->set_query_class("filter");
            break;
        case Class::kJoin:
            proto->set_query_class("join");
            break;
        case Class::kAggregate:
            proto->set_query_class("aggregate");
            break;
        case Class::kTopK:
            proto->set_query_class("top-k");
            break;
        case Class::kReevaluated:
            proto->set_query_class("re-evaluated");
            break;
    }
    proto->set_why(explanation.why);
    for (const std::string& table : explanation.tables) proto->add_tables(table);
    proto->set_key(explanation.key);
    for (const live::Explanation::Access& access : explanation.accesses) {
        v1::ExplainResponse::Access* added = proto->add_accesses();
        added->set_table(access.table);
        for (const std::string& term : access.terms) added->add_terms(term);
        added->set_indexed(access.indexed);
    }
    proto->set_cost(explanation.cost);
    proto->set_sharing(explanation.sharing);
}

}  // namespace blasty::rpc
