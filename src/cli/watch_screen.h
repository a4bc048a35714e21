// The result of a live query as a table that changes in place.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "blasty/v1/live.pb.h"
#include "cli/live_screen.h"
#include "cli/sql_text.h"

namespace blasty::cli {

// Rows stand in the order of ORDER BY where that names result columns, else in the order they came.
class WatchScreen final : public LiveScreen {
  public:
    explicit WatchScreen(std::string sql) : sql_(std::move(sql)) {}

    void SetColumns(const std::vector<v1::Column>& columns) override;
    bool Expire(int64_t now_us) override;
    bool empty() const override { return titles_.empty(); }
    // Rows that do not fit are counted; those with a mark go first.
    std::string Draw(const ScreenSize& size) override;
    std::string End(const ScreenSize& size) const override;
    // The rows as they are, without marks.
    std::vector<v1::Row> Rows() const;
    size_t rows() const { return live_; }

  private:
    struct Entry {
        v1::Row row;
        char mark = ' ';  // + ~ -
        int64_t marked_us = 0;
    };
    using Entries = std::map<uint64_t, Entry>;  // by arrival

    void Put(const v1::Event& event, char mark, int64_t now_us) override;
    void Leave(const v1::Event& event, int64_t now_us) override;
    void Clear() override;
    std::vector<const Entry*> Ordered() const;
    std::vector<const Entry*> Visible(size_t room) const;
    std::string Footer() const;

    const std::string sql_;
    std::vector<std::string> titles_;
    std::vector<OrderTerm> order_;
    Entries entries_;
    std::unordered_map<std::string, uint64_t> by_key_;
    std::vector<size_t> widths_;  // widest so far, so that columns do not jump
    uint64_t next_ = 0;
};

// SQLite's order: NULL, numbers, texts, blobs. Negative, 0 or positive.
int CompareValues(const v1::Value& a, const v1::Value& b);

}  // namespace blasty::cli
