// Writes the answers of Live.Subscribe in wire form. Field numbers are those of
// api/blasty/v1/live.proto; live_wire_test.cc reads the result with the generated parser.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "blasty/v1/live.pb.h"
#include "live/event.h"
#include "live/live.h"

namespace blasty::rpc {

// The events of a batch as fields `Events.events`, one after another. Made once for everyone with
// the same subscription; lives as long as the batch. Damaged rows become an ERROR event.
const std::string& EncodedEvents(const live::EventBatch& batch);

// Puts answers together: bytes of its own, and encoded events that it only refers to.
class LiveAnswer {
  public:
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    struct Head {
        uint64_t subscription = 0;
        const live::ResultColumns* columns = nullptr;  // null: not told
        uint32_t skip = 0;
        bool more = false;
    };
    // Appends an `Events` with encoded events that `batch` holds.
    void Add(const Head& head, const live::EventBatchPtr& batch, std::string_view events);
    // An `Events` with an ERROR event.
    void AddError(uint64_t subscription, const Status& error);
    // The SubscribeResponse; empties it.
    grpc::ByteBuffer Take();

  private:
    void CloseOwn();

    size_t size_ = 0;
    std::string own_;  // not yet a slice
    std::vector<grpc::Slice> slices_;
};

// The longest front of `events` (fields of `Events.events`) of whole events that is at most
// `bytes_max` long, but at least one event, and how many events it is.
struct EventsCut {
    std::string_view events;
    uint32_t count = 0;
};
EventsCut CutEvents(std::string_view events, size_t bytes_max);

void ToProto(const live::Explanation& explanation, v1::ExplainResponse* proto);

}  // namespace blasty::rpc
