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

// An image of an update that took more is given back with its request.
constexpr size_t kKeptBytes = 1 << 20;

}  // namespace

Capture::Capture(Handle& handle, const Limits& limits)
    : handle_(handle), limits_(limits), images_(handle.db()) {
    sqlite3_preupdate_hook(handle_.db(), &Capture::Hook, this);
}

Capture::~Capture() { sqlite3_preupdate_hook(handle_.db(), nullptr, nullptr); }

void Capture::SetSchema(SchemaPtr schema) {
    images_.SetSchema(schema);
    schema_ = std::move(schema);
    last_ = nullptr;
}

void Capture::Clear() {
    changes_.Clear();
    inserted_ = 0;
    touched_.clear();
    status_ = OkStatus();
    for (std::string* const buffer : {&old_.row, &old_.key, &new_.row, &new_.key}) {
        if (buffer->capacity() > kKeptBytes) std::string().swap(*buffer);
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

Status Capture::TakeImage(const Table& table, RowImages::Side side, Image* image) {
    image->row.clear();
    image->key.clear();
    BLASTY_RETURN_IF_ERROR(images_.Append(table, SQLITE_UPDATE, side, &image->row));
    images_.AppendKey(table, image->row, &image->key);
    return OkStatus();
}

// The image is written where it stays, which a single one can be: nothing tells its length.
Status Capture::TakeOne(const Table& table, int operation) {
    const bool insert = operation == SQLITE_INSERT;
    RowChange change;
    change.kind = insert ? ChangeKind::kInsert : ChangeKind::kDelete;
    std::string& bytes = changes_.bytes();
    PutRowChange(bytes, change);
    BLASTY_RETURN_IF_ERROR(images_.Append(
        table, operation, insert ? RowImages::Side::kNew : RowImages::Side::kOld, &bytes));
    changes_.EndPayload();
    images_.AppendKey(table, bytes, &bytes);
    changes_.EndChange(StreamOf(table.id));
    if (insert) ++inserted_;
    return OkStatus();
}

Status Capture::TakeUpdate(const Table& table) {
    BLASTY_RETURN_IF_ERROR(TakeImage(table, RowImages::Side::kOld, &old_));
    BLASTY_RETURN_IF_ERROR(TakeImage(table, RowImages::Side::kNew, &new_));
    RowChange change;
    change.kind = ChangeKind::kUpdate;
    change.old_row = old_.row;
    change.old_key = old_.key;
    change.new_row = new_.row;
    change.key = new_.key;
    PutRowChange(changes_.bytes(), change);
    changes_.EndPayload();
    changes_.bytes().append(change.key);
    changes_.EndChange(StreamOf(table.id));
    return OkStatus();
}

void Capture::Take(const Table& table, int operation) {
    status_ = operation == SQLITE_UPDATE ? TakeUpdate(table) : TakeOne(table, operation);
    if (!status_.ok()) return;
    if (changes_.rows() > limits_.rows_max || changes_.size_bytes() > limits_.bytes_max)
        StopTooLarge();
}

void Capture::StopTooLarge() {
    status_ = MakeError(StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                        StrCat("a request changes more than ", limits_.rows_max, " rows or ",
                               limits_.bytes_max, " bytes; split it into smaller ones"));
    // Costs the whole transaction (SQLite undoes all of it), which the group then does again.
    sqlite3_interrupt(handle_.db());
}

}  // namespace blasty::tables::internal
