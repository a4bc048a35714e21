#include "topics/internal/control.h"

#include <utility>

#include "base/strings.h"
#include "topics/internal/config_codec.h"

namespace blasty::topics::internal {
namespace {

constexpr uint8_t kVersion = 1;

void PutBool(std::string& out, bool value) { out.push_back(value ? '\1' : '\0'); }

void Put(std::string& out, const TopicCreated& c) {
    PutVarint(out, c.id.value());
    PutSized(out, c.name);
    PutTopicConfig(out, c.config);
    PutFixed(out, c.created_us);
}
void Put(std::string& out, const TopicUpdated& c) {
    PutVarint(out, c.id.value());
    PutTopicConfig(out, c.config);
}
void Put(std::string& out, const TopicDeleted& c) { PutVarint(out, c.id.value()); }
void Put(std::string& out, const FloorRaised& c) {
    PutVarint(out, c.id.value());
    PutVarint(out, c.floor.value());
    PutVarint(out, c.removed_messages);
    PutVarint(out, c.removed_bytes);
}
void Put(std::string& out, const Compacted& c) {
    PutVarint(out, c.id.value());
    PutVarint(out, c.messages);
    PutVarint(out, c.bytes);
}
void Put(std::string& out, const InboxCreated& c) {
    PutVarint(out, c.id);
    PutSized(out, c.name);
    PutInboxConfig(out, c.config);
    PutFixed(out, c.created_us);
    PutBool(out, c.at_newest);
    PutVarint(out, c.floor.value());
}
void Put(std::string& out, const InboxUpdated& c) {
    PutVarint(out, c.id);
    PutInboxConfig(out, c.config);
}
void Put(std::string& out, const InboxDeleted& c) { PutVarint(out, c.id); }
void Put(std::string& out, const InboxReset& c) {
    PutVarint(out, c.id);
    PutBool(out, c.at_newest);
    PutVarint(out, c.floor.value());
}
void Put(std::string& out, const Trimmed& c) { PutVarint(out, c.before.value()); }
void Put(std::string&, const Probe&) {}

uint32_t GetId(ByteReader& reader) { return static_cast<uint32_t>(reader.Varint()); }
StreamId GetStream(ByteReader& reader) { return StreamId(GetId(reader)); }
bool GetBool(ByteReader& reader) { return reader.Fixed<uint8_t>() != 0; }

void Get(ByteReader& r, TopicCreated& c) {
    c.id = GetStream(r);
    c.name = std::string(r.Sized());
    c.config = GetTopicConfig(r);
    c.created_us = r.Fixed<int64_t>();
}
void Get(ByteReader& r, TopicUpdated& c) {
    c.id = GetStream(r);
    c.config = GetTopicConfig(r);
}
void Get(ByteReader& r, TopicDeleted& c) { c.id = GetStream(r); }
void Get(ByteReader& r, FloorRaised& c) {
    c.id = GetStream(r);
    c.floor = Sequence(r.Varint());
    c.removed_messages = r.Varint();
    c.removed_bytes = r.Varint();
}
void Get(ByteReader& r, Compacted& c) {
    c.id = GetStream(r);
    c.messages = r.Varint();
    c.bytes = r.Varint();
}
void Get(ByteReader& r, InboxCreated& c) {
    c.id = GetId(r);
    c.name = std::string(r.Sized());
    c.config = GetInboxConfig(r);
    c.created_us = r.Fixed<int64_t>();
    c.at_newest = GetBool(r);
    c.floor = Sequence(r.Varint());
}
void Get(ByteReader& r, InboxUpdated& c) {
    c.id = GetId(r);
    c.config = GetInboxConfig(r);
}
void Get(ByteReader& r, InboxDeleted& c) { c.id = GetId(r); }
void Get(ByteReader& r, InboxReset& c) {
    c.id = GetId(r);
    c.at_newest = GetBool(r);
    c.floor = Sequence(r.Varint());
}
void Get(ByteReader& r, Trimmed& c) { c.before = Sequence(r.Varint()); }
void Get(ByteReader&, Probe&) {}

// Reads alternative number `kind` of Control; false when there is none.
template <size_t index = 0>
bool GetKind(size_t kind, ByteReader& reader, Control* control) {
    if constexpr (index < std::variant_size_v<Control>) {
        if (kind != index) return GetKind<index + 1>(kind, reader, control);
        Get(reader, control->emplace<index>());
        return true;
    } else {
        return false;
    }
}

}  // namespace

void PutTopicConfig(std::string& out, const TopicConfig& config) {
    PutFixed(out, config.retention.age_us);
    PutVarint(out, config.retention.bytes);
    PutVarint(out, config.retention.count);
    PutBool(out, config.retention.latest_per_key);
    PutVarint(out, config.message_bytes_max);
}

void PutInboxConfig(std::string& out, const InboxConfig& config) {
    PutVarint(out, config.patterns.size());
    for (const std::string& pattern : config.patterns) PutSized(out, pattern);
    PutFixed(out, config.ack_wait_us);
    PutVarint(out, config.max_in_flight);
    PutVarint(out, config.max_deliveries);
    PutSized(out, config.dead_letter_topic);
}

TopicConfig GetTopicConfig(ByteReader& reader) {
    TopicConfig config;
    config.retention.age_us = reader.Fixed<int64_t>();
    config.retention.bytes = reader.Varint();
    config.retention.count = reader.Varint();
    config.retention.latest_per_key = GetBool(reader);
    config.message_bytes_max = reader.Varint();
    return config;
}

InboxConfig GetInboxConfig(ByteReader& reader) {
    InboxConfig config;
    const uint64_t patterns = reader.Varint();
    for (uint64_t i = 0; i < patterns && reader.ok(); ++i) {
        config.patterns.emplace_back(reader.Sized());
    }
    config.ack_wait_us = reader.Fixed<int64_t>();
    config.max_in_flight = static_cast<uint32_t>(reader.Varint());
    config.max_deliveries = static_cast<uint32_t>(reader.Varint());
    config.dead_letter_topic = std::string(reader.Sized());
    return config;
}

std::string EncodeControl(const Control& control) {
    std::string out;
    out.push_back(static_cast<char>(kVersion));
    out.push_back(static_cast<char>(control.index()));
    std::visit([&out](const auto& c) { Put(out, c); }, control);
    return out;
}

Status DecodeControl(std::string_view bytes, Control* control) {
    ByteReader reader(bytes);
    const auto version = reader.Fixed<uint8_t>();
    if (reader.ok() && version != kVersion) {
        return MakeError(StatusCode::kDataLoss, "UNKNOWN_RECORD_VERSION",
                         StrCat("a control record has version ", +version, "; this program knows ",
                                +kVersion, ": start a newer one"));
    }
    const auto kind = reader.Fixed<uint8_t>();
    if (!reader.ok() || !GetKind(kind, reader, control) || !reader.done()) {
        return MakeError(StatusCode::kDataLoss, "LOG_DAMAGED", "a control record is malformed");
    }
    return OkStatus();
}

}  // namespace blasty::topics::internal
