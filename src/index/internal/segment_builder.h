// Builds a segment from documents.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/fields.h"
#include "index/internal/columns.h"
#include "index/internal/segment_sink.h"
#include "index/internal/segment_writer.h"
#include "index/internal/term_table.h"

namespace blasty::index::internal {

class SegmentBuilder {
  public:
    explicit SegmentBuilder(const std::vector<FieldInfo>& fields);

    // A document, then its values by place of the field, then End. Keys differ.
    void Begin(std::string_view key);
    // A document of an earlier segment that is deleted: its values correct the numbers of documents
    // its terms stand in; nothing else is kept of it.
    void BeginRemoved();
    // Text. Positions do not fall. Terms are at most kTermBytesMax, tokens kTokensPerFieldMax: what
    // is more is left out.
    void AddToken(size_t field, std::string_view term, uint32_t position);
    void AddKeyword(size_t field, std::string_view term);
    // Not a number: left out.
    void AddNumber(size_t field, double value);
    void AddPoint(size_t field, const Point& point);
    void End();

    uint32_t documents() const { return documents_; }
    bool empty() const { return documents_ == 0 && removed_ == 0; }
    // About what it holds in memory.
    size_t bytes() const;
    // Nothing can be added afterwards.
    Status Finish(SegmentSink& sink);

  private:
    struct Field {
        FieldInfo info;
        TermTable terms;
        std::vector<uint32_t> lengths;    // kText
        ColumnValues<uint32_t> ordinals;  // kKeyword: numbers of terms until Finish
        ColumnValues<double> numbers;     // kNumber
        ColumnValues<Point> points;       // kPoint
    };
    void WriteTerms(Field& field, SegmentWriter& writer);

    std::vector<std::unique_ptr<Field>> fields_;
    std::vector<std::string> keys_;
    uint32_t documents_ = 0;
    uint32_t removed_ = 0;
    bool removing_ = false;
};

}  // namespace blasty::index::internal
