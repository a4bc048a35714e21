#include "cli/json_rows.h"

#include <simdjson.h>

#include <charconv>
#include <cstdlib>

#include "base/strings.h"
#include "base/utf8.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

namespace ondemand = simdjson::ondemand;

Status Invalid(std::string_view why) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_JSON", why);
}
Status Invalid(simdjson::error_code error) { return Invalid(simdjson::error_message(error)); }

bool IsNumberText(std::string_view text) {
    size_t at = text.starts_with('-') ? 1 : 0;
    const auto digits = [&text, &at] {
        const size_t begin = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        return at - begin;
    };
    const bool zero = at < text.size() && text[at] == '0';
    const size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (digits() == 0) return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == text.size();
}

Result<v1::Value> NumberValue(std::string_view token) {
    while (!token.empty() &&
           (token.back() == ' ' || (token.back() >= '\t' && token.back() <= '\r')))
        token.remove_suffix(1);
    if (!IsNumberText(token)) return Invalid(StrCat("'", Printable(token), "' is no number"));
    int64_t integer = 0;
    const auto whole = std::from_chars(token.data(), token.data() + token.size(), integer);
    if (whole.ptr == token.data() + token.size()) {
        // Beyond 64 bits nothing but its digits is exact.
        if (whole.ec != std::errc()) return client::TextValue(token);
        return client::IntegerValue(integer);
    }
    return client::RealValue(std::strtod(std::string(token).c_str(), nullptr));
}

bool IsNull(ondemand::value value) {
    bool null = false;
    return value.is_null().get(null) == simdjson::SUCCESS && null;
}

// Walks a value to its end; simdjson checks only what is looked at.
Status CheckWhole(ondemand::value value, int depth) {
    if (depth > 500) return Invalid("nested more than 500 deep");
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return Invalid(error);
    switch (type) {
        case ondemand::json_type::array: {
            ondemand::array array;
            if (const auto error = value.get_array().get(array)) return Invalid(error);
            for (auto element : array) {
                ondemand::value inner;
                if (const auto error = element.get(inner)) return Invalid(error);
                BLASTY_RETURN_IF_ERROR(CheckWhole(inner, depth + 1));
            }
            return OkStatus();
        }
        case ondemand::json_type::object: {
            ondemand::object object;
            if (const auto error = value.get_object().get(object)) return Invalid(error);
            for (auto field : object) {
                std::string_view key;
                if (const auto error = field.unescaped_key().get(key)) return Invalid(error);
                ondemand::value inner;
                if (const auto error = field.value().get(inner)) return Invalid(error);
                BLASTY_RETURN_IF_ERROR(CheckWhole(inner, depth + 1));
            }
            return OkStatus();
        }
        case ondemand::json_type::number:
            return NumberValue(value.raw_json_token()).status();
        case ondemand::json_type::string: {
            std::string_view text;
            const auto error = value.get_string().get(text);
            return error ? Invalid(error) : OkStatus();
        }
        case ondemand::json_type::boolean: {
            bool truth = false;
            const auto error = value.get_bool().get(truth);
            return error ? Invalid(error) : OkStatus();
        }
        case ondemand::json_type::null:
            break;
    }
    return IsNull(value) ? OkStatus() : Invalid("a word that is neither null, true nor false");
}

// A value of {"$base64":"…"} or {"$text_base64":"…"}.
Result<v1::Value> BytesValue(std::string_view key, std::string_view base64) {
    BLASTY_ASSIGN_OR_RETURN(const std::string bytes, DecodeBase64(base64));
    return key == "$base64" ? client::BlobValue(bytes) : client::TextValue(bytes);
}

}  // namespace

struct JsonRows::Impl {
    ondemand::parser parser, inner_parser;
    std::string buffer, inner_buffer;

    static simdjson::padded_string_view Padded(std::string& buffer, std::string_view text) {
        buffer.assign(text);
        buffer.reserve(buffer.size() + simdjson::SIMDJSON_PADDING);
        return simdjson::padded_string_view(buffer.data(), buffer.size(), buffer.capacity());
    }

