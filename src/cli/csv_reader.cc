#include "cli/csv_reader.h"

#include "base/strings.h"

namespace blasty::cli {
namespace {

// A quote that is never closed would take the whole rest of the file.
constexpr size_t kFieldBytesMax = 128 << 20;
constexpr size_t kFieldsMax = 32'766;

}  // namespace

int CsvReader::Peek() {
    if (at_ == buffer_.size()) {
        buffer_.clear();
        at_ = 0;
        while (buffer_.empty() && !ended_) ended_ = !more_(&buffer_);
        if (buffer_.empty()) return -1;
    }
    return static_cast<unsigned char>(buffer_[at_]);
}

// LF, CRLF or the CR of old.
bool CsvReader::TakeLineEnd() {
    const int c = Peek();
    if (c != '\n' && c != '\r') return false;
    Take();
    if (c == '\r' && Peek() == '\n') Take();
    ++line_;
    return true;
}

CsvReader::Field CsvReader::Bad(std::string* problem, std::string why) {
    *problem = std::move(why);
    while (Peek() >= 0 && !TakeLineEnd()) Take();
    return Field::kBad;
}

CsvReader::Field CsvReader::ReadQuoted(CsvField* field, std::string* problem) {
    field->quoted = true;
    Take();
    while (true) {
        const int c = Peek();
        if (c < 0)
            return Bad(problem, StrCat("the quote of field ", field->text.empty() ? "" : "'",
                                       Printable(field->text, 20), field->text.empty() ? "" : "'",
                                       " is never closed"));
        if (field->text.size() >= kFieldBytesMax)
            return Bad(problem, StrCat("a field has more than ", kFieldBytesMax, " bytes"));
        Take();
        if (c == '"') {
            if (Peek() != '"') return Field::kMore;
            Take();
        }
        if (c == '\n') ++line_;
        field->text += static_cast<char>(c);
    }
}

// A field and the delimiter or line end behind it.
CsvReader::Field CsvReader::ReadField(CsvField* field, std::string* problem) {
    if (Peek() == '"') {
        if (ReadQuoted(field, problem) == Field::kBad) return Field::kBad;
    } else {
        for (int c = Peek(); c >= 0 && c != delimiter_ && c != '\n' && c != '\r'; c = Peek()) {
            field->text += static_cast<char>(c);
            Take();
        }
    }
    if (Peek() < 0 || TakeLineEnd()) return Field::kLast;
    if (Peek() != static_cast<unsigned char>(delimiter_))
        return Bad(problem, StrCat("something follows the closing quote of field '",
                                   Printable(field->text, 20), "'"));
    Take();
    return Field::kMore;
}

bool CsvReader::Next(std::vector<CsvField>* fields, std::string* problem) {
    fields->clear();
    problem->clear();
    if (!begun_) {
        begun_ = true;
        while (buffer_.size() < 3 && !ended_) ended_ = !more_(&buffer_);
        if (buffer_.starts_with("\xef\xbb\xbf")) at_ = 3;
    }
    if (Peek() < 0) return false;
    record_line_ = line_;
    for (Field read = Field::kMore; read == Field::kMore;) {
        if (fields->size() >= kFieldsMax) {
            Bad(problem, StrCat("more than ", kFieldsMax, " fields"));
            break;
        }
        read = ReadField(&fields->emplace_back(), problem);
    }
    return true;
}

}  // namespace blasty::cli
