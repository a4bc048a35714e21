#include "index/internal/segment_merger.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/strings.h"
#include "index/internal/list_encoder.h"
#include "index/internal/segment_writer.h"

namespace blasty::index::internal {
namespace {

// One source's part in a field.
struct Part {
    const SegmentField* field;
    const std::vector<uint32_t>* numbers;  // of documents: old to new
    std::unique_ptr<TermCursor> cursor;    // at its next term; null: no more
    std::vector<uint32_t> ordinals;        // old to new
};

class Merger {
  public:
    Merger(const std::vector<MergeSource>& sources, SegmentSink& sink,
           const std::atomic<bool>& cancelled)
        : sources_(sources), sink_(sink), cancelled_(cancelled) {}

    Status Run();
    std::vector<std::vector<uint32_t>> TakeNumbers() { return std::move(numbers_); }

  private:
    Status NumberDocuments();
    Result<std::vector<FieldInfo>> Fields() const;
    std::vector<Part> PartsOf(const FieldInfo& info) const;
    Status MergeTerms(std::vector<Part>& parts, ListEncoder& encoder, SegmentWriter& writer);
    void AddList(const Part& part, const TermMeta& meta, ListEncoder& encoder, int64_t* correction);
    Status MergeText(std::vector<Part> parts, SegmentWriter& writer);
    Status MergeKeywords(std::vector<Part> parts, SegmentWriter& writer);
    // Values of the documents that stay. `get` gives the column of a part (may be null) and `map`
    // a value of it.
    template <typename T, typename Get, typename Map>
    ColumnValues<T> MergeColumn(const std::vector<Part>& parts, const Get& get, const Map& map);
    Status Check() const;

