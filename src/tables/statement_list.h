// Statements as they came off the wire: texts and values are views into one piece of memory, so
// that a thousand of them cost no allocation each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tables/value.h"

namespace blasty::tables {

struct NamedView {
    std::string_view name;  // the mark included
    ValueView value;
};

// One statement with its parameters, as tables::Statement has them.
struct StatementView {
    std::string_view sql;
    std::span<const ValueView> parameters;
    std::span<const NamedView> named;
};

class StatementList {
  public:
    // `memory` holds the bytes of everything that is added, and stays as long as the list.
    explicit StatementList(std::shared_ptr<const void> memory) : memory_(std::move(memory)) {}

    // Begins the next statement; what follows belongs to it.
    void Begin() { items_.push_back({{}, values_.size(), named_.size()}); }
    void SetSql(std::string_view sql) { items_.back().sql = sql; }
    void Add(const ValueView& value) {
        values_.push_back(value);
        bytes_ += value.bytes.size();
    }
    void Add(std::string_view name, const ValueView& value) {
        named_.push_back({name, value});
        bytes_ += name.size() + value.bytes.size();
    }

    size_t size() const { return items_.size(); }
    StatementView operator[](size_t at) const;
    // The text of the newest statement but one; empty: there is none.
    std::string_view sql_before() const {
        return items_.size() < 2 ? std::string_view() : items_[items_.size() - 2].sql;
    }
    // About what it takes, with the memory it points into.
    size_t bytes() const;

  private:
    struct Item {
        std::string_view sql;
        size_t first_value, first_named;
    };
    std::shared_ptr<const void> memory_;
    std::vector<Item> items_;
    std::vector<ValueView> values_;  // of all statements, one after another
    std::vector<NamedView> named_;
    size_t bytes_ = 0;
};

}  // namespace blasty::tables
