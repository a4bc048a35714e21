#include "search/internal/json_fields.h"

#include "base/strings.h"

namespace blasty::search::internal {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using tables::ValueType;
using tables::ValueView;

constexpr size_t kNameBytesMax = 256;
constexpr size_t kKeywordBytesMax = 256;
constexpr int kDepthMax = 20;

// Nothing for null, objects and arrays.
std::optional<ValueView> ScalarOf(const element& from) {
    switch (from.type()) {
        case element_type::STRING:
            return ValueView{ValueType::kText, 0, 0, from.get_string().value_unsafe()};
        case element_type::INT64:
            return ValueView{ValueType::kInteger, from.get_int64().value_unsafe(), 0, {}};
        case element_type::UINT64:
            return ValueView{
                ValueType::kReal, 0, static_cast<double>(from.get_uint64().value_unsafe()), {}};
        case element_type::DOUBLE:
            return ValueView{ValueType::kReal, 0, from.get_double().value_unsafe(), {}};
        case element_type::BOOL:
            return ValueView{ValueType::kText, 0, 0,
                             from.get_bool().value_unsafe() ? "true" : "false"};
        default:
            return std::nullopt;
    }
}

bool IsPlace(const element& from) {
    if (from.is_object()) return true;
    simdjson::dom::array array;
    if (from.get(array) != simdjson::SUCCESS || array.size() == 0) return false;
    return array.at(0).is_number();
}

class FieldWalk {
  public:
    explicit FieldWalk(const VisitField& visit) : visit_(visit) {}

    void Walk(const element& from, std::string* name, int depth) {
        simdjson::dom::object object;
        simdjson::dom::array array;
        if (from.get(object) == simdjson::SUCCESS) {
            if (depth == kDepthMax) return;
            for (const auto& [key, inner] : object) {
                const size_t length = name->size();
                if (length + key.size() + 1 + kKeywordSuffix.size() > kNameBytesMax) continue;
                StrAppend(*name, ".", key);
                Walk(inner, name, depth + 1);
                name->resize(length);
            }
        } else if (from.get(array) == simdjson::SUCCESS) {
            if (depth == kDepthMax) return;
            for (const element inner : array) Walk(inner, name, depth + 1);
        } else if (const auto value = ScalarOf(from)) {
            Tell(from, *value, *name);
        }
    }

  private:
    void Tell(const element& from, const ValueView& value, const std::string& name) {
        if (from.is_bool()) return visit_(name, index::FieldKind::kKeyword, value);
        if (from.is_number()) return visit_(name, index::FieldKind::kNumber, value);
        visit_(name, index::FieldKind::kText, value);
        if (value.bytes.size() <= kKeywordBytesMax)
            visit_(StrCat(name, kKeywordSuffix), index::FieldKind::kKeyword, value);
    }

    const VisitField& visit_;
};

}  // namespace

std::optional<element> ParseJson(std::string_view text) {
    thread_local simdjson::dom::parser parser;
    element root;
    if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
    return root;
}

void ForEachScalar(const element& from, bool places, const VisitScalar& visit) {
    if (places && IsPlace(from)) {
        const std::string text = simdjson::minify(from);
        return visit({ValueType::kText, 0, 0, text});
    }
    simdjson::dom::array array;
    if (from.get(array) == simdjson::SUCCESS) {
        for (const element inner : array) ForEachScalar(inner, places, visit);
    } else if (const auto value = ScalarOf(from)) {
        visit(*value);
    }
}

void ForEachField(const element& root, const JsonPath* path, const std::string& prefix,
                  const VisitField& visit) {
    FieldWalk walk(visit);
    const auto from = [&](const element& found) {
        std::string name = prefix;
        walk.Walk(found, &name, 0);
    };
    if (path == nullptr) return from(root);
    path->ForEach(root, from);
}

}  // namespace blasty::search::internal
