#include "live/internal/value_key.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace blasty::live::internal {
namespace {

using tables::Affinity;
using tables::ValueType;
using tables::ValueView;

uint64_t Mix(uint64_t value, uint64_t seed) {
    value ^= seed;
    value *= 0x9e3779b97f4a7c15u;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93u;
    return value ^ (value >> 32);
}

char Fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// An integer, or a real that is none.
uint64_t HashNumber(double number) {
    if (number >= -9.2233720368547758e18 && number < 9.2233720368547758e18) {
        const auto integer = static_cast<int64_t>(number);
        if (static_cast<double>(integer) == number) {
            return Mix(static_cast<uint64_t>(integer), 1);
        }
    }
    return Mix(std::bit_cast<uint64_t>(number), 2);
}

// What the text of the number and the number of that text have in common: 15 digits.
uint64_t HashLooseNumber(double number) {
    if (std::abs(number) < 1e15 && std::trunc(number) == number) return HashNumber(number);
    char text[64];
    sqlite3_snprintf(sizeof(text), text, "%!.15g", number);
    return XXH3_64bits_withSeed(text, std::strlen(text), 3);
}

// Sign, digits, point, exponent, blanks around.
bool LooksNumeric(std::string_view text, bool* integer) {
    size_t i = 0, digits = 0;
    *integer = true;
    const auto take_digits = [&] {
        const size_t begin = i;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
        return i - begin;
    };
    while (i < text.size() && IsSpace(text[i])) ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    digits += take_digits();
    if (i < text.size() && text[i] == '.') {
        *integer = false;
        ++i;
        digits += take_digits();
    }
    if (digits == 0) return false;
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        *integer = false;
        ++i;
        if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
        if (take_digits() == 0) return false;
    }
    while (i < text.size() && IsSpace(text[i])) ++i;
    return i == text.size();
}

}  // namespace

std::optional<KeyMode> ModeOf(Affinity affinity, Collation collation,
                              std::span<const tables::Value> constants) {
    if (collation == Collation::kOther) return std::nullopt;
    if (affinity != Affinity::kText && affinity != Affinity::kBlob) return KeyMode::kNumeric;
    const bool exact =
        std::all_of(constants.begin(), constants.end(), [&](const tables::Value& value) {
            return std::holds_alternative<tables::Null>(value) ||
                   std::holds_alternative<tables::Blob>(value) ||
                   (affinity == Affinity::kText && std::holds_alternative<tables::Text>(value));
        });
    return exact ? KeyMode::kExact : KeyMode::kLoose;
}

uint64_t ValueKeys::HashText(std::string_view text, Collation collation) const {
    if (collation == Collation::kRTrim) {
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    }
    if (collation != Collation::kNoCase) return XXH3_64bits_withSeed(text.data(), text.size(), 4);
    char small[128];
    std::string big;
    char* folded = small;
    if (text.size() > sizeof(small)) {
        big.resize(text.size());
        folded = big.data();
    }
    std::transform(text.begin(), text.end(), folded, Fold);
    return XXH3_64bits_withSeed(folded, text.size(), 4);
}

bool ValueKeys::ToNumber(std::string_view text, ValueView* number) {
    bool integer = false;
    if (!LooksNumeric(text, &integer)) return false;
    if (integer) {
        const size_t begin = text.find_first_not_of(" \t\n\v\f\r+");
        const auto parsed =
            std::from_chars(text.data() + begin, text.data() + text.size(), number->integer);
        if (parsed.ec == std::errc()) {
            number->type = ValueType::kInteger;
            return true;
        }
    }
    if (convert_ == nullptr) {
        sqlite3_prepare_v3(db_, "SELECT CAST(?1 AS REAL)", -1, SQLITE_PREPARE_PERSISTENT, &convert_,
                           nullptr);
    }
    sqlite3_bind_text64(convert_, 1, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    number->type = ValueType::kReal;
    number->real = sqlite3_step(convert_) == SQLITE_ROW ? sqlite3_column_double(convert_, 0) : 0.0;
    sqlite3_reset(convert_);
    return true;
}

uint64_t ValueKeys::HashOf(const ValueView& value, KeyMode mode, Collation collation) {
    ValueView number = value;
    switch (value.type) {
        case ValueType::kNull:
            return 5;
        case ValueType::kBlob:
            return XXH3_64bits_withSeed(value.bytes.data(), value.bytes.size(), 6);
        case ValueType::kText:
            if (mode == KeyMode::kExact || !ToNumber(value.bytes, &number)) {
                return HashText(value.bytes, collation);
            }
            break;
        case ValueType::kInteger:
        case ValueType::kReal:
            break;
    }
    if (mode != KeyMode::kLoose) {
        return number.type == ValueType::kInteger ? Mix(static_cast<uint64_t>(number.integer), 1)
                                                  : HashNumber(number.real);
    }
    const double real =
        number.type == ValueType::kInteger ? static_cast<double>(number.integer) : number.real;
    if (std::isinf(real)) return HashText(real > 0 ? "Inf" : "-Inf", collation);
    return HashLooseNumber(real);
}

uint64_t PointOf(double number) {
    if (number == 0) number = 0;  // no negative zero
    const auto bits = std::bit_cast<uint64_t>(number);
    const uint64_t sign = uint64_t{1} << 63;
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

uint64_t PointOf(std::string_view text, Collation collation) {
    uint64_t out = 0;
    for (size_t i = 0; i < 8; ++i) {
        char c = i < text.size() ? text[i] : '\0';
        if (collation == Collation::kNoCase) c = Fold(c);
        out = out << 8 | static_cast<unsigned char>(c);
    }
    return out;
}

}  // namespace blasty::live::internal
