#include "index/internal/snapshot_edit.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blasty::index::internal {
namespace {

void Forget(const Segment& segment, uint32_t doc, Snapshot* snapshot) {
    --snapshot->documents;
    for (const auto& field : segment.fields()) {
        const LengthColumn* lengths = field->lengths();
        FieldTotals& totals = snapshot->fields[field->info().name];
        if (lengths != nullptr) {
            const uint32_t length = (*lengths)[doc];
            totals.tokens -= std::min<uint64_t>(totals.tokens, length);
            if (length > 0 && totals.documents_with > 0) --totals.documents_with;
        } else if (const OrdinalColumn* ordinals = field->ordinals()) {
            if (ordinals->shape().Has(doc) && totals.documents_with > 0) --totals.documents_with;
        }
    }
}

}  // namespace

Status AddSegment(SnapshotSegment part, DocBits deleted, Snapshot* snapshot) {
    const Segment& segment = *part.segment;
    part.living = segment.documents();
    snapshot->documents += segment.documents();
    for (const auto& field : segment.fields()) {
        FieldTotals& totals = snapshot->fields[field->info().name];
        totals.kind = field->info().kind;
        totals.tokens += field->tokens();
        totals.documents_with += field->documents_with();
    }
    for (uint32_t doc = 0; doc < segment.documents() && !deleted.empty(); ++doc) {
        if (!Has(deleted, doc)) continue;
        --part.living;
        Forget(segment, doc, snapshot);
    }
    if (!deleted.empty()) part.deleted = std::make_shared<const DocBits>(std::move(deleted));
    const bool damaged = segment.damaged();
    snapshot->segments.push_back(std::move(part));
    if (!damaged) return OkStatus();
    return MakeError(StatusCode::kDataLoss, "SEGMENT_DAMAGED", "a segment is damaged");
}

bool Deletions::Delete(std::string_view key, Snapshot* snapshot) {
    for (size_t i = snapshot->segments.size(); i > 0; --i) {
        SnapshotSegment& part = snapshot->segments[i - 1];
        if (part.living == 0) continue;
        const uint32_t doc = part.segment->Find(key);
        if (doc == kEnd) continue;
        const auto changed = changed_.find(i - 1);
        const DocBits* bits =
            changed != changed_.end() ? changed->second.get() : part.deleted.get();
        if (bits != nullptr && Has(*bits, doc)) continue;
        std::shared_ptr<DocBits>& own = changed_[i - 1];
        if (own == nullptr) {
            own = part.deleted != nullptr
                      ? std::make_shared<DocBits>(*part.deleted)
                      : std::make_shared<DocBits>((part.segment->documents() + 63) / 64, 0);
        }
        (*own)[doc / 64] |= uint64_t{1} << (doc % 64);
        --part.living;
        Forget(*part.segment, doc, snapshot);
        return true;
    }
    return false;
}

void Deletions::Install(Snapshot* snapshot) {
    for (auto& [i, bits] : changed_) snapshot->segments[i].deleted = std::move(bits);
    changed_.clear();
}

Status ReplaceRun(const MergedSegment& merged, Snapshot* snapshot) {
    auto& segments = snapshot->segments;
    const auto first =
        std::find_if(segments.begin(), segments.end(),
                     [&](const SnapshotSegment& part) { return part.id == merged.sources[0].id; });
    const auto at = static_cast<size_t>(first - segments.begin());
    BLASTY_CHECK(at + merged.sources.size() <= segments.size());
    SnapshotSegment part{.id = merged.id,
                         .segment = merged.segment,
                         .deleted = nullptr,
                         .living = merged.segment->documents(),
                         .on_disk = merged.on_disk};
    std::shared_ptr<DocBits> deleted;
    for (size_t i = 0; i < merged.sources.size(); ++i) {
        const SnapshotSegment& now = segments[at + i];
        BLASTY_CHECK(now.id == merged.sources[i].id);
        if (now.deleted == merged.sources[i].deleted) continue;
        for (uint32_t doc = 0; doc < merged.numbers[i].size(); ++doc) {
            const uint32_t number = merged.numbers[i][doc];
            if (number == kEnd || !Has(*now.deleted, doc)) continue;
            if (deleted == nullptr)
                deleted = std::make_shared<DocBits>((part.segment->documents() + 63) / 64, 0);
            (*deleted)[number / 64] |= uint64_t{1} << (number % 64);
            --part.living;
        }
    }
    part.deleted = std::move(deleted);
    segments.erase(segments.begin() + static_cast<ptrdiff_t>(at) + 1,
                   segments.begin() + static_cast<ptrdiff_t>(at + merged.sources.size()));
    segments[at] = std::move(part);
    return OkStatus();
}

}  // namespace blasty::index::internal
