// How the types of fields read values of columns (mapping.h).
#include <array>
#include <charconv>
#include <cmath>

#include "search/internal/geo_text.h"
#include "search/internal/number_text.h"
#include "search/internal/time_text.h"
#include "search/mapping.h"
#include "tables/value.h"

namespace blasty::search {
namespace {

using tables::ValueType;
using tables::ValueView;

template <typename Number>
std::string ShortText(Number number) {
    std::array<char, 32> raw{};
    const auto end = std::to_chars(raw.data(), raw.data() + raw.size(), number).ptr;
    return {raw.data(), end};
}

}  // namespace

std::optional<std::string> AsText(const ValueView& value) {
    switch (value.type) {
        case ValueType::kNull:
            return std::nullopt;
        case ValueType::kInteger:
            return ShortText(value.integer);
        case ValueType::kReal:
            return ShortText(value.real);
        case ValueType::kText:
        case ValueType::kBlob:
            return std::string(value.bytes);
    }
    return std::nullopt;
}

std::optional<double> AsNumber(const ValueView& value) {
    switch (value.type) {
        case ValueType::kInteger:
            return static_cast<double>(value.integer);
        case ValueType::kReal:
            return std::isnan(value.real) ? std::nullopt : std::optional<double>(value.real);
        case ValueType::kText:
            return internal::ReadNumber(value.bytes);
        default:
            return std::nullopt;
    }
}

std::optional<double> AsDate(const ValueView& value) {
    if (value.type == ValueType::kText) {
        const auto time = internal::ParseTime(value.bytes);
        if (time) return static_cast<double>(time->us);
    }
    const std::optional<double> seconds = AsNumber(value);
    if (!seconds) return std::nullopt;
    return *seconds * 1e6;
}

std::optional<bool> AsBoolean(const ValueView& value) {
    if (value.type == ValueType::kText) {
        for (const std::string_view yes : {"true", "TRUE", "True", "t", "T", "yes"}) {
            if (value.bytes == yes) return true;
        }
        for (const std::string_view no : {"false", "FALSE", "False", "f", "F", "no"}) {
            if (value.bytes == no) return false;
        }
    }
    const std::optional<double> number = AsNumber(value);
    if (!number) return std::nullopt;
    return *number != 0;
}

std::optional<index::Point> AsPoint(const ValueView& value) {
    if (value.type != ValueType::kText) return std::nullopt;
    return internal::ParsePoint(value.bytes);
}

}  // namespace blasty::search
