#include "tables/statement_list.h"

namespace blasty::tables {

StatementView StatementList::operator[](size_t at) const {
    const Item& item = items_[at];
    const bool last = at + 1 == items_.size();
    const size_t values_end = last ? values_.size() : items_[at + 1].first_value;
    const size_t named_end = last ? named_.size() : items_[at + 1].first_named;
    const std::span<const ValueView> values(values_);
    const std::span<const NamedView> named(named_);
    return {item.sql, values.subspan(item.first_value, values_end - item.first_value),
            named.subspan(item.first_named, named_end - item.first_named)};
}

size_t StatementList::bytes() const {
    size_t bytes = bytes_ + items_.capacity() * sizeof(Item) +
                   values_.capacity() * sizeof(ValueView) + named_.capacity() * sizeof(NamedView);
    for (const Item& item : items_) bytes += item.sql.size();
    return bytes;
}

}  // namespace blasty::tables
