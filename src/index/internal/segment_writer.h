// Puts a segment together, section by section: what builders and merges share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/fields.h"
#include "index/internal/columns.h"
#include "index/internal/dictionary_writer.h"
#include "index/internal/format.h"
#include "index/internal/list_encoder.h"
#include "index/internal/segment_sink.h"

namespace blasty::index::internal {

// Fields in order: BeginField, then AddTerm for each term of text and keyword fields, then the
// field's column. Then keys, in the order of documents, and Finish.
class SegmentWriter {
  public:
    SegmentWriter(SegmentSink& sink, uint32_t documents) : sink_(sink), documents_(documents) {}

    void BeginField(const FieldInfo& info);
    // `encoder` has the documents of the term; it is finished. Terms without documents stay for
    // their correction.
    void AddTerm(std::string_view term, ListEncoder& encoder, int64_t correction);
    void EndTerms();
    void AddLengths(const std::vector<uint32_t>& lengths);
    void AddOrdinals(const ColumnValues<uint32_t>& column);
    void AddNumbers(const ColumnValues<double>& column);
    void AddPoints(const ColumnValues<Point>& column);

    void AddKey(std::string_view key);
    Status Finish();

  private:
    struct Place {
        Section section;
        uint64_t offset, size;
    };
    void AddSection(Section section, std::string_view bytes, std::string* contents);
    void PutPlace(const Place& place, std::string* contents);
    void WriteKeys(std::string* contents);

    SegmentSink& sink_;
    const uint32_t documents_;
    uint32_t fields_ = 0;
    std::string field_contents_;
    uint64_t lists_at_ = 0;
    DictionaryWriter dictionary_;
    std::string keys_;
    std::vector<uint32_t> key_ends_;
};

// What the table of keys is hashed with.
uint64_t HashKey(std::string_view key);

}  // namespace blasty::index::internal
