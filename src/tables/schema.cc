#include "tables/schema.h"

#include <algorithm>

namespace blasty::tables {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool LessNoCase(std::string_view a, std::string_view b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return static_cast<unsigned char>(Lower(x)) < static_cast<unsigned char>(Lower(y));
    });
}

bool SameNoCase(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace

int Table::ColumnOf(std::string_view column) const {
    for (size_t i = 0; i < columns.size(); ++i) {
        if (SameNoCase(columns[i].name, column)) return static_cast<int>(i);
    }
    return -1;
}

const Table* Schema::Find(std::string_view name) const {
    const auto at = std::lower_bound(
        tables.begin(), tables.end(), name,
        [](const auto& table, std::string_view wanted) { return LessNoCase(table->name, wanted); });
    return at != tables.end() && SameNoCase((*at)->name, name) ? at->get() : nullptr;
}

const Table* Schema::Find(TableId id) const {
    for (const auto& table : tables) {
        if (table->id == id) return table.get();
    }
    return nullptr;
}

}  // namespace blasty::tables
