// What tables there are: immutable snapshots of the schema of a database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"

namespace blasty::tables {

// Never reused after DROP TABLE; kept by ALTER TABLE … RENAME. Its stream in the log is
// StreamOf(id).
using TableId = StrongInt<struct TableIdTag, uint32_t>;

// Streams of the log from this on belong to tables; the one itself holds schema changes and
// requests.
inline constexpr uint32_t kTablesStreamBase = 0x80000000u;
inline StreamId StreamOf(TableId table) { return StreamId(kTablesStreamBase + table.value()); }

enum class Affinity : uint8_t { kBlob, kText, kNumeric, kInteger, kReal };

struct Column {
    std::string name;
    std::string declared_type;  // as written, may be empty
    Affinity affinity = Affinity::kBlob;
    std::string collation = "BINARY";
    bool not_null = false;
    // Place in the primary key, from 1; 0: not part of it.
    int key_position = 0;
    // GENERATED ALWAYS: in images (those of VIRTUAL ones too), never written by a replay.
    bool generated = false;
};

struct Table {
    TableId id;
    std::string name;
    std::string sql;  // CREATE TABLE statement as SQLite keeps it
    std::vector<Column> columns;
    std::vector<int> key_columns;  // places in `columns`, in key order
    // The primary key is the rowid (INTEGER PRIMARY KEY).
    bool key_is_rowid = false;
    bool without_rowid = false;
    // Sequence of the schema change that made its present shape: images before it have another one.
    Sequence shaped_at;

    int ColumnOf(std::string_view column) const;  // -1: none; ASCII case does not count
};

struct SchemaObject {  // an index, a view, a trigger or a search index
    std::string type;  // as SQLite has it; "search" of a search index
    std::string name;
    // That it is of; "" for a search index over a topic, or that is no longer understood.
    std::string table;
    std::string sql;
};

struct Schema {
    // Sequence of the newest schema change in it.
    Sequence changed_at;
    std::vector<std::shared_ptr<const Table>> tables;  // by name
    std::vector<SchemaObject> others;                  // by name

    // ASCII case does not count. Null: none.
    const Table* Find(std::string_view name) const;
    const Table* Find(TableId id) const;
};

using SchemaPtr = std::shared_ptr<const Schema>;

}  // namespace blasty::tables
