#include "topics/internal/dedup.h"

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

void Dedup::ForEach(const std::function<void(const IdKey&, const Entry&)>& visit) const {
    for (const Aged& aged : order_) {
        auto found = entries_.find(IdView{aged.topic, aged.id});
        if (found != entries_.end() && found->second.sequence == aged.sequence) {
            visit(found->first, found->second);
        }
    }
}

}  // namespace blasty::topics::internal
