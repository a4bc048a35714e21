// Values of tables as text: cells for people, JSON, CSV, SQL literals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "blasty/v1/sql.pb.h"

namespace blasty::cli {

// The shortest text that reads back as the same number, with a point or an exponent: 1.0, 0.1,
// 1e+300. Infinities are 9e999 and -9e999, which SQLite and JSON readers take as such.
std::string RealText(double value);
bool IsNumber(const v1::Value& value);

// One line for people: NULL, 1.5, x'00ff', text with \n, \t, \xNN for what would harm a terminal.
// Long texts and blobs end in … after about `bytes_max` bytes.
std::string CellText(const v1::Value& value, size_t bytes_max = SIZE_MAX);
// The text cut to `width` columns of a terminal, … at its end when something is missing.
std::string CutToWidth(std::string_view text, size_t width);

// Numbers are JSON numbers (integers with all their digits), NULL is null, BLOBs
// {"$base64":"…"}, TEXT that is not UTF-8 {"$text_base64":"…"}.
void AppendJson(std::string& out, const v1::Value& value);
std::string JsonArray(const v1::Row& row);
// {"column":value,…}.
std::string JsonRow(const std::vector<std::string>& names, const v1::Row& row);
// Names of result columns made unique (a, a_2, …), so that none hides another in JSON.
std::vector<std::string> UniqueNames(const std::vector<std::string>& names);

// One field (RFC 4180): NULL is nothing at all, the empty text is "", BLOBs are x'00ff'.
void AppendCsv(std::string& out, const v1::Value& value, char delimiter);

// "users", quoted as SQL wants it when it is no plain word.
std::string SqlName(std::string_view name);
// Always in double quotes.
std::string QuotedName(std::string_view name);
// `text` as one word of a POSIX shell.
std::string ShellWord(std::string_view text);

}  // namespace blasty::cli
