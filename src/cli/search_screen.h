// The hits of a live search, its total and its facets as a picture that changes in place.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "blasty/v1/live.pb.h"
#include "cli/live_screen.h"

namespace blasty::cli {

// The best hits stand in their order, all matches in the order they came. A hit that left stands
// where it was until its mark is over. A count that moved is yellow for kMarkUs.
class SearchScreen final : public LiveScreen {
  public:
    explicit SearchScreen(v1::Subscribe request) : request_(std::move(request)) {}

    void SetColumns(const std::vector<v1::Column>& columns) override;
    bool Expire(int64_t now_us) override;
    bool empty() const override { return !ready_ && live_ == 0; }
    // Of the best hits the first go first; of all matches those with a mark.
    std::string Draw(const ScreenSize& size) override;
    // As `blasty search` prints them.
    std::string End(const ScreenSize& size) const override;
    // The keys of the hits, in order.
    std::vector<std::string> Keys() const;

  private:
    struct Entry {
        v1::Event event;
        char mark = ' ';  // + ~ -
        int64_t marked_us = 0;
    };
    using Entries = std::list<Entry>;

    void Put(const v1::Event& event, char mark, int64_t now_us) override;
    void Leave(const v1::Event& event, int64_t now_us) override;
    void Clear() override;
    void Count(const v1::Event& event, int64_t now_us) override;
    // The place of the hit that stands at `position` among those that are there.
    Entries::iterator PlaceOf(uint32_t position);
    std::vector<std::string> Cells(const v1::Event& event) const;
    std::vector<const Entry*> Visible(size_t room) const;
    size_t LinesOf(const Entry& entry) const;
    std::string Heading() const;
    std::string FacetLine(size_t at, const ScreenSize& size) const;
    std::string Footer() const;

    const v1::Subscribe request_;
    std::vector<std::string> titles_;  // of the columns asked for
    Entries entries_;
    std::unordered_map<std::string, Entries::iterator> by_key_;
    std::vector<size_t> widths_ = {3, 5};  // of key, score, columns: the widest so far
    uint64_t total_ = 0;
    std::vector<v1::Facet> facets_;
    // Facet and bucket whose count moved, and when.
    std::map<std::pair<size_t, std::string>, int64_t> moved_;
};

}  // namespace blasty::cli
