// Turns rows of a table into documents of an index.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/batch.h"
#include "index/fields.h"
#include "search/definition.h"
#include "search/fields.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::search {

// Immutable; any number of threads may use it.
class Mapping {
  public:
    // INDEX_COLUMN_MISSING (FAILED_PRECONDITION): the table has no such column.
    static Result<std::shared_ptr<const Mapping>> Make(const Definition& definition,
                                                       const tables::Table& table);

    // What batches are made with.
    const std::vector<index::FieldInfo>& infos() const { return infos_; }
    // What queries need to know.
    const Fields& fields() const { return fields_; }
    // Columns of the table in its order, for reading whole rows.
    const std::vector<std::string>& columns() const { return columns_; }
    const std::vector<int>& key_columns() const { return key_columns_; }
    // The place of a field's column in the table.
    int ColumnOf(size_t field) const { return places_[field]; }

    // `row`: encoded, all columns in table order. ROW_DAMAGED (DATA_LOSS).
    Status Put(std::string_view key, std::string_view row, index::Batch* batch) const;
    Status Remove(std::string_view key, std::string_view row, index::Batch* batch) const;
    // The encoded key of an encoded row.
    Result<std::string> KeyOf(std::string_view row) const;

  private:
    Mapping() = default;
    Status AddValues(std::string_view row, index::Batch* batch) const;

    std::vector<index::FieldInfo> infos_;
    Fields fields_;
    std::vector<FieldType> types_;
    std::vector<int> places_;
    std::vector<std::string> columns_;
    std::vector<int> key_columns_;
};

// Values as the types of fields read them; nothing: the value is none of that type.
std::optional<double> AsNumber(const tables::ValueView& value);
// Microseconds since 1970: of text as RFC 3339 or a part of it (date alone, no zone: UTC), of
// numbers as seconds.
std::optional<double> AsDate(const tables::ValueView& value);
std::optional<bool> AsBoolean(const tables::ValueView& value);
// "latitude,longitude", or JSON: [longitude, latitude], {"lat": …, "lon": …} (also lng, latitude,
// longitude).
std::optional<index::Point> AsPoint(const tables::ValueView& value);
// Texts and numbers as text.
std::optional<std::string> AsText(const tables::ValueView& value);

}  // namespace blasty::search
