// The statements of a request, those of its list too, seen alike.
#pragma once

#include <cstddef>
#include <vector>

#include "tables/request.h"

namespace blasty::tables::internal {

class StatementViews {
  public:
    // `request` must outlive it.
    explicit StatementViews(const WriteRequest& request) : request_(request) {}

    size_t size() const {
        return request_.statements.size() + (request_.list == nullptr ? 0 : request_.list->size());
    }
    // Until the next At.
    StatementView At(size_t at) {
        if (at >= request_.statements.size())
            return (*request_.list)[at - request_.statements.size()];
        const tables::Statement& statement = request_.statements[at];
        values_.clear();
        for (const Value& value : statement.parameters) values_.push_back(ViewOf(value));
        named_.clear();
        for (const auto& [name, value] : statement.named) named_.push_back({name, ViewOf(value)});
        return {statement.sql, values_, named_};
    }

  private:
    const WriteRequest& request_;
    std::vector<ValueView> values_;
    std::vector<NamedView> named_;
};

}  // namespace blasty::tables::internal
