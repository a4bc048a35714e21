#include "index/internal/manifest.h"

#include <charconv>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"
#include "index/limits.h"

namespace blasty::index::internal {
namespace {

constexpr std::string_view kManifestMagic = "BLSTIDX1";
constexpr std::string_view kPrefix = "segment-", kSuffix = ".seg";

Status Damaged() {
    return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED",
                     "the list of an index's segments is damaged");
}

}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
    std::string out(kManifestMagic);
    PutSized(out, manifest.definition);
    PutVarint(out, manifest.sequence.value());
    PutVarint(out, manifest.next_id);
    PutVarint(out, manifest.segments.size());
    for (const Manifest::Entry& entry : manifest.segments) {
        PutVarint(out, entry.id);
        PutVarint(out, entry.documents);
        PutSized(out, std::string_view(reinterpret_cast<const char*>(entry.deleted.data()),
                                       entry.deleted.size() * sizeof(uint64_t)));
    }
    PutFixed<uint32_t>(out, Crc32c(out));
    return out;
}

Result<Manifest> DecodeManifest(std::string_view bytes) {
    if (bytes.size() < kManifestMagic.size() + 4) return Damaged();
    const std::string_view body = bytes.substr(0, bytes.size() - 4);
    if (GetFixed<uint32_t>(&bytes[body.size()]) != Crc32c(body)) return Damaged();
    if (body.substr(0, kManifestMagic.size()) != kManifestMagic) {
        return MakeError(StatusCode::kFailedPrecondition, "INDEX_OUTDATED",
                         "the index was written in another format");
    }
    ByteReader in(body.substr(kManifestMagic.size()));
    Manifest manifest;
    manifest.definition = in.Sized();
    manifest.sequence = Sequence(in.Varint());
    manifest.next_id = in.Varint();
    const uint64_t segments = in.Varint();
    for (uint64_t i = 0; i < segments && in.ok(); ++i) {
        Manifest::Entry& entry = manifest.segments.emplace_back();
        entry.id = in.Varint();
        const uint64_t documents = in.Varint();
        const std::string_view deleted = in.Sized();
        if (documents > kDocsPerSegmentMax ||
            (!deleted.empty() && deleted.size() != (documents + 63) / 64 * 8)) {
            return Damaged();
        }
        entry.documents = static_cast<uint32_t>(documents);
        for (size_t at = 0; at < deleted.size(); at += 8)
            entry.deleted.push_back(GetFixed<uint64_t>(&deleted[at]));
    }
    if (!in.done()) return Damaged();
    return manifest;
}

std::string ManifestPath(const std::string& directory) { return directory + "/manifest"; }

std::string SegmentPath(const std::string& directory, uint64_t id) {
    return StrCat(directory, "/", kPrefix, id, kSuffix);
}

uint64_t SegmentIdOf(std::string_view name) {
    if (name.size() <= kPrefix.size() + kSuffix.size() ||
        name.substr(0, kPrefix.size()) != kPrefix ||
        name.substr(name.size() - kSuffix.size()) != kSuffix) {
        return 0;
    }
    name = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
    uint64_t id = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), id);
    return parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() ? id : 0;
}

}  // namespace blasty::index::internal
