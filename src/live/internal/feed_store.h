// The feeds of a matcher: 16 bytes and the parameters each.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace blasty::live::internal {

class FeedStore {
  public:
    struct Feed {
        uint32_t query = kNone;  // number of its template
        std::unique_ptr<char[]> parameters;
    };
    static constexpr uint32_t kNone = ~uint32_t{0};

    // Null: not there.
    const Feed* Find(uint32_t id) const {
        const size_t page = id / kPage;
        if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
        const Feed& feed = (*pages_[page])[id % kPage];
        return feed.query == kNone ? nullptr : &feed;
    }
    // Starts to fetch what Find will read.
    void Prefetch(uint32_t id) const {
        const size_t page = id / kPage;
        if (page < pages_.size() && pages_[page] != nullptr) {
            __builtin_prefetch(&(*pages_[page])[id % kPage]);
        }
    }
    static std::string_view ParametersOf(const Feed& feed) {
        return {feed.parameters.get() + sizeof(uint32_t),
                GetFixed<uint32_t>(feed.parameters.get())};
    }
    void Put(uint32_t id, uint32_t query, std::string_view parameters) {
        const size_t page = id / kPage;
        if (page >= pages_.size()) pages_.resize(page + 1);
        if (pages_[page] == nullptr) pages_[page] = std::make_unique<Page>(kPage);
        Feed& feed = (*pages_[page])[id % kPage];
        feed.query = query;
        feed.parameters = std::make_unique<char[]>(sizeof(uint32_t) + parameters.size());
        const auto size = static_cast<uint32_t>(parameters.size());
        std::memcpy(feed.parameters.get(), &size, sizeof(size));
        if (size != 0) {
            std::memcpy(feed.parameters.get() + sizeof(size), parameters.data(), size);
        }
        ++count_;
    }
    // REQUIRES it is there.
    void Erase(uint32_t id) {
        (*pages_[id / kPage])[id % kPage] = Feed();
        --count_;
    }
    void Clear() {
        pages_.clear();
        count_ = 0;
    }
    uint64_t count() const { return count_; }
    size_t bytes() const {
        size_t out = pages_.capacity() * sizeof(pages_[0]);
        for (const auto& page : pages_) out += page == nullptr ? 0 : kPage * sizeof(Feed);
        return out;
    }

  private:
    static constexpr size_t kPage = 1024;
    using Page = std::vector<Feed>;
    std::vector<std::unique_ptr<Page>> pages_;
    uint64_t count_ = 0;
};

}  // namespace blasty::live::internal
