#include "tables/internal/record_codec.h"

#include "base/bytes.h"
#include "base/strings.h"
#include "tables/value.h"

namespace blasty::tables::internal {
namespace {

constexpr uint8_t kVersion = 1;

void PutHead(std::string& out, TableRecordKind kind) {
    out.push_back(static_cast<char>(kVersion));
    out.push_back(static_cast<char>(kind));
}

log::RecordFields FieldsOf(StreamId stream, int64_t time_us, std::string_view payload) {
    log::RecordFields fields;
    fields.stream = stream;
    fields.kind = log::RecordKind::kTable;
    fields.time_us = time_us;
    fields.payload = payload;
    return fields;
}

bool IsRow(std::string_view bytes) {
    RowReader row(bytes);
    ValueView value;
    while (row.Next(&value)) {
    }
    return row.ok();
}

Status Damaged(const log::RecordView& record, std::string_view what) {
    return MakeError(
        StatusCode::kDataLoss, "ROW_DAMAGED",
        StrCat("record ", record.sequence.value(), " of stream ", record.stream.value(), ": ", what,
               "; run blasty log verify, restore from a copy"));
}

Status DecodeRowChange(const log::RecordView& record, ByteReader& reader, TableRecord* out) {
    RowChange& change = out->change;
    if (record.stream.value() <= kTablesStreamBase)
        return Damaged(record, "a row change outside the stream of a table");
    change.table = TableId(record.stream.value() - kTablesStreamBase);
    change.sequence = record.sequence;
    change.kind = static_cast<ChangeKind>(out->kind);
    change.key = record.key;
    if (change.kind == ChangeKind::kUpdate) {
        change.old_key = reader.Sized();
        if (change.old_key.empty()) change.old_key = change.key;
        change.old_row = reader.Sized();
    }
    if (!reader.ok()) return Damaged(record, "an update ends too early");
    (change.kind == ChangeKind::kDelete ? change.old_row : change.new_row) = reader.rest();
    if (change.key.empty()) return Damaged(record, "a row change without a key");
    if (!IsRow(change.key) || !IsRow(change.old_key)) return Damaged(record, "the key is no row");
    if (!IsRow(change.old_row) || !IsRow(change.new_row))
        return Damaged(record, "an image is no row");
    return OkStatus();
}

Status DecodeSchema(const log::RecordView& record, ByteReader& reader, SchemaChange* out) {
    // Each takes at least a byte: a count beyond what is left cannot be meant.
    const uint64_t statements = reader.Varint();
    if (statements > reader.rest().size()) return Damaged(record, "a count is too large");
    for (uint64_t i = 0; i < statements; ++i) out->statements.push_back(reader.Sized());
    const uint64_t created = reader.Varint();
    if (created > reader.rest().size()) return Damaged(record, "a count is too large");
    for (uint64_t i = 0; i < created; ++i) {
        const uint64_t id = reader.Varint();
        if (id == 0 || id >= kTablesStreamBase) return Damaged(record, "a table id out of range");
        out->created.push_back({reader.Sized(), TableId(static_cast<uint32_t>(id))});
    }
    return reader.done() ? OkStatus() : Damaged(record, "a schema change does not read");
}

}  // namespace

void PutRowChange(std::string& out, const RowChange& change) {
    PutHead(out, static_cast<TableRecordKind>(change.kind));
    if (change.kind == ChangeKind::kUpdate) {
        PutSized(out, change.old_key == change.key ? std::string_view() : change.old_key);
        PutSized(out, change.old_row);
    }
    out.append(change.kind == ChangeKind::kDelete ? change.old_row : change.new_row);
}

log::RecordFields RowRecord(const RowChange& change, int64_t time_us, std::string* payload) {
    payload->clear();
    PutRowChange(*payload, change);
    log::RecordFields fields = FieldsOf(StreamOf(change.table), time_us, *payload);
    fields.key = change.key;
    return fields;
}

std::string EncodeOutcome(const std::vector<StatementOutcome>& outcome) {
    std::string out;
    for (const StatementOutcome& statement : outcome) {
        PutVarint(out, static_cast<uint64_t>(statement.changes));
        PutFixed(out, statement.last_insert_id);
    }
    return out;
}

Result<std::vector<StatementOutcome>> DecodeOutcome(std::string_view bytes) {
    std::vector<StatementOutcome> out;
    ByteReader reader(bytes);
    while (reader.ok() && !reader.rest().empty()) {
        StatementOutcome& statement = out.emplace_back();
        statement.changes = static_cast<int64_t>(reader.Varint());
        statement.last_insert_id = reader.Fixed<int64_t>();
    }
    if (!reader.ok())
        return MakeError(StatusCode::kDataLoss, "ROW_DAMAGED",
                         "the outcome of a request does not read; it was damaged");
    return out;
}

log::RecordFields RequestRecord(std::string_view id, std::string_view outcome, int64_t time_us,
                                std::string* payload) {
    payload->clear();
    PutHead(*payload, TableRecordKind::kRequest);
    payload->append(outcome);
    log::RecordFields fields = FieldsOf(StreamId(kTablesStreamBase), time_us, *payload);
    fields.id = id;
    return fields;
}

log::RecordFields SchemaRecord(const SchemaChange& change, int64_t time_us, std::string* payload) {
    payload->clear();
    PutHead(*payload, TableRecordKind::kSchema);
    PutVarint(*payload, change.statements.size());
    for (const std::string_view sql : change.statements) PutSized(*payload, sql);
    PutVarint(*payload, change.created.size());
    for (const CreatedTable& table : change.created) {
        PutVarint(*payload, table.id.value());
        PutSized(*payload, table.name);
    }
    return FieldsOf(StreamId(kTablesStreamBase), time_us, *payload);
}

Status DecodeTableRecord(const log::RecordView& record, TableRecord* out) {
    *out = TableRecord();
    ByteReader reader(record.payload);
    const auto version = reader.Fixed<uint8_t>();
    const auto kind = reader.Fixed<uint8_t>();
    if (!reader.ok()) return Damaged(record, "it is too short");
    if (version != kVersion)
        return MakeError(
            StatusCode::kDataLoss, "UNKNOWN_RECORD_VERSION",
            StrCat("record ", record.sequence.value(), " of a table has version ", version,
                   ", this program knows ", kVersion, "; use the newer program"));
    out->kind = static_cast<TableRecordKind>(kind);
    switch (out->kind) {
        case TableRecordKind::kInsert:
        case TableRecordKind::kUpdate:
        case TableRecordKind::kDelete:
            return DecodeRowChange(record, reader, out);
        case TableRecordKind::kRequest:
            if (record.id.empty()) return Damaged(record, "a request without an id");
            out->request = record.id;
            out->outcome = reader.rest();
            out->time_us = record.time_us;
            return DecodeOutcome(out->outcome).status();
        case TableRecordKind::kSchema:
            return DecodeSchema(record, reader, &out->schema);
    }
    return Damaged(record, StrCat("unknown kind ", kind));
}

}  // namespace blasty::tables::internal
