// One immutable segment: documents with their terms and columns.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/fields.h"
#include "index/internal/columns.h"
#include "index/internal/dictionary.h"
#include "index/internal/doc_set.h"
#include "index/internal/format.h"
#include "index/internal/postings.h"
#include "index/internal/segment_bytes.h"
#include "index/internal/set_cache.h"

namespace blasty::index::internal {

// A field of a segment. Columns and dictionary are verified and opened when first asked for; null:
// the field has none, or it is damaged (then the segment says so). Thread-safe.
class SegmentField {
  public:
    const FieldInfo& info() const { return info_; }
    uint32_t terms() const { return terms_; }
    // Of text: tokens of all documents. Of text and keywords: documents with any.
    uint64_t tokens() const { return tokens_; }
    uint64_t documents_with() const { return documents_with_; }

    const Dictionary* dictionary() const;
    const LengthColumn* lengths() const;
    const OrdinalColumn* ordinals() const;
    const NumberColumn* numbers() const;
    const PointColumn* points() const;
    // The list of a term of this field's dictionary.
    Postings List(const TermMeta& meta) const;
    // Adds the documents of such a list to a set of the segment's.
    void AddList(const TermMeta& meta, DocSet* set) const;

  private:
    friend class Segment;
    struct Place {
        uint64_t offset = 0, size = 0;
        bool there = false;
    };
    template <typename Column>
    struct Lazy {
        std::once_flag once;
        Column column;
        bool good = false;
    };
    template <typename Column>
    const Column* Open(Lazy<Column>& lazy, Section section) const;
    const Place& place(Section section) const { return places_[static_cast<size_t>(section)]; }

    // Empty, and the segment damaged, when there is no such list.
    std::string_view BytesOf(const TermMeta& meta) const;

    const SegmentBytes* bytes_ = nullptr;
    FieldInfo info_;
    uint32_t documents_ = 0, terms_ = 0;
    uint64_t tokens_ = 0, documents_with_ = 0;
    std::array<Place, 11> places_;
    mutable Lazy<Dictionary> dictionary_;
    mutable Lazy<LengthColumn> lengths_;
    mutable Lazy<OrdinalColumn> ordinals_;
    mutable Lazy<NumberColumn> numbers_;
    mutable Lazy<PointColumn> points_;
};

// Thread-safe.
class Segment {
  public:
    // SEGMENT_DAMAGED (DATA_LOSS), SEGMENT_VERSION_UNKNOWN (FAILED_PRECONDITION).
    static Result<std::shared_ptr<const Segment>> Open(std::unique_ptr<SegmentBytes> bytes);

    uint32_t documents() const { return documents_; }
    uint64_t bytes() const { return bytes_->size(); }
    // Something that was read makes no sense: answers from it are not to be trusted.
    bool damaged() const { return bytes_->damaged(); }
    void SetDamaged() const { bytes_->SetDamaged(); }

    const std::vector<std::unique_ptr<SegmentField>>& fields() const { return fields_; }
    // Null: no document has it.
    const SegmentField* Field(std::string_view name) const;

    // Of its documents, deleted ones too.
    SetCache& sets() const { return *sets_; }

    // REQUIRES doc < documents().
    std::string_view Key(uint32_t doc) const;
    // The document with this key; kEnd: none.
    uint32_t Find(std::string_view key) const;

  private:
    Segment() = default;
    Status Parse();

    std::unique_ptr<SegmentBytes> bytes_;
    uint32_t documents_ = 0;
    std::vector<std::unique_ptr<SegmentField>> fields_;
    std::unique_ptr<SetCache> sets_;
    SegmentField::Place keys_, key_ends_, key_table_;
};

using SegmentPtr = std::shared_ptr<const Segment>;

}  // namespace blasty::index::internal