    const std::vector<MergeSource>& sources_;
    SegmentSink& sink_;
    const std::atomic<bool>& cancelled_;
    std::vector<std::vector<uint32_t>> numbers_;
    uint32_t documents_ = 0;
    std::vector<uint32_t> positions_;
};

Status Merger::NumberDocuments() {
    uint64_t next = 0;
    for (const MergeSource& source : sources_) {
        std::vector<uint32_t>& numbers = numbers_.emplace_back(source.segment->documents(), kEnd);
        for (uint32_t doc = 0; doc < numbers.size(); ++doc) {
            if (!Has(source.deleted, doc)) numbers[doc] = static_cast<uint32_t>(next++);
        }
    }
    documents_ = static_cast<uint32_t>(next);
    return OkStatus();
}

Result<std::vector<FieldInfo>> Merger::Fields() const {
    std::vector<FieldInfo> fields;
    for (const MergeSource& source : sources_) {
        for (const auto& field : source.segment->fields()) {
            const auto found = std::find_if(
                fields.begin(), fields.end(),
                [&](const FieldInfo& info) { return info.name == field->info().name; });
            if (found == fields.end()) {
                fields.push_back(field->info());
            } else if (found->kind != field->info().kind) {
                return MakeError(
                    StatusCode::kDataLoss, "SEGMENT_DAMAGED",
                    StrCat("segments know two kinds of the field '", found->name, "'"));
            }
        }
    }
    return fields;
}

std::vector<Part> Merger::PartsOf(const FieldInfo& info) const {
    std::vector<Part> parts;
    for (size_t i = 0; i < sources_.size(); ++i) {
        Part& part = parts.emplace_back();
        part.field = sources_[i].segment->Field(info.name);
        part.numbers = &numbers_[i];
        if (part.field == nullptr) continue;
        const Dictionary* dictionary = part.field->dictionary();
        if (dictionary == nullptr) continue;
        part.cursor = std::make_unique<TermCursor>(*dictionary);
        part.ordinals.resize(dictionary->count());
        if (!part.cursor->First()) part.cursor.reset();
    }
    return parts;
}

Status Merger::Check() const {
    if (cancelled_.load(std::memory_order_relaxed))
        return MakeError(StatusCode::kCancelled, "CANCELLED", "the merge was cancelled");
    for (const MergeSource& source : sources_) {
        if (!source.segment->damaged()) continue;
        return MakeError(StatusCode::kDataLoss, "SEGMENT_DAMAGED",
                         "a segment that was to be merged is damaged");
    }
    return OkStatus();
}

void Merger::AddList(const Part& part, const TermMeta& meta, ListEncoder& encoder,
                     int64_t* correction) {
    Postings list = part.field->List(meta);
    const bool positions = part.field->info().kind == FieldKind::kText;
    while (list.Next() != kEnd) {
        const uint32_t doc = (*part.numbers)[list.doc()];
        if (doc == kEnd) {
            ++*correction;
            continue;
        }
        positions_.clear();
        const uint32_t occurrences = list.occurrences();
        if (positions) {
            list.Positions(&positions_);
            if (positions_.size() != occurrences) break;
        }
        encoder.Add(doc, occurrences, positions_.data());
    }
}

Status Merger::MergeTerms(std::vector<Part>& parts, ListEncoder& encoder, SegmentWriter& writer) {
    uint32_t next = 0;
    std::string term;
    for (size_t terms = 0;; ++terms) {
        const Part* first = nullptr;
        for (const Part& part : parts) {
            if (part.cursor == nullptr) continue;
            if (first == nullptr || part.cursor->term() < first->cursor->term()) first = &part;
        }
        if (first == nullptr) break;
        if (terms > 0 && first->cursor->term() <= term) {
            return MakeError(StatusCode::kDataLoss, "SEGMENT_DAMAGED",
                             "the terms of a segment that was to be merged are out of order");
        }
        term.assign(first->cursor->term());
        int64_t correction = 0;
        uint64_t documents = 0;
        for (Part& part : parts) {
            if (part.cursor == nullptr || part.cursor->term() != term) continue;
            TermMeta meta;
            if (!part.cursor->Meta(&meta)) {
                return MakeError(StatusCode::kDataLoss, "SEGMENT_DAMAGED",
                                 "a dictionary of a segment that was to be merged is damaged");
            }
            correction += meta.correction;
            documents += meta.documents;
            const int64_t before = correction;
            AddList(part, meta, encoder, &correction);
            documents -= static_cast<uint64_t>(correction - before);
            part.ordinals[part.cursor->ordinal()] = next;
            if (!part.cursor->Next()) part.cursor.reset();
        }
        writer.AddTerm(term, encoder, correction);
        if (documents != 0 || correction != 0) ++next;
        if (terms % 1024 == 0) BLASTY_RETURN_IF_ERROR(Check());
    }
    writer.EndTerms();
    return Check();
}

template <typename T, typename Get, typename Map>
ColumnValues<T> Merger::MergeColumn(const std::vector<Part>& parts, const Get& get,
                                    const Map& map) {
    ColumnValues<T> merged;
    for (const Part& part : parts) {
        const auto* column = part.field == nullptr ? nullptr : get(*part.field);
        for (uint32_t doc = 0; doc < part.numbers->size(); ++doc) {
            if ((*part.numbers)[doc] == kEnd) continue;
            if (column != nullptr) {
                const uint32_t end = column->shape().end(doc);
                for (uint32_t i = column->shape().begin(doc); i < end; ++i)
                    merged.values.push_back(map(part, column->Value(i)));
            }
            merged.EndDocument();
        }
    }
    return merged;
}

Status Merger::MergeText(std::vector<Part> parts, SegmentWriter& writer) {
    std::vector<uint32_t> lengths(documents_, 0);
    for (const Part& part : parts) {
        const LengthColumn* column = part.field == nullptr ? nullptr : part.field->lengths();
        if (column == nullptr) continue;
        for (uint32_t doc = 0; doc < part.numbers->size(); ++doc) {
            const uint32_t number = (*part.numbers)[doc];
            if (number != kEnd) lengths[number] = (*column)[doc];
        }
    }
    ListEncoder encoder(true, lengths);
    BLASTY_RETURN_IF_ERROR(MergeTerms(parts, encoder, writer));
    writer.AddLengths(lengths);
    return OkStatus();
}

Status Merger::MergeKeywords(std::vector<Part> parts, SegmentWriter& writer) {
    ListEncoder encoder(false, {});
    BLASTY_RETURN_IF_ERROR(MergeTerms(parts, encoder, writer));
    writer.AddOrdinals(MergeColumn<uint32_t>(
        parts, [](const SegmentField& field) { return field.ordinals(); },
        [](const Part& part, uint32_t ordinal) {
            return ordinal < part.ordinals.size() ? part.ordinals[ordinal] : 0;
        }));
    return OkStatus();
}

Status Merger::Run() {
    BLASTY_RETURN_IF_ERROR(NumberDocuments());
    BLASTY_ASSIGN_OR_RETURN(const std::vector<FieldInfo> fields, Fields());
    SegmentWriter writer(sink_, documents_);
    const auto same = [](const Part& /*part*/, const auto& value) { return value; };
    for (const FieldInfo& info : fields) {
        writer.BeginField(info);
        std::vector<Part> parts = PartsOf(info);
        switch (info.kind) {
            case FieldKind::kText:
                BLASTY_RETURN_IF_ERROR(MergeText(std::move(parts), writer));
                break;
            case FieldKind::kKeyword:
                BLASTY_RETURN_IF_ERROR(MergeKeywords(std::move(parts), writer));
                break;
            case FieldKind::kNumber:
                writer.AddNumbers(MergeColumn<double>(
                    parts, [](const SegmentField& field) { return field.numbers(); }, same));
                break;
            case FieldKind::kPoint:
                writer.AddPoints(MergeColumn<Point>(
                    parts, [](const SegmentField& field) { return field.points(); }, same));
                break;
        }
    }
    for (size_t i = 0; i < sources_.size(); ++i) {
        for (uint32_t doc = 0; doc < numbers_[i].size(); ++doc) {
            if (numbers_[i][doc] != kEnd) writer.AddKey(sources_[i].segment->Key(doc));
        }
    }
    BLASTY_RETURN_IF_ERROR(Check());
    return writer.Finish();
}

}  // namespace

Result<std::vector<std::vector<uint32_t>>> Merge(const std::vector<MergeSource>& sources,
                                                 SegmentSink& sink,
                                                 const std::atomic<bool>& cancelled) {
    Merger merger(sources, sink, cancelled);
    BLASTY_RETURN_IF_ERROR(merger.Run());
    return merger.TakeNumbers();
}

}  // namespace blasty::index::internal
