// Records of tables in the log, as bytes: docs/formats/tables.md.
//
// Every payload begins with a version byte and a kind byte. A row change stands in the stream of
// its table, its encoded key is the key of the record; schema changes and requests stand in the
// stream kTablesStreamBase, the id of a request is the id of its record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "log/record.h"
#include "tables/commit.h"

namespace blasty::tables::internal {

enum class TableRecordKind : uint8_t {
    kInsert = 1,  // as ChangeKind
    kUpdate = 2,
    kDelete = 3,
    kRequest = 16,
    kSchema = 17,
};

// The payload of a row change, appended to `out`. `sequence` and `table` are not in it.
void PutRowChange(std::string& out, const RowChange& change);
// A record of a row change; its payload is put into `*payload` (replaced), which must live until
// the batch took the record, as the views of `change`.
log::RecordFields RowRecord(const RowChange& change, int64_t time_us, std::string* payload);

// What one statement of a request did.
struct StatementOutcome {
    int64_t changes = 0;
    int64_t last_insert_id = 0;
    friend bool operator==(const StatementOutcome&, const StatementOutcome&) = default;
};
std::string EncodeOutcome(const std::vector<StatementOutcome>& outcome);
// ROW_DAMAGED.
Result<std::vector<StatementOutcome>> DecodeOutcome(std::string_view bytes);

// `id` not empty, `outcome` from EncodeOutcome.
log::RecordFields RequestRecord(std::string_view id, std::string_view outcome, int64_t time_us,
                                std::string* payload);

struct CreatedTable {
    std::string_view name;
    TableId id;
    friend bool operator==(const CreatedTable&, const CreatedTable&) = default;
};
// Statements executed in this order, and the ids of the tables that are there after them and were
// not before.
struct SchemaChange {
    std::vector<std::string_view> statements;
    std::vector<CreatedTable> created;
    friend bool operator==(const SchemaChange&, const SchemaChange&) = default;
};
log::RecordFields SchemaRecord(const SchemaChange& change, int64_t time_us, std::string* payload);

// A record of kind kTable, taken apart; which fields count depends on `kind`. Views into the
// record.
struct TableRecord {
    TableRecordKind kind = TableRecordKind::kInsert;
    RowChange change;          // kInsert, kUpdate, kDelete
    std::string_view request;  // kRequest: its id
    std::string_view outcome;  // kRequest
    int64_t time_us = 0;       // kRequest
    SchemaChange schema;       // kSchema
};
// ROW_DAMAGED, UNKNOWN_RECORD_VERSION (DATA_LOSS); each names the sequence. Rows and keys that come
// out are well-formed.
Status DecodeTableRecord(const log::RecordView& record, TableRecord* out);

}  // namespace blasty::tables::internal
