#include "cli/result_printer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "base/strings.h"
#include "cli/value_text.h"

namespace blasty::cli {
namespace {

constexpr size_t kHeldRows = 1000;
constexpr size_t kHeldBytes = 4 << 20;
constexpr std::string_view kGap = "  ";
// Bytes of a cell that may be printed in a table that is not cut: anything.
constexpr size_t kCutCellBytes = 4096;

std::string Cell(const v1::Value& value, size_t width_max) {
    return CellText(value, width_max == 0 ? SIZE_MAX : kCutCellBytes);
}

std::vector<size_t> Measure(const std::vector<std::string>& titles,
                            const std::vector<v1::Row>& rows, size_t width) {
    std::vector<size_t> widths;
    for (const std::string& title : titles) widths.push_back(DisplayWidth(title));
    for (const v1::Row& row : rows)
        for (int i = 0; i < row.values_size() && static_cast<size_t>(i) < widths.size(); ++i) {
            size_t& widest = widths[static_cast<size_t>(i)];
            widest = std::max(widest, DisplayWidth(Cell(row.values(i), width)));
        }
    if (width == 0 || widths.empty()) return widths;
    const size_t gaps = kGap.size() * (widths.size() - 1);
    return FitWidths(std::move(widths), width > gaps ? width - gaps : 0);
}

void AppendCell(std::string& out, std::string text, size_t width, bool right, bool cut, bool last) {
    if (cut) text = CutToWidth(text, width);
    const size_t used = DisplayWidth(text);
    const std::string pad(width > used ? width - used : 0, ' ');
    out += right ? pad + text : last ? text : text + pad;
}

void AppendLine(std::string& out, const v1::Row& row, const std::vector<size_t>& widths,
                size_t width) {
    for (int i = 0; i < row.values_size() && static_cast<size_t>(i) < widths.size(); ++i) {
        if (i > 0) out += kGap;
        AppendCell(out, Cell(row.values(i), width), widths[static_cast<size_t>(i)],
                   IsNumber(row.values(i)), width > 0, i + 1 == row.values_size());
    }
    out += '\n';
}

void AppendTitles(std::string& out, const std::vector<std::string>& titles,
                  const std::vector<v1::Row>& rows, const std::vector<size_t>& widths, bool cut) {
    std::string rule;
    for (size_t i = 0; i < titles.size(); ++i) {
        const auto at = static_cast<int>(i);
        const bool right =
            !rows.empty() && std::all_of(rows.begin(), rows.end(), [at](const v1::Row& row) {
                return at < row.values_size() &&
                       (IsNumber(row.values(at)) ||
                        row.values(at).kind_case() == v1::Value::KIND_NOT_SET);
            });
        if (i > 0) {
            out += kGap;
            rule += kGap;
        }
        AppendCell(out, Printable(titles[i], SIZE_MAX), widths[i], right, cut,
                   i + 1 == titles.size());
        rule.append(widths[i], '-');
    }
    StrAppend(out, "\n", rule, "\n");
}

}  // namespace

std::vector<size_t> FitWidths(std::vector<size_t> wanted, size_t room) {
    constexpr size_t kNarrowest = 8;
    size_t total = std::accumulate(wanted.begin(), wanted.end(), size_t{0});
    while (total > room) {
        const auto widest = std::max_element(wanted.begin(), wanted.end());
        if (*widest <= kNarrowest) break;
        // Down to the second widest, or as far as needed.
        size_t second = kNarrowest;
        for (auto each = wanted.begin(); each != wanted.end(); ++each)
            if (each != widest) second = std::max(second, *each);
        const size_t less = std::clamp<size_t>(*widest - second, 1, total - room);
        *widest -= less;
        total -= less;
    }
    return wanted;
}

size_t TerminalWidth(int fd) {
    winsize size = {};
    if (isatty(fd) != 1) return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

std::string RowsAsTable(const std::vector<std::string>& titles, const std::vector<v1::Row>& rows,
                        size_t width) {
    std::string out;
    const std::vector<size_t> widths = Measure(titles, rows, width);
    AppendTitles(out, titles, rows, widths, width > 0);
    for (const v1::Row& row : rows) AppendLine(out, row, widths, width);
    return out;
}

void ResultPrinter::Columns(const std::vector<v1::Column>& columns) {
    names_.clear();
    for (const v1::Column& column : columns) names_.push_back(column.name());
    if (format_ == RowFormat::kJson) names_ = UniqueNames(names_);
    if (format_ != RowFormat::kCsv) return;
    line_.clear();
    for (const std::string& name : names_) {
        v1::Value value;
        value.set_text(name);
        if (&name != names_.data()) line_ += delimiter_;
        AppendCsv(line_, value, delimiter_);
    }
    out_.Line(line_);
}

void ResultPrinter::Add(v1::Row row) {
    ++rows_;
    line_.clear();
    switch (format_) {
        case RowFormat::kJson:
            return out_.Line(JsonRow(names_, row));
        case RowFormat::kCsv:
            for (int i = 0; i < row.values_size(); ++i) {
                if (i > 0) line_ += delimiter_;
                AppendCsv(line_, row.values(i), delimiter_);
            }
            return out_.Line(line_);
        case RowFormat::kTable:
            break;
    }
    if (!widths_.empty()) {
        AppendLine(line_, row, widths_, width_);
        return out_.Write(line_);
    }
    held_bytes_ += row.ByteSizeLong();
    held_.push_back(std::move(row));
    if (held_.size() >= kHeldRows || held_bytes_ >= kHeldBytes) PrintHeld();
}

void ResultPrinter::PrintHeld() {
    if (names_.empty()) return;
    widths_ = Measure(names_, held_, width_);
    line_.clear();
    AppendTitles(line_, names_, held_, widths_, width_ > 0);
    for (const v1::Row& row : held_) AppendLine(line_, row, widths_, width_);
    out_.Write(line_);
    held_.clear();
}

void ResultPrinter::End() {
    if (format_ == RowFormat::kTable && widths_.empty()) PrintHeld();
}

}  // namespace blasty::cli
