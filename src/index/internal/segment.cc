#include "index/internal/segment.h"

#include <utility>

#include "base/bytes.h"
#include "base/strings.h"
#include "index/internal/segment_writer.h"
#include "index/limits.h"

namespace blasty::index::internal {

template <typename Column>
const Column* SegmentField::Open(Lazy<Column>& lazy, Section section) const {
    if (!place(section).there) return nullptr;
    std::call_once(lazy.once, [&] {
        const Place& at = place(section);
        const std::string_view bytes = bytes_->Range(at.offset, at.size);
        lazy.good = bytes.size() == at.size && lazy.column.Open(bytes, documents_);
        if (!lazy.good) bytes_->SetDamaged();
    });
    return lazy.good ? &lazy.column : nullptr;
}

const Dictionary* SegmentField::dictionary() const {
    if (!place(Section::kTerms).there) return nullptr;
    std::call_once(dictionary_.once, [&] {
        const Place& terms = place(Section::kTerms);
        const Place& index = place(Section::kTermIndex);
        dictionary_.column = Dictionary(bytes_->Range(terms.offset, terms.size),
                                        bytes_->Range(index.offset, index.size), terms_);
        dictionary_.good = dictionary_.column.count() == terms_;
        if (!dictionary_.good) bytes_->SetDamaged();
    });
    return dictionary_.good ? &dictionary_.column : nullptr;
}

const LengthColumn* SegmentField::lengths() const { return Open(lengths_, Section::kLengths); }
const OrdinalColumn* SegmentField::ordinals() const { return Open(ordinals_, Section::kOrdinals); }
const NumberColumn* SegmentField::numbers() const { return Open(numbers_, Section::kNumbers); }
const PointColumn* SegmentField::points() const { return Open(points_, Section::kPoints); }

std::string_view SegmentField::BytesOf(const TermMeta& meta) const {
    const Place& lists = place(Section::kLists);
    const uint64_t size = uint64_t{meta.list_bytes} + meta.position_bytes;
    if (meta.offset > lists.size || size > lists.size - meta.offset) {
        bytes_->SetDamaged();
        return {};
    }
    return bytes_->Range(lists.offset + meta.offset, size);
}

Postings SegmentField::List(const TermMeta& meta) const {
    const std::string_view bytes = BytesOf(meta);
    if (bytes.size() != uint64_t{meta.list_bytes} + meta.position_bytes) return {};
    return Postings(meta, bytes, documents_, bytes_);
}

void SegmentField::AddList(const TermMeta& meta, DocSet* set) const {
    if (meta.documents == 0) return;
    if (meta.documents >= kBlock) {
        Postings list = List(meta);
        set->AddAll(list);
        return;
    }
    if (meta.documents == 1) {
        if (meta.doc < set->documents()) {
            set->Add(meta.doc);
        } else {
            bytes_->SetDamaged();
        }
        return;
    }
    const std::string_view bytes = BytesOf(meta).substr(0, meta.list_bytes);
    const unsigned bits = bytes.size() < 2 ? 33 : static_cast<unsigned char>(bytes[0]);
    if (bits > 32 || bytes.size() - 2 < PackedBytes(meta.documents, bits) ||
        !set->AddPacked(bytes.data() + 2, meta.documents, bits))
        bytes_->SetDamaged();
}

Result<std::shared_ptr<const Segment>> Segment::Open(std::unique_ptr<SegmentBytes> bytes) {
    std::shared_ptr<Segment> self(new Segment());
    self->bytes_ = std::move(bytes);
    BLASTY_RETURN_IF_ERROR(self->Parse());
    self->sets_ = std::make_unique<SetCache>(self->documents_);
    return std::shared_ptr<const Segment>(std::move(self));
}

Status Segment::Parse() {
    const Status damaged = MakeError(StatusCode::kDataLoss, "SEGMENT_DAMAGED",
                                     "the table of contents of a segment makes no sense");
    ByteReader in(bytes_->contents());
    if (const uint64_t version = in.Varint(); in.ok() && version != kVersion) {
        return MakeError(
            StatusCode::kFailedPrecondition, "SEGMENT_VERSION_UNKNOWN",
            StrCat("a segment has format ", version, ", this program reads ", kVersion));
    }
    const uint64_t documents = in.Varint(), fields = in.Varint();
    if (!in.ok() || documents > kDocsPerSegmentMax || fields > kFieldsMax) return damaged;
    documents_ = static_cast<uint32_t>(documents);
    const auto read_place = [&](SegmentField::Place* place) {
        place->offset = in.Varint();
        place->size = in.Varint();
        place->there = true;
    };
    for (uint64_t i = 0; i < fields; ++i) {
        auto field = std::make_unique<SegmentField>();
        field->bytes_ = bytes_.get();
        field->documents_ = documents_;
        field->info_.name = in.Sized();
        field->info_.kind = static_cast<FieldKind>(in.Fixed<uint8_t>());
        while (const auto section = in.Fixed<uint8_t>()) {
            if (section >= field->places_.size()) return damaged;
            read_place(&field->places_[section]);
            if (static_cast<Section>(section) == Section::kTerms)
                field->terms_ = static_cast<uint32_t>(in.Varint());
            if (static_cast<Section>(section) == Section::kLengths) field->tokens_ = in.Varint();
            if (static_cast<Section>(section) == Section::kLengths ||
                static_cast<Section>(section) == Section::kOrdinals)
                field->documents_with_ = in.Varint();
        }
        fields_.push_back(std::move(field));
        if (!in.ok()) return damaged;
    }
    while (const auto section = in.Fixed<uint8_t>()) {
        switch (static_cast<Section>(section)) {
            case Section::kKeys:
                read_place(&keys_);
                break;
            case Section::kKeyOffsets:
                read_place(&key_ends_);
                break;
            case Section::kKeyTable:
                read_place(&key_table_);
                break;
            default:
                return damaged;
        }
    }
    const bool whole = keys_.there && key_ends_.size == documents * 4 && key_table_.there &&
                       key_table_.size % 4 == 0 && key_table_.size > documents * 4;
    return in.done() && whole ? OkStatus() : damaged;
}

const SegmentField* Segment::Field(std::string_view name) const {
    for (const auto& field : fields_) {
        if (field->info().name == name) return field.get();
    }
    return nullptr;
}

std::string_view Segment::Key(uint32_t doc) const {
    const std::string_view ends = bytes_->Range(key_ends_.offset, key_ends_.size);
    if (ends.size() < (uint64_t{doc} + 1) * 4) return {};
    const uint32_t start = doc == 0 ? 0 : GetFixed<uint32_t>(&ends[(doc - 1) * size_t{4}]);
    const uint32_t end = GetFixed<uint32_t>(&ends[doc * size_t{4}]);
    if (start > end || end > keys_.size) {
        SetDamaged();
        return {};
    }
    return bytes_->Range(keys_.offset + start, end - start);
}

uint32_t Segment::Find(std::string_view key) const {
    if (documents_ == 0) return kEnd;
    const std::string_view table = bytes_->Range(key_table_.offset, key_table_.size);
    const size_t slots = table.size() / 4;
    if (slots == 0) return kEnd;
    size_t slot = HashKey(key) % slots;
    for (size_t tried = 0; tried < slots; ++tried) {
        const uint32_t doc = GetFixed<uint32_t>(&table[slot * 4]);
        if (doc == 0) return kEnd;
        if (doc > documents_) break;
        if (Key(doc - 1) == key) return doc - 1;
        slot = slot + 1 == slots ? 0 : slot + 1;
    }
    SetDamaged();
    return kEnd;
}

}  // namespace blasty::index::internal