    Result<v1::Value> Nested(ondemand::value value, bool object) {
        std::string_view raw;
        if (object) {
            ondemand::object fields;
            if (const auto error = value.get_object().get(fields)) return Invalid(error);
            if (const auto error = fields.raw_json().get(raw)) return Invalid(error);
        } else {
            ondemand::array elements;
            if (const auto error = value.get_array().get(elements)) return Invalid(error);
            if (const auto error = elements.raw_json().get(raw)) return Invalid(error);
        }
        while (!raw.empty() && raw.back() != '}' && raw.back() != ']') raw.remove_suffix(1);
        const std::string text(raw);
        ondemand::document document;
        if (const auto error = inner_parser.iterate(Padded(inner_buffer, text)).get(document))
            return Invalid(error);
        ondemand::value whole;
        if (const auto error = document.get_value().get(whole)) return Invalid(error);
        BLASTY_RETURN_IF_ERROR(CheckWhole(whole, 0));
        if (object && text.find("base64\"") != std::string::npos) {
            document.rewind();
            ondemand::object fields;
            if (const auto error = document.get_object().get(fields)) return Invalid(error);
            std::string only, base64;
            size_t count = 0;
            for (auto field : fields) {
                std::string_view key, inner;
                ++count;
                if (field.unescaped_key().get(key)) continue;
                only = key;
                if (field.value().get_string().get(inner)) continue;
                base64 = inner;
            }
            if (count == 1 && (only == "$base64" || only == "$text_base64"))
                return BytesValue(only, base64);
        }
        return client::TextValue(text);
    }

    Result<v1::Value> Convert(ondemand::value value) {
        ondemand::json_type type;
        if (const auto error = value.type().get(type)) return Invalid(error);
        switch (type) {
            case ondemand::json_type::array:
                return Nested(value, false);
            case ondemand::json_type::object:
                return Nested(value, true);
            case ondemand::json_type::number:
                return NumberValue(value.raw_json_token());
            case ondemand::json_type::string: {
                std::string_view text;
                if (const auto error = value.get_string().get(text)) return Invalid(error);
                return client::TextValue(text);
            }
            case ondemand::json_type::boolean: {
                bool truth = false;
                if (const auto error = value.get_bool().get(truth)) return Invalid(error);
                return client::IntegerValue(truth ? 1 : 0);
            }
            case ondemand::json_type::null:
                break;
        }
        if (!IsNull(value)) return Invalid("a word that is neither null, true nor false");
        return client::NullValue();
    }
};

JsonRows::JsonRows() : impl_(std::make_unique<Impl>()) {}
JsonRows::~JsonRows() = default;

Status JsonRows::Parse(std::string_view line, Fields* fields) {
    fields->clear();
    ondemand::document document;
    if (!IsUtf8(line)) return Invalid("it is not UTF-8");
    if (const auto error = impl_->parser.iterate(Impl::Padded(impl_->buffer, line)).get(document))
        return Invalid(error);
    ondemand::object object;
    if (document.get_object().get(object)) return Invalid("it is not one JSON object {…}");
    for (auto field : object) {
        std::string_view key;
        if (const auto error = field.unescaped_key().get(key)) return Invalid(error);
        std::string name(key);
        ondemand::value value;
        if (const auto error = field.value().get(value)) return Invalid(error);
        Result<v1::Value> converted = impl_->Convert(value);
        if (!converted.ok() && name.empty()) return converted.status();
        if (!converted.ok()) return Annotate(converted.status(), Printable(name));
        fields->emplace_back(std::move(name), *std::move(converted));
    }
    // The place is only known while something is left.
    if (!document.current_location().error()) return Invalid("something follows the object");
    return OkStatus();
}

Result<v1::Value> JsonRows::ParseValue(std::string_view json) {
    // Wrapped, since a number or word that is the whole document is a case of its own.
    Fields fields;
    BLASTY_RETURN_IF_ERROR(Parse(StrCat("{\"\":", json, "\n}"), &fields));
    if (fields.size() != 1) return Invalid("it is not one value");
    return std::move(fields[0].second);
}

Result<v1::Value> ParseJsonValue(std::string_view json) { return JsonRows().ParseValue(json); }

Result<std::string> DecodeBase64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string out;
    uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        uint32_t digit = 0;
        if (c >= 'A' && c <= 'Z') {
            digit = static_cast<uint32_t>(c - 'A');
        } else if (c >= 'a' && c <= 'z') {
            digit = static_cast<uint32_t>(c - 'a') + 26;
        } else if (c >= '0' && c <= '9') {
            digit = static_cast<uint32_t>(c - '0') + 52;
        } else if (c == '+' || c == '/') {
            digit = c == '+' ? 62 : 63;
        } else {
            return Invalid(StrCat("'", Printable(text), "' is not base64"));
        }
        bits = bits << 6 | digit;
        if ((count += 6) < 8) continue;
        count -= 8;
        out.push_back(static_cast<char>(bits >> count & 0xff));
    }
    if (count >= 6) return Invalid(StrCat("'", Printable(text), "' is not base64"));
    return out;
}

}  // namespace blasty::cli
