#include "cli/import_source.h"

#include <algorithm>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/column_types.h"
#include "cli/csv_reader.h"
#include "cli/json_rows.h"
#include "cli/line_reader.h"
#include "cli/value_text.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

Status BadHeader(std::string_view why) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_LINE",
                     StrCat("line 1, the names of the columns: ", why,
                            "; name them with --columns, or say --no-header"));
}

// Empty, or why a file that begins so is no text to import.
std::string NoText(std::string_view begin) {
    if (begin.starts_with("\x1f\x8b"))
        return "the file is compressed with gzip: zcat FILE | blasty import TABLE - --format …";
    if (begin.starts_with("\xff\xfe") || begin.starts_with("\xfe\xff"))
        return "the file is UTF-16: iconv -f UTF-16 -t UTF-8 FILE | blasty import TABLE - --format "
               "…";
    return "";
}

// Of a header that is one field because something else stands between its names.
std::string OtherDelimiter(const std::vector<CsvField>& fields) {
    if (fields.size() != 1) return "";
    const size_t at = fields[0].text.find_first_of(";\t|,");
    if (at == std::string::npos) return "";
    const char c = fields[0].text[at];
    return StrCat("they are one field, '", Printable(fields[0].text, 40), "'; if ",
                  c == '\t' ? std::string("a tab") : StrCat("'", c, "'"),
                  " stands between them, say --delimiter ",
                  c == '\t' ? std::string("tab") : StrCat("'", c, "'"));
}

class CsvSource : public ImportSource {
  public:
    CsvSource(const ImportSourceOptions& options, const std::atomic<bool>& stop)
        : options_(options),
          lines_(stop),
          csv_(
              [this](std::string* out) {
                  std::string_view line;
                  if (!lines_.Next(&line)) return false;
                  out->append(line);
                  out->push_back('\n');
                  return true;
              },
              options.delimiter) {}

    Status Begin();
    bool Next(ImportRow* row) override;
    std::string TextOf(const ImportRow&) const override;
    const std::vector<std::string>& columns() const override { return names_; }
    const Status& status() const override { return lines_.status(); }
    uint64_t bytes_read() const override { return lines_.read(); }
    uint64_t bytes_total() const override { return lines_.size(); }

  private:
    static constexpr size_t kLeftOut = SIZE_MAX;

    Status SetNames(const std::vector<std::string>& names);

    const ImportSourceOptions options_;
    LineReader lines_;
    CsvReader csv_;
    std::vector<std::string> names_;
    std::vector<size_t> places_;  // of each field in names_
    std::vector<CsvField> fields_;
    bool held_ = false;  // fields_ were read already
    std::string problem_;
};

Status CsvSource::SetNames(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        if (name == "-" && !options_.columns.empty()) {
            places_.push_back(kLeftOut);
            continue;
        }
        if (name.empty() || !IsUtf8(name))
            return BadHeader(
                StrCat("field ", places_.size() + 1, name.empty() ? " is empty" : " is not UTF-8"));
        for (const std::string& other : names_)
            if (SameName(name, other))
                return BadHeader(StrCat("'", Printable(name), "' comes twice"));
        places_.push_back(names_.size());
        names_.push_back(name);
    }
    return OkStatus();
}

Status CsvSource::Begin() {
    BLASTY_RETURN_IF_ERROR(lines_.Open(options_.path));
    if (options_.header) {
        if (!csv_.Next(&fields_, &problem_)) {
            BLASTY_RETURN_IF_ERROR(lines_.status());
            return BadHeader("the file is empty");
        }
        if (const std::string why = NoText(fields_[0].text); !why.empty())
            return MakeError(StatusCode::kInvalidArgument, "BAD_LINE", StrCat("line 1: ", why));
        if (!problem_.empty()) return BadHeader(problem_);
        if (const std::string why = OtherDelimiter(fields_);
            !why.empty() && options_.columns.empty())
            return BadHeader(why);
        std::vector<std::string> names;
        for (const CsvField& field : fields_) names.push_back(field.text);
        return SetNames(options_.columns.empty() ? names : options_.columns);
    }
    if (!options_.columns.empty()) return SetNames(options_.columns);
    // By position: the first record tells how many there are.
    held_ = csv_.Next(&fields_, &problem_);
    std::vector<std::string> names;
    for (size_t i = 0; i < fields_.size(); ++i)
        names.push_back(i < options_.fallback.size() ? options_.fallback[i]
                                                     : StrCat("column", i + 1));
    return SetNames(names);
}

