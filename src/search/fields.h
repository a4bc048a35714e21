// What the query languages and the highlighter need to know of an index's fields.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyzer.h"
#include "index/fields.h"

namespace blasty::search {

struct FieldUse {
    std::string name = {};
    index::FieldKind kind = index::FieldKind::kText;
    bool date = false;     // a number: microseconds since 1970
    bool boolean = false;  // a keyword: "T" or "F"
    double boost = 1;
    std::shared_ptr<const analysis::Analyzer> analyzer = {};  // of a text field, else nothing
    bool by_default = false;  // searched when a query names no field
};

struct Fields {
    std::vector<FieldUse> all = {};
    // Columns of a row's key, which ids in queries stand for; 0: ids are keys as they are.
    size_t key_columns = 0;

    // Nothing when there is no such field. Lives as long as `all` is unchanged.
    const FieldUse* Find(std::string_view name) const {
        for (const FieldUse& field : all) {
            if (field.name == name) return &field;
        }
        return nullptr;
    }
};

}  // namespace blasty::search
