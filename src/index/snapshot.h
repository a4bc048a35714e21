// What an index holds at one sequence: immutable, shared by everyone who searches it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "index/fields.h"

namespace blasty::index {

namespace internal {
class Segment;
}

// Of the living documents.
struct FieldTotals {
    FieldKind kind = FieldKind::kText;
    uint64_t tokens = 0;          // of text
    uint64_t documents_with = 0;  // of text: with at least one token
};

struct SnapshotSegment {
    uint64_t id = 0;
    std::shared_ptr<const internal::Segment> segment = nullptr;
    // A bit a document; null: none is deleted.
    std::shared_ptr<const std::vector<uint64_t>> deleted = nullptr;
    uint32_t living = 0;
    bool on_disk = false;
};

// Thread-safe: it never changes.
struct Snapshot {
    Sequence sequence;
    std::vector<SnapshotSegment> segments;  // oldest documents first
    std::map<std::string, FieldTotals, std::less<>> fields;
    uint64_t documents = 0;  // living

    const FieldTotals* Field(std::string_view name) const {
        const auto found = fields.find(name);
        return found == fields.end() ? nullptr : &found->second;
    }
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace blasty::index
