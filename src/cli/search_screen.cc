#include "cli/search_screen.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/output.h"
#include "cli/search_format.h"
#include "cli/value_text.h"
#include "cli/watch_format.h"

namespace blasty::cli {
namespace {

constexpr size_t kCellBytes = 4096;
constexpr size_t kWidthMax = 200;  // of what is remembered of a column

}  // namespace

void SearchScreen::SetColumns(const std::vector<v1::Column>& columns) {
    titles_.clear();
    widths_.resize(2);
    for (const v1::Column& column : columns) {
        titles_.push_back(Printable(column.name(), 200));
        widths_.push_back(DisplayWidth(titles_.back()));
    }
    changed_ = true;
}

std::vector<std::string> SearchScreen::Cells(const v1::Event& event) const {
    std::vector<std::string> out = {KeyText(event.key(), kCellBytes),
                                    event.score() != 0 ? ScoreText(event.score()) : ""};
    for (const v1::Value& value : event.row().values()) out.push_back(CellText(value, kCellBytes));
    out.resize(2 + titles_.size());
    return out;
}

SearchScreen::Entries::iterator SearchScreen::PlaceOf(uint32_t position) {
    if (position >= live_) return entries_.end();
    auto at = entries_.begin();
    for (uint32_t before = 0; at != entries_.end(); ++at) {
        if (at->mark == '-') continue;
        if (before++ == position) break;
    }
    return at;
}

void SearchScreen::Put(const v1::Event& event, char mark, int64_t now_us) {
    const std::string key = event.key().SerializeAsString();
    const auto known = by_key_.find(key);
    Entries::iterator place = entries_.end();
    if (known != by_key_.end()) {
        // Entered a moment ago and changed since: it still is new to the reader.
        if (mark == '~' && known->second->mark == '+') mark = '+';
        if (known->second->mark != '-') --live_;
        place = entries_.erase(known->second);
    }
    if (event.has_position()) place = PlaceOf(event.position());
    by_key_[key] = entries_.insert(place, {event, mark, now_us});
    ++live_;
    const std::vector<std::string> cells = Cells(event);
    for (size_t i = 0; i < cells.size(); ++i)
        widths_[i] = std::max(widths_[i], std::min(DisplayWidth(cells[i]), kWidthMax));
}

void SearchScreen::Leave(const v1::Event& event, int64_t now_us) {
    const auto known = by_key_.find(event.key().SerializeAsString());
    if (known == by_key_.end() || known->second->mark == '-') return;
    --live_;
    known->second->mark = '-';
    known->second->marked_us = now_us;
}

void SearchScreen::Count(const v1::Event& event, int64_t now_us) {
    total_ = event.total();
    std::map<std::pair<size_t, std::string>, uint64_t> before;
    for (size_t i = 0; i < facets_.size(); ++i)
        for (const v1::Facet::Bucket& bucket : facets_[i].buckets())
            before[{i, BucketName(bucket)}] = bucket.count();
    facets_.assign(event.facets().begin(), event.facets().end());
    if (!ready_) return;
    for (size_t i = 0; i < facets_.size(); ++i) {
        for (const v1::Facet::Bucket& bucket : facets_[i].buckets()) {
            const std::pair<size_t, std::string> name(i, BucketName(bucket));
            const auto was = before.find(name);
            if (was == before.end() || was->second != bucket.count()) moved_[name] = now_us;
        }
    }
}

void SearchScreen::Clear() {
    entries_.clear();
    by_key_.clear();
    moved_.clear();
}

bool SearchScreen::Expire(int64_t now_us) {
    const auto over = [now_us](int64_t marked_us) { return now_us - marked_us >= kMarkUs; };
    bool any = std::erase_if(moved_, [&](const auto& one) { return over(one.second); }) > 0;
    for (auto at = entries_.begin(); at != entries_.end();) {
        const auto entry = at++;
        if (entry->mark == ' ' || !over(entry->marked_us)) continue;
        any = true;
        if (entry->mark == '-') {
            by_key_.erase(entry->event.key().SerializeAsString());
            entries_.erase(entry);
        } else {
            entry->mark = ' ';
        }
    }
    changed_ = changed_ || any;
    return any;
}

std::vector<std::string> SearchScreen::Keys() const {
    std::vector<std::string> out;
    for (const Entry& entry : entries_)
        if (entry.mark != '-') out.push_back(KeyText(entry.event.key(), kCellBytes));
    return out;
}

}  // namespace blasty::cli
