#include "search/internal/json_path.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"

namespace blasty::search::internal {
namespace {

constexpr size_t kStepsMax = 32;

Status Bad(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_INDEX_DEFINITION", message);
}

}  // namespace

Result<JsonPath> JsonPath::Parse(std::string_view text) {
    JsonPath path;
    if (!text.starts_with('$')) return Bad(": it should begin with $");
    text.remove_prefix(1);
    while (!text.empty()) {
        if (path.steps_.size() == kStepsMax) return Bad(": it is too long");
        Step step;
        const bool name = text.front() == '.';
        if (!name && text.front() != '[') return Bad(": . or [ should follow");
        text.remove_prefix(1);
        if (name && text.starts_with('"')) {
            const size_t end = text.find('"', 1);
            if (end == std::string_view::npos) return Bad(": a quote is not closed");
            step.name = text.substr(1, end - 1);
            text.remove_prefix(end + 1);
        } else if (name) {
            const size_t end = std::min(text.find_first_of(".["), text.size());
            step.name = text.substr(0, end);
            text.remove_prefix(end);
            if (step.name.empty()) return Bad(": a name is missing");
        } else {
            const size_t end = text.find(']');
            if (end == std::string_view::npos) return Bad(": a ] is missing");
            std::string_view inside = text.substr(0, end);
            text.remove_prefix(end + 1);
            step.kind = inside == "*"              ? Step::Kind::kAll
                        : inside.starts_with("#-") ? Step::Kind::kFromEnd
                                                   : Step::Kind::kIndex;
            if (step.kind == Step::Kind::kFromEnd) inside.remove_prefix(2);
            const char* const last = inside.data() + inside.size();
            const auto read = std::from_chars(inside.data(), last, step.number);
            const bool number = !inside.empty() && read.ec == std::errc() && read.ptr == last;
            if (step.kind != Step::Kind::kAll && !number)
                return Bad(": a number, #-number or * should stand in [ ]");
        }
        path.steps_.push_back(std::move(step));
    }
    return path;
}

std::string JsonPath::Name() const {
    std::string name;
    for (const Step& step : steps_) {
        if (step.kind != Step::Kind::kName) continue;
        StrAppend(name, name.empty() ? "" : ".", step.name);
    }
    return name;
}

void JsonPath::Walk(const simdjson::dom::element& element, size_t at, const Visit& visit) const {
    if (at == steps_.size()) return visit(element);
    const Step& step = steps_[at];
    simdjson::dom::array array;
    const bool is_array = element.get(array) == simdjson::SUCCESS;
    switch (step.kind) {
        case Step::Kind::kName: {
            if (is_array) {
                for (const simdjson::dom::element inner : array) Walk(inner, at, visit);
                return;
            }
            simdjson::dom::element inner;
            if (element.is_object() && element.at_key(step.name).get(inner) == simdjson::SUCCESS)
                Walk(inner, at + 1, visit);
            return;
        }
        case Step::Kind::kAll:
            if (!is_array) return;
            for (const simdjson::dom::element inner : array) Walk(inner, at + 1, visit);
            return;
        case Step::Kind::kIndex:
        case Step::Kind::kFromEnd: {
            if (!is_array) return;
            uint64_t number = step.number;
            if (step.kind == Step::Kind::kFromEnd) {
                if (number == 0 || number > array.size()) return;
                number = array.size() - number;
            }
            simdjson::dom::element inner;
            if (array.at(number).get(inner) == simdjson::SUCCESS) Walk(inner, at + 1, visit);
            return;
        }
    }
}

}  // namespace blasty::search::internal
