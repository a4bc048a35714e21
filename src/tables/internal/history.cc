#include "tables/internal/history.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"

namespace blasty::tables::internal {
namespace {

constexpr std::string_view kWord = "history_from ";

}  // namespace

Result<std::unique_ptr<History>> History::Load(io::FileSystem& fs, const std::string& directory) {
    std::string path = directory + "/tables.history";
    const Result<std::string> text = io::ReadFile(fs, path, 1024);
    if (!text.ok()) {
        if (ReasonOf(text.status()) != "FILE_NOT_FOUND") return text.status();
        return std::unique_ptr<History>(new History(fs, std::move(path), 1));
    }
    uint64_t from = 0;
    bool good = text->starts_with(kWord) && text->ends_with('\n');
    if (good) {
        const char* const end = text->data() + text->size() - 1;
        const auto parsed = std::from_chars(text->data() + kWord.size(), end, from);
        good = parsed.ec == std::errc() && parsed.ptr == end && from > 0;
    }
    if (!good)
        return MakeError(
            StatusCode::kDataLoss, "TABLES_DAMAGED",
            StrCat("'", path, "' is not '", kWord, "NUMBER'; restore it from a backup"));
    return std::unique_ptr<History>(new History(fs, std::move(path), from));
}

Status History::Advance(const log::Log& log, int64_t oldest_us, bool store) {
    uint64_t from = from_.load();
    for (const log::SegmentInfo& segment : log.Segments()) {
        from = std::max(from, segment.first.value());
        if (!segment.sealed || segment.last_commit_time_us >= oldest_us) break;
    }
    if (store && from != stored_) {
        BLASTY_RETURN_IF_ERROR(io::WriteFileAtomically(fs_, path_, StrCat(kWord, from, "\n")));
        stored_ = from;
    }
    from_.store(from, std::memory_order_release);
    return OkStatus();
}

}  // namespace blasty::tables::internal
