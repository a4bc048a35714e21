// A small writer of JSON text: objects and arrays in the order they are written.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace blasty::server {

// `text` in quotes. REQUIRES well-formed UTF-8.
void AppendJsonString(std::string& out, std::string_view text);
std::string Base64(std::string_view bytes);

// JsonObject().Add("a", 1).Add("b", "x").Take() is {"a":1,"b":"x"}.
class JsonObject {
  public:
    JsonObject& Add(std::string_view name, std::string_view value) {
        Name(name);
        AppendJsonString(text_, value);
        return *this;
    }
    JsonObject& Add(std::string_view name, const char* value) {
        return Add(name, std::string_view(value));
    }
    JsonObject& Add(std::string_view name, bool value) {
        return AddRaw(name, value ? "true" : "false");
    }
    template <typename Int>
    requires(std::integral<Int> && !std::same_as<Int, bool>) JsonObject& Add(std::string_view name,
                                                                             Int value) {
        return AddRaw(name, StrCat(value));
    }
    JsonObject& Add(std::string_view name, double value);
    // As a string when it is UTF-8, else in base64 under `name`_base64.
    JsonObject& AddBytes(std::string_view name, std::string_view bytes);
    // `json` is JSON already.
    JsonObject& AddRaw(std::string_view name, std::string_view json) {
        Name(name);
        text_.append(json);
        return *this;
    }
    std::string Take() { return std::move(text_) + "}"; }

  private:
    void Name(std::string_view name) {
        if (text_.size() > 1) text_.push_back(',');
        AppendJsonString(text_, name);
        text_.push_back(':');
    }
    std::string text_ = "{";
};

}  // namespace blasty::server
