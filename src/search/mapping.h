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
#include "index/document_sink.h"
#include "index/fields.h"
#include "search/definition.h"
#include "search/fields.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::search {

// Of a JSON field everything inside is found under the names that lead to it: `attributes JSON`
// over
// {"size": {"width": 3}} has a field attributes.size.width. Numbers are NUMERIC fields, true and
// false BOOLEAN ones, texts TEXT fields and, as `name.keyword`, FACET ones (up to 256 bytes). What
// a field is, is decided by the first value found; later ones are taken as that when they can be.
//
// Immutable; any number of threads may use it.
class Mapping {
  public:
    // INDEX_COLUMN_MISSING (FAILED_PRECONDITION): the table has no such column.
    static Result<std::shared_ptr<const Mapping>> Make(const Definition& definition,
                                                       const tables::Table& table);
    ~Mapping();

    // What batches are made with.
    const std::vector<index::FieldInfo>& infos() const { return infos_; }
    // What queries need to know.
    const Fields& fields() const { return fields_; }
    // Columns of the table in its order, for reading whole rows.
    const std::vector<std::string>& columns() const { return columns_; }
    const std::vector<int>& key_columns() const { return key_columns_; }
    FieldType TypeOf(size_t field) const { return types_[field]; }
    // The place of a field's column in the table.
    int ColumnOf(size_t field) const { return places_[field]; }
    // What a text field is made of, out of the value of its column.
    std::vector<std::string> TextsOf(size_t field, const tables::Value& column) const;

    // `row`: encoded, all columns in table order. ROW_DAMAGED (DATA_LOSS).
    Status Put(std::string_view key, std::string_view row, index::Batch* batch) const;
    Status Remove(std::string_view key, std::string_view row, index::Batch* batch) const;
    // The values alone.
    Status Fill(std::string_view row, index::DocumentSink* sink) const;
    // The encoded key of an encoded row.
    Result<std::string> KeyOf(std::string_view row) const;

    // There are JSON fields: before rows are put, what they have is learnt.
    bool dynamic() const { return dynamic_; }
    // Appends fields that the row has and that are not known here, nor in `found`, yet.
    Status Discover(std::string_view row, std::vector<index::FieldInfo>* found) const;
    // The same with more fields of JSON; those that are known already are left out.
    std::shared_ptr<const Mapping> With(const std::vector<index::FieldInfo>& more) const;
    // How many of infos(), at the end, were found in the data.
    size_t discovered() const { return infos_.size() - declared_; }

  private:
    // What is read from the JSON of one column.
    struct JsonColumn;
    // Where the values of one row go.
    struct Target;

    Mapping();
    Mapping(const Mapping& other);
    JsonColumn& JsonOf(int place);
    Status AddField(const FieldDefinition& field, int place);
    void AddDiscovered(const index::FieldInfo& info);
    void AddValue(size_t field, const tables::ValueView& value, Target* target) const;
    void AddInside(const JsonColumn& column, std::string_view json, Target* target) const;
    Status Decode(std::string_view row, std::vector<tables::ValueView>* values) const;

    std::vector<index::FieldInfo> infos_;
    Fields fields_;
    std::vector<FieldType> types_;  // of infos_
    std::vector<int> places_;       // of infos_: the column
    size_t declared_ = 0;           // of infos_; the others were found
    std::vector<size_t> plain_;     // fields that are columns, not inside JSON
    std::vector<JsonColumn> json_columns_;
    std::vector<std::string> columns_;
    std::vector<int> key_columns_;
    bool dynamic_ = false;
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
