#include "index/internal/segment_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "index/limits.h"

namespace blasty::index::internal {

SegmentBuilder::SegmentBuilder(const std::vector<FieldInfo>& fields) {
    for (const FieldInfo& info : fields) {
        fields_.push_back(std::make_unique<Field>());
        fields_.back()->info = info;
    }
}

void SegmentBuilder::Begin(std::string_view key) {
    BLASTY_CHECK(documents_ < kDocsPerSegmentMax);
    keys_.emplace_back(key);
    removing_ = false;
    for (const auto& field : fields_) {
        if (field->info.kind == FieldKind::kText) field->lengths.push_back(0);
    }
}

void SegmentBuilder::BeginRemoved() {
    ++removed_;
    removing_ = true;
}

void SegmentBuilder::AddToken(size_t field, std::string_view term, uint32_t position) {
    Field& to = *fields_[field];
    TermTable::Entry& entry = to.terms.Find(term.substr(0, kTermBytesMax));
    if (removing_) {
        if (std::exchange(entry.last_removed, removed_) != removed_) --entry.correction;
        return;
    }
    uint32_t& length = to.lengths.back();
    if (length >= kTokensPerFieldMax) return;
    ++length;
    to.terms.Add(entry, documents_, position);
}

void SegmentBuilder::AddKeyword(size_t field, std::string_view term) {
    Field& to = *fields_[field];
    TermTable::Entry& entry = to.terms.Find(term.substr(0, kTermBytesMax));
    if (removing_) {
        if (std::exchange(entry.last_removed, removed_) != removed_) --entry.correction;
        return;
    }
    // A value counts once a document.
    if (entry.documents > 0 && entry.last_doc == documents_) return;
    to.ordinals.values.push_back(to.terms.Number(entry));
    to.terms.Add(entry, documents_, 0);
}

void SegmentBuilder::AddNumber(size_t field, double value) {
    if (!removing_ && !std::isnan(value)) fields_[field]->numbers.values.push_back(value);
}

void SegmentBuilder::AddPoint(size_t field, const Point& point) {
    if (!removing_ && std::isfinite(point.latitude) && std::isfinite(point.longitude))
        fields_[field]->points.values.push_back(point);
}

void SegmentBuilder::End() {
    if (removing_) return;
    ++documents_;
    for (const auto& field : fields_) {
        switch (field->info.kind) {
            case FieldKind::kText:
                break;
            case FieldKind::kKeyword:
                field->ordinals.EndDocument();
                break;
            case FieldKind::kNumber:
                field->numbers.EndDocument();
                break;
            case FieldKind::kPoint:
                field->points.EndDocument();
                break;
        }
    }
}

size_t SegmentBuilder::bytes() const {
    size_t bytes = 0;
    for (const auto& field : fields_) {
        bytes += field->terms.bytes() + field->lengths.size() * 4 +
                 field->ordinals.values.size() * 8 + field->numbers.values.size() * 12 +
                 field->points.values.size() * 20;
    }
    return bytes + keys_.size() * 48;
}

void SegmentBuilder::WriteTerms(Field& field, SegmentWriter& writer) {
    const bool text = field.info.kind == FieldKind::kText;
    ListEncoder encoder(text, field.lengths);
    std::vector<uint32_t> ordinals(field.terms.size());  // by number
    uint32_t next = 0;
    for (const uint32_t number : field.terms.Sorted()) {
        const TermTable::Entry& entry = field.terms.entry(number);
        if (entry.documents == 0 && entry.correction == 0) continue;
        ordinals[number] = next++;
        field.terms.Read(entry, [&](uint32_t doc, const std::vector<uint32_t>& positions) {
            encoder.Add(doc, static_cast<uint32_t>(positions.size()), positions.data());
        });
        writer.AddTerm(entry.term, encoder, entry.correction);
    }
    writer.EndTerms();
    for (uint32_t& value : field.ordinals.values) value = ordinals[value];
}

Status SegmentBuilder::Finish(SegmentSink& sink) {
    SegmentWriter writer(sink, documents_);
    for (const auto& field : fields_) {
        writer.BeginField(field->info);
        switch (field->info.kind) {
            case FieldKind::kText:
                WriteTerms(*field, writer);
                writer.AddLengths(field->lengths);
                break;
            case FieldKind::kKeyword:
                WriteTerms(*field, writer);
                writer.AddOrdinals(field->ordinals);
                break;
            case FieldKind::kNumber:
                writer.AddNumbers(field->numbers);
                break;
            case FieldKind::kPoint:
                writer.AddPoints(field->points);
                break;
        }
    }
    for (const std::string& key : keys_) writer.AddKey(key);
    return writer.Finish();
}

}  // namespace blasty::index::internal
