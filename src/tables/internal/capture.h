// Takes the old and new image of every row that statements change, as records of the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "log/record.h"
#include "tables/commit.h"
#include "tables/internal/change_buffer.h"
#include "tables/internal/handle.h"
#include "tables/internal/row_images.h"
#include "tables/schema.h"

namespace blasty::tables::internal {

// Sits on the preupdate hook of one writing connection. One thread. Holds the changes of the
// request that runs: Clear before it, MoveTo when it succeeded.
//
// It must be installed before statements are prepared: SQLite then goes row by row where it would
// else empty a table at once.
class Capture {
  public:
    enum class Mode {
        kOff,      // nothing (replay)
        kRows,     // images
        kTouched,  // only which tables changed (schema statements)
    };
    struct Limits {
        uint64_t rows_max = 1'000'000;
        uint64_t bytes_max = 64ull << 20;
    };

    // `handle` must outlive it.
    Capture(Handle& handle, const Limits& limits);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    // The tables as they are from now on.
    void SetSchema(SchemaPtr schema);
    void SetMode(Mode mode) { mode_ = mode; }

    void Clear();
    // Why the request cannot be kept: PRIMARY_KEY_NULL, REQUEST_TOO_LARGE. The statement that is
    // too large is interrupted.
    const Status& status() const { return status_; }
    size_t rows() const { return changes_.rows(); }
    // Rows inserted since Clear.
    size_t inserted() const { return inserted_; }
    // Leaves none here.
    void MoveTo(log::Batch* batch, int64_t time_us) {
        changes_.MoveTo(batch, time_us);
        Clear();
    }
    // What its buffers take, used or not.
    size_t buffer_bytes() const {
        return changes_.capacity_bytes() + old_.row.capacity() + new_.row.capacity();
    }
    // kTouched: ids, each once.
    const std::vector<TableId>& touched() const { return touched_; }

  private:
    struct Image {
        std::string row, key;
    };

    static void Hook(void* self, sqlite3* db, int operation, const char* database,
                     const char* table, sqlite3_int64 old_rowid, sqlite3_int64 new_rowid);
    const Table* TableOf(const char* name);
    void Touch(const Table& table);
    void Take(const Table& table, int operation);
    // An insert or a delete, which have one image.
    Status TakeOne(const Table& table, int operation);
    Status TakeUpdate(const Table& table);
    Status TakeImage(const Table& table, RowImages::Side side, Image* image);
    void StopTooLarge();

    Handle& handle_;
    const Limits limits_;
    SchemaPtr schema_;
    const Table* last_ = nullptr;  // of schema_
    Mode mode_ = Mode::kOff;

    RowImages images_;
    ChangeBuffer changes_;
    size_t inserted_ = 0;
    std::vector<TableId> touched_;
    Status status_;
    Image old_, new_;  // of an update
};

}  // namespace blasty::tables::internal
