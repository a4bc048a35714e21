#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "tables/internal/capture.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/strings.h"
#include "tables/internal/record_codec.h"
#include "tables/internal/statement.h"

namespace blasty::tables::internal {

namespace {

// As SQLite decides it when it stores a value with INTEGER or NUMERIC affinity.
bool WholeNumber(double value) {
    return value > -9223372036854775808.0 && value < 9223372036854775807.0 &&
           static_cast<double>(static_cast<int64_t>(value)) == value;
}

}  // namespace

Capture::Capture(Handle& handle, const Limits& limits) : handle_(handle), limits_(limits) {
    sqlite3_preupdate_hook(handle_.db(), &Capture::Hook, this);
}

Capture::~Capture() { sqlite3_preupdate_hook(handle_.db(), nullptr, nullptr); }

void Capture::SetSchema(SchemaPtr schema) {
    schema_ = std::move(schema);
    last_ = nullptr;
}

void Capture::Clear() {
    changes_.clear();
    bytes_.clear();
    if (bytes_.capacity() > (1 << 20)) bytes_.shrink_to_fit();
    inserted_ = 0;
    touched_.clear();
    status_ = OkStatus();
}

void Capture::AppendTo(log::Batch* batch, int64_t time_us) const {
    batch->Reserve(batch->size_bytes() + bytes_.size() + changes_.size() * 32);
    const std::string_view bytes = bytes_;
    size_t begin = 0;
    for (const Change& change : changes_) {
        log::RecordFields record;
        record.stream = change.stream;
        record.kind = log::RecordKind::kTable;
        record.time_us = time_us;
        record.key = bytes.substr(begin, change.key_end - begin);
        record.payload = bytes.substr(change.key_end, change.payload_end - change.key_end);
        batch->Add(record);
        begin = change.payload_end;
    }
}

const Table* Capture::TableOf(const char* name) {
    if (last_ == nullptr || std::strcmp(last_->name.c_str(), name) != 0)
        last_ = schema_ ? schema_->Find(name) : nullptr;
    return last_;
}

void Capture::Touch(const Table& table) {
    if (std::find(touched_.begin(), touched_.end(), table.id) == touched_.end())
        touched_.push_back(table.id);
}

void Capture::Hook(void* self, sqlite3*, int operation, const char* database, const char* name,
                   sqlite3_int64, sqlite3_int64) {
    auto& capture = *static_cast<Capture*>(self);
    if (capture.mode_ == Mode::kOff || !capture.status_.ok()) return;
    if (std::strcmp(database, "main") != 0) return;
    const Table* table = capture.TableOf(name);
    if (table == nullptr) return;  // SQLite's own or ours
    if (capture.mode_ == Mode::kTouched)
        capture.Touch(*table);
    else
        capture.Take(*table, operation);
}

template <typename ValueAt>
bool Capture::TakeImage(const Table& table, ValueAt value_at, Image* image) {
    image->row.clear();
    image->key.clear();
    image->ends.clear();
    image->null_in_key = false;
    for (size_t i = 0; i < table.columns.size(); ++i) {
        sqlite3_value* value = nullptr;
        if (value_at(static_cast<int>(i), &value) != SQLITE_OK || value == nullptr) return false;
        ValueView view = ViewOfSqlite(value);
        // SQLite stores whole numbers of REAL columns as integers, and the hook sees them so.
        if (view.type == ValueType::kInteger && table.columns[i].affinity == Affinity::kReal) {
            view.type = ValueType::kReal;
            view.real = static_cast<double>(view.integer);
        }
        // It takes the affinity from the wrong column of WITHOUT ROWID tables: a whole number of an
        // INTEGER or NUMERIC column is stored as an integer, never as a real.
        const bool whole = table.columns[i].affinity == Affinity::kInteger ||
                           table.columns[i].affinity == Affinity::kNumeric;
        if (view.type == ValueType::kReal && whole && WholeNumber(view.real)) {
            view.type = ValueType::kInteger;
            view.integer = static_cast<int64_t>(view.real);
        }
        if (view.type == ValueType::kNull && table.columns[i].key_position > 0)
            image->null_in_key = true;
        PutValue(image->row, view);
        image->ends.push_back(image->row.size());
    }
    for (const int column : table.key_columns) {
        const size_t at = static_cast<size_t>(column);
        const size_t begin = at == 0 ? 0 : image->ends[at - 1];
        image->key.append(image->row, begin, image->ends[at] - begin);
    }
    return true;
}

void Capture::Take(const Table& table, int operation) {
    sqlite3* const db = handle_.db();
    RowChange change;
    change.table = table.id;
    if (operation != SQLITE_INSERT) {
        const auto value_at = [db](int column, sqlite3_value** value) {
            return sqlite3_preupdate_old(db, column, value);
        };
        if (!TakeImage(table, value_at, &old_))
            return Fail(MakeError(StatusCode::kInternal, "INTERNAL",
                                  StrCat("the old image of a row of '", Printable(table.name),
                                         "' could not be read")));
        change.old_row = old_.row;
        change.key = old_.key;
        change.kind = ChangeKind::kDelete;
    }
    if (operation != SQLITE_DELETE) {
        const auto value_at = [db](int column, sqlite3_value** value) {
            return sqlite3_preupdate_new(db, column, value);
        };
        if (!TakeImage(table, value_at, &new_))
            return Fail(MakeError(StatusCode::kInternal, "INTERNAL",
                                  StrCat("the new image of a row of '", Printable(table.name),
                                         "' could not be read")));
        if (new_.null_in_key)
            return Fail(MakeError(StatusCode::kInvalidArgument, "PRIMARY_KEY_NULL",
                                  StrCat("a row for table '", Printable(table.name),
                                         "' has NULL in its primary key; give every key column a "
                                         "value")));
        change.new_row = new_.row;
        change.kind = operation == SQLITE_INSERT ? ChangeKind::kInsert : ChangeKind::kUpdate;
        if (operation == SQLITE_UPDATE) change.old_key = old_.key;
        change.key = new_.key;
        if (operation == SQLITE_INSERT) ++inserted_;
    }
    bytes_.append(change.key);
    const size_t key_end = bytes_.size();
    PutRowChange(bytes_, change);
    changes_.push_back({StreamOf(table.id), key_end, bytes_.size()});
    if (changes_.size() > limits_.rows_max || bytes_.size() > limits_.bytes_max) StopTooLarge();
}

void Capture::StopTooLarge() {
    Fail(MakeError(StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                   StrCat("a request changes more than ", limits_.rows_max, " rows or ",
                          limits_.bytes_max, " bytes; split it into smaller ones")));
    // Costs the whole transaction (SQLite undoes all of it), which the group then does again.
    sqlite3_interrupt(handle_.db());
}

void Capture::Fail(Status status) { status_ = std::move(status); }

}  // namespace blasty::tables::internal
