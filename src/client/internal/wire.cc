#include "client/internal/wire.h"

#include "base/bytes.h"

namespace blasty::client {

std::vector<Header> InMessage::Headers() const {
    return has_headers ? internal::ParseHeaders(encoded) : std::vector<Header>();
}

namespace internal {
namespace {

constexpr uint32_t kSized = 2;

size_t VarintSize(uint64_t value) {
    size_t n = 1;
    for (; value >= 0x80; value >>= 7) ++n;
    return n;
}

size_t SizedField(size_t bytes) { return 1 + VarintSize(bytes) + bytes; }

void PutSizedField(std::string& out, uint32_t field, std::string_view bytes) {
    out.push_back(static_cast<char>(field << 3 | kSized));
    PutSized(out, bytes);
}

// One field of a message: its number, and its value as a number or as bytes.
struct Field {
    uint32_t number = 0;
    uint64_t value = 0;
    std::string_view bytes;
};

// Walks the fields of an encoded message; unknown ones are walked over like the others.
class FieldReader {
  public:
    explicit FieldReader(std::string_view bytes)
        : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool Next(Field* field) {
        if (p_ == end_) return false;
        uint64_t tag = 0;
        if (!Varint(&tag)) return Bad();
        field->number = static_cast<uint32_t>(tag >> 3);
        switch (tag & 7) {
            case 0:
                return Varint(&field->value) || Bad();
            case 1:
                return Raw(8, &field->bytes) || Bad();
            case 5:
                return Raw(4, &field->bytes) || Bad();
            case kSized: {
                uint64_t size = 0;
                return (Varint(&size) && Raw(size, &field->bytes)) || Bad();
            }
            default:
                return Bad();
        }
    }
    bool ok() const { return !bad_; }

  private:
    bool Varint(uint64_t* value) {
        if (p_ != end_ && static_cast<unsigned char>(*p_) < 0x80) {
            *value = static_cast<unsigned char>(*p_++);
            return true;
        }
        uint64_t result = 0;
        for (int shift = 0; shift < 64 && p_ != end_; shift += 7) {
            const auto byte = static_cast<unsigned char>(*p_++);
            result |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) {
                *value = result;
                return true;
            }
        }
        return false;
    }
    bool Raw(uint64_t size, std::string_view* bytes) {
        if (static_cast<uint64_t>(end_ - p_) < size) return false;
        *bytes = std::string_view(p_, size);
        p_ += size;
        return true;
    }
    bool Bad() {
        bad_ = true;
        return false;
    }

    const char* p_;
    const char* end_;
    bool bad_ = false;
};

bool ParseMessage(std::string_view bytes, InMessage* out) {
    out->encoded = bytes;
    FieldReader reader(bytes);
    for (Field field; reader.Next(&field);) {
        switch (field.number) {
            case 1:
                out->payload = field.bytes;
                break;
            case 2:
                out->key = field.bytes;
                break;
            case 3:
                out->has_headers = true;
                break;
            case 4:
                out->event_time_us = static_cast<int64_t>(field.value);
                break;
            case 5:
                out->id = field.bytes;
                break;
            default:
                break;
        }
    }
    return reader.ok();
}

bool ParseDelivered(std::string_view bytes, InMessage* out) {
    FieldReader reader(bytes);
    bool good = true;
    for (Field field; reader.Next(&field);) {
        switch (field.number) {
            case 1:
                out->sequence = field.value;
                break;
            case 2:
                out->topic = field.bytes;
                break;
            case 3:
                good = ParseMessage(field.bytes, out) && good;
                break;
            case 4:
                out->attempt = static_cast<uint32_t>(field.value);
                break;
            default:
                break;
        }
    }
    return good && reader.ok();
}

}  // namespace

void AppendTopic(std::string& request, std::string_view topic) { PutSizedField(request, 1, topic); }

void AppendMessage(std::string& request, const OutMessage& message, std::string_view id) {
    size_t size = 0;
    if (!message.payload.empty()) size += SizedField(message.payload.size());
    if (!message.key.empty()) size += SizedField(message.key.size());
    for (const Header& header : message.headers)
        size += SizedField(SizedField(header.name.size()) + SizedField(header.value.size()));
    const auto time = static_cast<uint64_t>(message.event_time_us);
    if (time != 0) size += 1 + VarintSize(time);
    if (!id.empty()) size += SizedField(id.size());

    request.push_back(static_cast<char>(2 << 3 | kSized));
    PutVarint(request, size);
    if (!message.payload.empty()) PutSizedField(request, 1, message.payload);
    if (!message.key.empty()) PutSizedField(request, 2, message.key);
    for (const Header& header : message.headers) {
        request.push_back(static_cast<char>(3 << 3 | kSized));
        PutVarint(request, SizedField(header.name.size()) + SizedField(header.value.size()));
        PutSizedField(request, 1, header.name);
        PutSizedField(request, 2, header.value);
    }
    if (time != 0) {
        request.push_back(static_cast<char>(4 << 3));
        PutVarint(request, time);
    }
    if (!id.empty()) PutSizedField(request, 5, id);
}

std::vector<std::string> SplitRequest(std::string_view request) {
    std::vector<std::string> out;
    std::string_view topic;
    FieldReader reader(request);
    for (Field field; reader.Next(&field);) {
        if (field.number == 1) topic = field.bytes;
        if (field.number != 2) continue;
        std::string one;
        AppendTopic(one, topic);
        PutSizedField(one, 2, field.bytes);
        out.push_back(std::move(one));
    }
    if (!reader.ok()) out.clear();
    return out;
}

bool ParseConsumeResponse(std::string_view bytes, ResponseView* out) {
    *out = ResponseView();
    FieldReader reader(bytes);
    for (Field field; reader.Next(&field);) {
        if (field.number < 1 || field.number > 5) continue;
        out->kind = static_cast<ResponseKind>(field.number);
        out->body = field.bytes;
    }
    return reader.ok();
}

bool ParseBatch(std::string_view body, std::vector<InMessage>* messages, uint64_t* position) {
    FieldReader reader(body);
    bool good = true;
    for (Field field; good && reader.Next(&field);) {
        if (field.number == 1) {
            good = ParseDelivered(field.bytes, &messages->emplace_back());
        } else if (field.number == 2) {
            *position = field.value;
        }
    }
    return good && reader.ok();
}

std::vector<Header> ParseHeaders(std::string_view message) {
    std::vector<Header> out;
    FieldReader reader(message);
    for (Field field; reader.Next(&field);) {
        if (field.number != 3) continue;
        Header& header = out.emplace_back();
        FieldReader inner(field.bytes);
        for (Field part; inner.Next(&part);) {
            if (part.number == 1) header.name = part.bytes;
            if (part.number == 2) header.value = part.bytes;
        }
    }
    return out;
}

}  // namespace internal
}  // namespace blasty::client
