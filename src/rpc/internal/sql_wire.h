// Writes rows of tables in wire form straight from their encoding (tables/value.h), and reads them
// from messages. Field numbers are those of api/blasty/v1/sql.proto; sql_wire_test.cc compares with
// the generated code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "tables/request.h"
#include "tables/value.h"

namespace blasty::rpc {

size_t VarintSize(uint64_t value);
// Of fields numbered below 16; nothing when zero or empty, as proto3 has it.
void PutVarintField(std::string& out, uint32_t field, uint64_t value);
void PutSizedField(std::string& out, uint32_t field, std::string_view bytes);
// Tag and length of a message of `size` bytes that follows.
void PutMessageHead(std::string& out, uint32_t field, size_t size);

// Appends a v1.Row as field `field`, also when it is empty. ROW_DAMAGED.
Status AppendRow(std::string& out, uint32_t field, std::string_view encoded_row);
void AppendRow(std::string& out, uint32_t field, const tables::Row& row);
// Appends v1.Columns as fields `field`; `types` may be shorter.
void AppendColumns(std::string& out, uint32_t field, const std::vector<std::string>& names,
                   const std::vector<std::string>& types);

struct SummaryFields {
    Sequence sequence;
    int64_t changes = 0;
    int64_t last_insert_id = 0;
    bool duplicate = false;
    uint64_t rows = 0;
    bool read_only = false;
};
// Appends a v1.QuerySummary as field `field`.
void AppendSummary(std::string& out, uint32_t field, const SummaryFields& summary);

}  // namespace blasty::rpc