bool CsvSource::Next(ImportRow* row) {
    *row = {};
    const auto blank = [this] {
        return places_.size() != 1 && problem_.empty() && fields_.size() == 1 &&
               fields_[0].text.empty() && !fields_[0].quoted;
    };
    do {
        if (!held_ && !csv_.Next(&fields_, &problem_)) return false;
        held_ = false;
    } while (blank());
    row->line = csv_.line();
    row->problem = problem_;
    if (problem_.empty() && fields_.size() != places_.size())
        row->problem = StrCat(fields_.size(), fields_.size() == 1 ? " field" : " fields",
                              ", but there are ", places_.size(), " columns");
    if (!row->problem.empty()) {
        row->text = TextOf(*row);
        return true;
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
        if (places_[i] == kLeftOut) continue;
        row->columns.push_back(places_[i]);
        const CsvField& field = fields_[i];
        row->values.push_back(field.text.empty() && !field.quoted ? client::NullValue()
                                                                  : client::TextValue(field.text));
    }
    return true;
}

std::string CsvSource::TextOf(const ImportRow&) const {
    std::string out;
    for (const CsvField& field : fields_) {
        if (&field != fields_.data()) out += options_.delimiter;
        const bool null = field.text.empty() && !field.quoted;
        AppendCsv(out, null ? client::NullValue() : client::TextValue(field.text),
                  options_.delimiter);
    }
    return out;
}

class NdjsonSource : public ImportSource {
  public:
    NdjsonSource(const ImportSourceOptions& options, const std::atomic<bool>& stop)
        : options_(options), lines_(stop) {}

    Status Begin() { return lines_.Open(options_.path); }
    bool Next(ImportRow* row) override;
    std::string TextOf(const ImportRow&) const override { return line_; }
    const std::vector<std::string>& columns() const override { return names_; }
    const Status& status() const override { return lines_.status(); }
    uint64_t bytes_read() const override { return lines_.read(); }
    uint64_t bytes_total() const override { return lines_.size(); }

  private:
    size_t PlaceOf(const std::string& name);
    void Take(JsonRows::Fields fields, ImportRow* row);

    const ImportSourceOptions options_;
    LineReader lines_;
    JsonRows json_;
    std::vector<std::string> names_;
    std::string line_;
    uint64_t number_ = 0;
};

size_t NdjsonSource::PlaceOf(const std::string& name) {
    for (size_t i = 0; i < names_.size(); ++i)
        if (names_[i] == name) return i;
    names_.push_back(name);
    return names_.size() - 1;
}

void NdjsonSource::Take(JsonRows::Fields fields, ImportRow* row) {
    const auto wanted = [this](const std::string& name) {
        return options_.columns.empty() ||
               std::any_of(options_.columns.begin(), options_.columns.end(),
                           [&name](const std::string& each) { return SameName(each, name); });
    };
    for (auto& [name, value] : fields) {
        if (!wanted(name)) continue;
        const size_t place = PlaceOf(name);
        if (std::find(row->columns.begin(), row->columns.end(), place) != row->columns.end()) {
            row->problem = StrCat("\"", Printable(name), "\" comes twice");
            return;
        }
        row->columns.push_back(place);
        row->values.push_back(std::move(value));
    }
    if (row->columns.empty()) row->problem = "it has no fields to take";
}

bool NdjsonSource::Next(ImportRow* row) {
    *row = {};
    std::string_view line;
    do {
        if (!lines_.Next(&line)) return false;
        if (++number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    } while (line.find_first_not_of(" \t\r") == std::string_view::npos);
    row->line = number_;
    line_ = line;
    JsonRows::Fields fields;
    if (const std::string why = number_ == 1 ? NoText(line_) : ""; !why.empty()) {
        row->problem = why;
    } else if (const Status status = json_.Parse(line_, &fields); !status.ok()) {
        row->problem = StrCat("no JSON object of a row: ", MessageOf(status));
    } else {
        Take(std::move(fields), row);
    }
    if (!row->problem.empty()) row->text = line_;
    return true;
}

}  // namespace

Result<std::unique_ptr<ImportSource>> ImportSource::Open(const ImportSourceOptions& options,
                                                         const std::atomic<bool>& stop) {
    if (options.format == ImportFormat::kCsv) {
        auto source = std::make_unique<CsvSource>(options, stop);
        BLASTY_RETURN_IF_ERROR(source->Begin());
        return source;
    }
    auto source = std::make_unique<NdjsonSource>(options, stop);
    BLASTY_RETURN_IF_ERROR(source->Begin());
    return source;
}

}  // namespace blasty::cli
