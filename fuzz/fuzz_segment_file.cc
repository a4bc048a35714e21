// A segment of an index with arbitrary bytes over parts of it, whose checksums fit again: it is
// refused or searched, and nothing read leads outside of it.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "base/strings.h"
#include "index/explain.h"
#include "index/internal/random_query.h"
#include "index/internal/segment_merger.h"
#include "index/internal/snapshot_edit.h"
#include "index/internal/test_corpus.h"
#include "index/search.h"
#include "index/terms.h"

namespace blasty::index::internal {
namespace {

constexpr size_t kTrailerBytes = 32;

// Long enough for lists of several blocks.
std::string SoundSegment() {
    std::mt19937 random(1);
    std::vector<TestDocument> documents;
    for (int i = 0; i < 300; ++i) documents.push_back(RandomDocument(random, StrCat("k", i), 40));
    std::string bytes;
    BLASTY_CHECK(BuildSegment(documents, &bytes) != nullptr);
    return bytes;
}

std::vector<QueryPtr> SomeQueries() {
    std::mt19937 random(2);
    std::vector<QueryPtr> queries;
    for (int i = 0; i < 24; ++i) queries.push_back(RandomQuery(random, i % 3));
    return queries;
}

// Each change: place (2 bytes), how many bytes (1), the bytes.
void Change(std::string_view changes, std::string* bytes) {
    while (changes.size() > 3) {
        const auto byte = [&](size_t i) {
            return static_cast<size_t>(static_cast<unsigned char>(changes[i]));
        };
        const size_t at = (byte(0) << 8 | byte(1)) % (bytes->size() - kTrailerBytes);
        const size_t count =
            std::min({byte(2) % 16 + 1, changes.size() - 3, bytes->size() - kTrailerBytes - at});
        std::memcpy(bytes->data() + at, changes.data() + 3, count);
        changes.remove_prefix(3 + count);
    }
}

// The table of contents and the trailer are believed again.
void Seal(std::string* bytes) {
    char* const trailer = bytes->data() + bytes->size() - kTrailerBytes;
    const auto contents = GetFixed<uint64_t>(trailer);
    const std::string_view tail(bytes->data() + contents, bytes->size() - kTrailerBytes - contents);
    uint32_t crc = Crc32c(tail);
    std::memcpy(trailer + 16, &crc, sizeof(crc));
    crc = Crc32c(std::string_view(trailer, 20));
    std::memcpy(trailer + 20, &crc, sizeof(crc));
}

void Ask(const Snapshot& snapshot, const QueryPtr& query, bool exact) {
    SearchRequest request{.query = query, .size = 5, .exact_total = exact};
    if (exact) {
        request.facets.push_back({.name = "t", .field = "tag", .sums_field = "size"});
        request.sort = {{.by = SortKey::By::kField, .field = "size"},
                        {.by = SortKey::By::kDistance, .field = "place"},
                        {.by = SortKey::By::kKey}};
    }
    const auto found = Search(snapshot, request);
    if (!found.ok()) return;
    for (const Hit& hit : found->hits) {
        BLASTY_CHECK(hit.doc < snapshot.segments[hit.segment].segment->documents());
        static_cast<void>(Explain(snapshot, query, hit).ok());
    }
}

void MergeSome(const SegmentPtr& segment) {
    DocBits deleted((segment->documents() + 63) / 64);
    if (!deleted.empty()) deleted[0] = 0x5555;
    SegmentSink sink;
    const std::atomic<bool> never{false};
    static_cast<void>(
        Merge({{.segment = segment}, {.segment = segment, .deleted = deleted}}, sink, never).ok());
}

void Feed(const uint8_t* data, size_t size) {
    static const auto* const sound = new std::string(SoundSegment());
    static const auto* const queries = new std::vector<QueryPtr>(SomeQueries());
    if (size < 5) return;
    std::string bytes = *sound;
    Change({reinterpret_cast<const char*>(data) + 1, size - 1}, &bytes);
    Seal(&bytes);
    auto opened = SegmentBytes::Open(std::move(bytes), true);
    if (!opened.ok()) return;
    const auto segment = Segment::Open(*std::move(opened));
    // A count of documents that takes all memory to answer is no finding.
    if (!segment.ok() || (*segment)->documents() > 100'000) return;
    Snapshot snapshot;
    static_cast<void>(AddSegment({.segment = *segment}, {}, &snapshot).ok());
    for (size_t i = 0; i < 4; ++i)
        Ask(snapshot, (*queries)[(data[0] + i) % queries->size()], i % 2 == 0);
    static_cast<void>(
        ForEachTerm(snapshot, "body", nullptr, 100, [](std::string_view, uint64_t, uint32_t) {
        }).ok());
    for (uint32_t doc = 0; doc < std::min<uint32_t>((*segment)->documents(), 500); ++doc)
        static_cast<void>((*segment)->Find((*segment)->Key(doc)));
    MergeSome(*segment);
}

}  // namespace
}  // namespace blasty::index::internal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    blasty::index::internal::Feed(data, size);
    return 0;
}
