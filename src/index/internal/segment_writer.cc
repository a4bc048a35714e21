#include "index/internal/segment_writer.h"

#include <xxhash.h>

#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace blasty::index::internal {

uint64_t HashKey(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

void SegmentWriter::PutPlace(const Place& place, std::string* contents) {
    contents->push_back(static_cast<char>(place.section));
    PutVarint(*contents, place.offset);
    PutVarint(*contents, place.size);
}

void SegmentWriter::AddSection(Section section, std::string_view bytes, std::string* contents) {
    PutPlace({.section = section, .offset = sink_.offset(), .size = bytes.size()}, contents);
    sink_.Append(bytes);
}

void SegmentWriter::BeginField(const FieldInfo& info) {
    // The section 0 ends those of the field before.
    if (fields_++ > 0) field_contents_.push_back('\0');
    PutSized(field_contents_, info.name);
    field_contents_.push_back(static_cast<char>(info.kind));
    lists_at_ = sink_.offset();
    dictionary_ = DictionaryWriter();
}

void SegmentWriter::AddTerm(std::string_view term, ListEncoder& encoder, int64_t correction) {
    TermMeta meta;
    const std::string_view list = encoder.Finish(&meta);
    if (meta.documents == 0 && correction == 0) return;
    meta.correction = correction;
    sink_.Append(list);
    dictionary_.Add(term, meta);
}

void SegmentWriter::EndTerms() {
    dictionary_.Finish();
    PutPlace({.section = Section::kLists, .offset = lists_at_, .size = sink_.offset() - lists_at_},
             &field_contents_);
    AddSection(Section::kTerms, dictionary_.terms(), &field_contents_);
    PutVarint(field_contents_, dictionary_.count());
    AddSection(Section::kTermIndex, dictionary_.index(), &field_contents_);
}

void SegmentWriter::AddLengths(const std::vector<uint32_t>& lengths) {
    AddSection(Section::kLengths, EncodeLengths(lengths), &field_contents_);
    uint64_t tokens = 0, with = 0;
    for (const uint32_t length : lengths) {
        tokens += length;
        with += length > 0 ? 1 : 0;
    }
    PutVarint(field_contents_, tokens);
    PutVarint(field_contents_, with);
}

void SegmentWriter::AddOrdinals(const ColumnValues<uint32_t>& column) {
    AddSection(Section::kOrdinals, EncodeOrdinals(column), &field_contents_);
    uint64_t with = 0;
    for (uint32_t doc = 0; doc < column.documents(); ++doc) with += column.Of(doc).empty() ? 0 : 1;
    PutVarint(field_contents_, with);
}

void SegmentWriter::AddNumbers(const ColumnValues<double>& column) {
    AddSection(Section::kNumbers, EncodeNumbers(column), &field_contents_);
}

void SegmentWriter::AddPoints(const ColumnValues<Point>& column) {
    AddSection(Section::kPoints, EncodePoints(column), &field_contents_);
}

void SegmentWriter::AddKey(std::string_view key) {
    keys_ += key;
    key_ends_.push_back(static_cast<uint32_t>(keys_.size()));
}

void SegmentWriter::WriteKeys(std::string* contents) {
    AddSection(Section::kKeys, keys_, contents);
    std::string ends;
    ends.reserve(key_ends_.size() * 4);
    for (const uint32_t end : key_ends_) PutFixed<uint32_t>(ends, end);
    AddSection(Section::kKeyOffsets, ends, contents);
    // Open addressing, two thirds full; a slot holds the document + 1.
    std::vector<uint32_t> slots(documents_ + documents_ / 2 + 1, 0);
    for (uint32_t doc = 0; doc < documents_; ++doc) {
        const uint32_t start = doc == 0 ? 0 : key_ends_[doc - 1];
        const std::string_view key(keys_.data() + start, key_ends_[doc] - start);
        size_t slot = HashKey(key) % slots.size();
        while (slots[slot] != 0) slot = slot + 1 == slots.size() ? 0 : slot + 1;
        slots[slot] = doc + 1;
    }
    std::string table(reinterpret_cast<const char*>(slots.data()), slots.size() * sizeof(uint32_t));
    AddSection(Section::kKeyTable, table, contents);
}

Status SegmentWriter::Finish() {
    BLASTY_CHECK(key_ends_.size() == documents_);
    std::string contents;
    PutVarint(contents, kVersion);
    PutVarint(contents, documents_);
    PutVarint(contents, fields_);
    contents += field_contents_;
    contents.push_back('\0');
    WriteKeys(&contents);
    contents.push_back('\0');
    return sink_.Finish(contents);
}

}  // namespace blasty::index::internal
