#include "rpc/internal/reader_group.h"

#include <algorithm>
#include <utility>

#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"

namespace blasty::rpc {
namespace {

// A reader this far ahead of the group takes the group along instead of reading the way.
constexpr uint64_t kApproachMax = 100'000;
constexpr int kApproachFetchesMax = 4;

size_t CostOf(const Chunk& chunk) {
    return chunk.body.size() + chunk.entries.capacity() * sizeof(Chunk::Entry) + sizeof(Chunk) +
           128;
}

std::string KeyOf(std::vector<std::string> patterns) {
    std::sort(patterns.begin(), patterns.end());
    std::string key;
    for (const auto& pattern : patterns) key.append(pattern).push_back('\n');
    return key;
}

}  // namespace

Status FetchChunk(topics::Reader& reader, const topics::FetchLimits& limits, Chunk* chunk) {
    thread_local std::vector<topics::Message> messages;
    messages.clear();
    chunk->from = reader.position().value();
    Status status = reader.Fetch(limits, &messages);
    std::string body;
    chunk->entries.reserve(messages.size());
    for (const topics::Message& message : messages) {
        if (!status.ok()) break;
        status = AppendDelivered(message, 0, &body);
        chunk->entries.push_back({message.sequence.value(), static_cast<uint32_t>(body.size())});
    }
    messages.clear();
    BLASTY_RETURN_IF_ERROR(status);
    chunk->to = reader.position().value();
    chunk->body = SliceOf(std::move(body));
    return OkStatus();
}

Result<std::shared_ptr<ReaderGroup>> FanOut::GroupOf(const std::vector<std::string>& patterns,
                                                     uint64_t position,
                                                     const std::shared_ptr<Shard>& shard) {
    const std::string key = KeyOf(patterns);
    const auto found = groups_.find(key);
    if (found != groups_.end()) {
        if (auto group = found->second.lock()) return group;
    }
    auto group = std::make_shared<ReaderGroup>(*this, key, patterns, shard);
    BLASTY_RETURN_IF_ERROR(group->Reset(position));
    groups_[key] = group;
    return group;
}

ReaderGroup::ReaderGroup(FanOut& owner, std::string key, std::vector<std::string> patterns,
                         std::shared_ptr<Shard> shard)
    : owner_(owner),
      key_(std::move(key)),
      patterns_(std::move(patterns)),
      shard_(std::move(shard)) {}

ReaderGroup::~ReaderGroup() = default;

Status ReaderGroup::Reset(uint64_t position) {
    topics::ReaderOptions options;
    options.patterns = patterns_;
    options.start = {topics::Start::Kind::kSequence, Sequence(position), 0};
    auto reader = owner_.topics_.OpenReader(options, [weak = weak_from_this()] {
        if (const auto group = weak.lock()) group->shard_->Schedule(group);
    });
    BLASTY_RETURN_IF_ERROR(reader.status());
    reader_ = *std::move(reader);
    Drop(chunks_.size());
    begin_ = end_ = position;
    gone_ = false;
    RunOnShard();  // the new reader owes no wake-up yet
    return OkStatus();
}

void ReaderGroup::Drop(size_t chunks) {
    for (; chunks > 0; --chunks) {
        const size_t cost = CostOf(chunks_.front());
        bytes_ -= cost;
        owner_.cached_bytes_ -= cost;
        begin_ = chunks_.front().to;
        chunks_.pop_front();
    }
}

void ReaderGroup::Evict() {
    while (chunks_.size() > 1 &&
           (bytes_ > kGroupCacheBytes || owner_.cached_bytes_ > kShardCacheBytes)) {
        Drop(1);
    }
}

Status ReaderGroup::FetchMore() {
    Chunk chunk;
    const topics::FetchLimits limits{kBatchMessages, kBatchBytesDefault};
    const Status status = FetchChunk(*reader_, limits, &chunk);
    if (!status.ok()) {
        if (ReasonOf(status) != "SEQUENCE_GONE") return status;
        // The streams notice by themselves, and each reads over the gap alone.
        Drop(chunks_.size());
        gone_ = true;
        RunOnShard();
        return OkStatus();
    }
    chunk.from = end_;
    chunk.to = std::max(chunk.to, end_);
    end_ = chunk.to;
    if (chunk.entries.empty()) {
        if (chunks_.empty()) {
            begin_ = end_;
        } else {
            chunks_.back().to = end_;
        }
        return OkStatus();
    }
    const size_t cost = CostOf(chunk);
    bytes_ += cost;
    owner_.cached_bytes_ += cost;
    chunks_.push_back(std::move(chunk));
    Evict();
    return OkStatus();
}

Status ReaderGroup::Approach(uint64_t position) {
    if (gone_) return Reset(position);
    if (position > end_ && (active_ == 0 || position - end_ > kApproachMax)) {
        return Reset(position);
    }
    for (int i = 0; position > end_ && i < kApproachFetchesMax; ++i) {
        const uint64_t before = end_;
        BLASTY_RETURN_IF_ERROR(FetchMore());
        if (end_ == before) break;
    }
    return OkStatus();
}

Result<Taken> ReaderGroup::Take(uint64_t position, const TakeLimits& limits) {
    Taken taken;
    taken.next = position;
    if (position == end_) {
        BLASTY_RETURN_IF_ERROR(FetchMore());
        if (!Holds(position)) return taken;
    }
    auto chunk = std::upper_bound(chunks_.begin(), chunks_.end(), position,
                                  [](uint64_t p, const Chunk& c) { return p < c.to; });
    size_t bytes = 0;
    for (; chunk != chunks_.end() && taken.parts.size() < kFramePartsMax; ++chunk) {
        const auto& entries = chunk->entries;
        const auto first = static_cast<size_t>(
            std::lower_bound(entries.begin(), entries.end(), taken.next,
                             [](const Chunk::Entry& e, uint64_t p) { return e.sequence < p; }) -
            entries.begin());
        const size_t begin = first == 0 ? 0 : entries[first - 1].end;
        size_t last = first;
        while (last < entries.size() && taken.messages + (last - first) < limits.messages) {
            const size_t with = bytes + entries[last].end - begin;
            if (with > limits.bytes && taken.messages + (last - first) > 0) break;
            ++last;
        }
        if (last > first) {
            const size_t end = entries[last - 1].end;
            taken.parts.push_back(
                first == 0 && last == entries.size() ? chunk->body : chunk->body.sub(begin, end));
            bytes += end - begin;
            taken.messages += last - first;
        }
        if (last < entries.size()) {
            if (last > first) taken.next = entries[last - 1].sequence + 1;
            break;
        }
        taken.next = chunk->to;
    }
    // Alone, nobody else wants what was just taken.
    if (users_ == 1) {
        size_t past = 0;
        while (past < chunks_.size() && chunks_[past].to <= taken.next) ++past;
        Drop(past);
    }
    return taken;
}

void ReaderGroup::Wait(ShardItem* stream, std::weak_ptr<ShardItem> ref) {
    waiting_.emplace(stream, std::move(ref));
}

void ReaderGroup::Leave(ShardItem* stream) {
    waiting_.erase(stream);
    if (--users_ > 0) return;
    Drop(chunks_.size());
    reader_.reset();  // here, not where a late wake-up drops the last reference
    const auto found = owner_.groups_.find(key_);
    if (found != owner_.groups_.end() && found->second.lock().get() == this) {
        owner_.groups_.erase(found);
    }
}

void ReaderGroup::RunOnShard() {
    absl::flat_hash_map<ShardItem*, std::weak_ptr<ShardItem>> waiting;
    waiting.swap(waiting_);
    for (auto& [key, ref] : waiting) {
        if (auto stream = ref.lock()) shard_->Schedule(std::move(stream));
    }
}

}  // namespace blasty::rpc
