#include "topics/internal/dedup.h"

#include <algorithm>

namespace blasty::topics::internal {

const Dedup::Entry* Dedup::Find(StreamId topic, std::string_view id, int64_t now_us) const {
    auto found = entries_.find(IdView{topic, id});
    if (found == entries_.end()) return nullptr;
    const Entry& entry = found->second;
    if (entry.sequence != 0 && entry.time_us < now_us - window_us_) return nullptr;
    return &entry;
}

void Dedup::Begin(StreamId topic, std::string_view id, std::shared_ptr<Flight> flight,
                  uint32_t index) {
    Entry& entry = entries_[IdKey{topic, std::string(id)}];
    entry = {0, 0, std::move(flight), index};
}

void Dedup::Abort(StreamId topic, std::string_view id, const Flight* flight) {
    auto found = entries_.find(IdView{topic, id});
    if (found != entries_.end() && found->second.flight.get() == flight) entries_.erase(found);
}

void Dedup::Commit(StreamId topic, std::string_view id, uint64_t sequence, int64_t time_us) {
    auto found = entries_.find(IdView{topic, id});
    if (found == entries_.end()) {
        found = entries_.emplace(IdKey{topic, std::string(id)}, Entry()).first;
    }
    found->second = {sequence, time_us, nullptr, 0};
    order_.push_back({topic, sequence, time_us, std::string(id)});
}

void Dedup::Expire(int64_t now_us) {
    while (!order_.empty() &&
           (order_.front().time_us < now_us - window_us_ || order_.size() > ids_max_)) {
        const Aged& oldest = order_.front();
        auto found = entries_.find(IdView{oldest.topic, oldest.id});
        // A later record may have the id by now.
        if (found != entries_.end() && found->second.sequence == oldest.sequence) {
            entries_.erase(found);
        }
        order_.pop_front();
    }
}

bool Dedup::ForEach(const Page& page,
                    const std::function<void(const IdKey&, const Entry&)>& visit) const {
    auto at =
        std::upper_bound(order_.begin(), order_.end(), *page.after,
                         [](uint64_t after, const Aged& aged) { return after < aged.sequence; });
    for (size_t left = page.size; at != order_.end() && at->sequence <= page.until; ++at, --left) {
        if (left == 0) return true;
        *page.after = at->sequence;
        auto found = entries_.find(IdView{at->topic, at->id});
        if (found != entries_.end() && found->second.sequence == at->sequence) {
            visit(found->first, found->second);
        }
    }
    return false;
}

}  // namespace blasty::topics::internal
