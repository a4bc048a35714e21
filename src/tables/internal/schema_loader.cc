#include "tables/internal/schema_loader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"
#include "tables/connection.h"
#include "tables/internal/handle.h"
#include "tables/internal/meta.h"
#include "tables/internal/prepared.h"

namespace blasty::tables::internal {
namespace {

bool Contains(std::string_view text, std::string_view upper_word) {
    const auto same = [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
    };
    return std::search(text.begin(), text.end(), upper_word.begin(), upper_word.end(), same) !=
           text.end();
}

// table_xinfo's values of `hidden`.
constexpr int64_t kStoredGenerated = 3;
constexpr int64_t kVirtualGenerated = 2;

Status LoadColumns(sqlite3* db, bool strict, Table& table) {
    Prepared info;
    BLASTY_RETURN_IF_ERROR(info.Prepare(
        db, "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid"));
    info.Bind(1, table.name);
    int code;
    std::vector<std::pair<int, int>> key;  // position in the key, column
    while ((code = info.Step()) == SQLITE_ROW) {
        Column column;
        column.name = info.Text(0);
        column.declared_type = info.Text(1);
        column.key_position = static_cast<int>(info.Integer(2));
        const int64_t hidden = info.Integer(3);
        column.generated = hidden == kStoredGenerated || hidden == kVirtualGenerated;
        column.affinity = AffinityOf(column.declared_type, strict);
        const char* collation = nullptr;
        int not_null = 0;
        if (sqlite3_table_column_metadata(db, "main", table.name.c_str(), column.name.c_str(),
                                          nullptr, &collation, &not_null, nullptr,
                                          nullptr) == SQLITE_OK) {
            if (collation != nullptr) column.collation = collation;
            column.not_null = not_null != 0;
        }
        if (column.key_position > 0)
            key.emplace_back(column.key_position, static_cast<int>(table.columns.size()));
        table.columns.push_back(std::move(column));
    }
    if (code != SQLITE_DONE) return SqliteError(db, code);
    std::sort(key.begin(), key.end());
    for (const auto& [position, column] : key) table.key_columns.push_back(column);
    return OkStatus();
}

Result<bool> HasKeyIndex(sqlite3* db, const Table& table) {
    Prepared list;
    BLASTY_RETURN_IF_ERROR(
        list.Prepare(db, "SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'"));
    list.Bind(1, table.name);
    return list.Step() == SQLITE_ROW;
}

bool SmallerName(const std::string& a, const std::string& b) {
    return sqlite3_stricmp(a.c_str(), b.c_str()) < 0;
}

Status LoadOthers(Handle& handle, Schema& schema) {
    sqlite3* const db = handle.db();
    Prepared list;
    BLASTY_RETURN_IF_ERROR(
        list.Prepare(db,
                     "SELECT type, name, tbl_name, sql FROM sqlite_schema"
                     " WHERE type IN ('index', 'view', 'trigger') AND sql IS NOT NULL"
                     " AND name NOT LIKE '\\_\\_blasty%' ESCAPE '\\'"));
    int code;
    while ((code = list.Step()) == SQLITE_ROW) {
        schema.others.push_back({std::string(list.Text(0)), std::string(list.Text(1)),
                                 std::string(list.Text(2)), std::string(list.Text(3))});
    }
    if (code != SQLITE_DONE) return SqliteError(db, code);
    BLASTY_ASSIGN_OR_RETURN(std::vector<SearchTableInfo> search, handle.search().List());
    for (SearchTableInfo& info : search) {
        schema.others.push_back(
            {"search", std::move(info.name),
             info.over && !info.over->topic ? std::move(info.over->table) : std::string(),
             std::move(info.sql)});
    }
    std::sort(schema.others.begin(), schema.others.end(),
              [](const auto& a, const auto& b) { return SmallerName(a.name, b.name); });
    return OkStatus();
}

struct Identity {
    TableId id;
    Sequence shaped_at;
};

Result<absl::flat_hash_map<std::string, Identity>> LoadIdentities(sqlite3* db) {
    Prepared list;
    BLASTY_RETURN_IF_ERROR(list.Prepare(db, kReadTables));
    absl::flat_hash_map<std::string, Identity> found;
    int code;
    while ((code = list.Step()) == SQLITE_ROW) {
        found[std::string(list.Text(1))] = {TableId(static_cast<uint32_t>(list.Integer(0))),
                                            Sequence(static_cast<uint64_t>(list.Integer(2)))};
    }
    if (code != SQLITE_DONE) return SqliteError(db, code);
    return found;
}

}  // namespace

Affinity AffinityOf(std::string_view declared_type, bool strict) {
    if (strict && Contains(declared_type, "ANY")) return Affinity::kBlob;
    if (Contains(declared_type, "INT")) return Affinity::kInteger;
    if (Contains(declared_type, "CHAR") || Contains(declared_type, "CLOB") ||
        Contains(declared_type, "TEXT")) {
        return Affinity::kText;
    }
    if (declared_type.empty() || Contains(declared_type, "BLOB")) return Affinity::kBlob;
    if (Contains(declared_type, "REAL") || Contains(declared_type, "FLOA") ||
        Contains(declared_type, "DOUB")) {
        return Affinity::kReal;
    }
    return Affinity::kNumeric;
}

Result<std::vector<Table>> LoadTables(sqlite3* db) {
    Prepared list;
    BLASTY_RETURN_IF_ERROR(list.Prepare(
        db,
        "SELECT s.name, s.sql, l.wr, l.strict FROM sqlite_schema s JOIN pragma_table_list l"
        " ON l.schema = 'main' AND l.name = s.name WHERE s.type = 'table'"
        " AND s.rootpage > 0 AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.name NOT LIKE "
        "'\\_\\_blasty%'"
        " ESCAPE '\\'"));
    std::vector<Table> tables;
    int code;
    while ((code = list.Step()) == SQLITE_ROW) {
        Table table;
        table.name = list.Text(0);
        table.sql = list.Text(1);
        table.without_rowid = list.Integer(2) != 0;
        BLASTY_RETURN_IF_ERROR(LoadColumns(db, list.Integer(3) != 0, table));
        BLASTY_ASSIGN_OR_RETURN(const bool key_index, HasKeyIndex(db, table));
        table.key_is_rowid = !table.without_rowid && !key_index && table.key_columns.size() == 1;
        tables.push_back(std::move(table));
    }
    if (code != SQLITE_DONE) return SqliteError(db, code);
    std::sort(tables.begin(), tables.end(),
              [](const Table& a, const Table& b) { return SmallerName(a.name, b.name); });
    return tables;
}

Result<SchemaPtr> LoadSchema(Handle& handle) {
    sqlite3* const db = handle.db();
    auto schema = std::make_shared<Schema>();
    BLASTY_ASSIGN_OR_RETURN(std::vector<Table> tables, LoadTables(db));
    BLASTY_ASSIGN_OR_RETURN(const auto identities, LoadIdentities(db));
    for (Table& table : tables) {
        const auto at = identities.find(table.name);
        if (at == identities.end())
            return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED",
                             StrCat("table '", Printable(table.name),
                                    "' in tables.db has no id; was the file changed by another "
                                    "program? Restore it from a backup"));
        table.id = at->second.id;
        table.shaped_at = at->second.shaped_at;
        schema->tables.push_back(std::make_shared<const Table>(std::move(table)));
    }
    BLASTY_RETURN_IF_ERROR(LoadOthers(handle, *schema));
    Prepared position;
    BLASTY_RETURN_IF_ERROR(position.Prepare(db, kReadPosition));
    const int code = position.Step();
    if (code != SQLITE_ROW) return SqliteError(db, code);
    schema->changed_at = Sequence(static_cast<uint64_t>(position.Integer(1)));
    return SchemaPtr(std::move(schema));
}

Result<std::vector<std::string>> KeyCollations(sqlite3* db, const Table& table) {
    std::vector<std::string> collations;
    Prepared list;
    BLASTY_RETURN_IF_ERROR(list.Prepare(
        db,
        "SELECT x.coll FROM pragma_index_list(?1, 'main') l, pragma_index_xinfo(l.name) x"
        " WHERE l.origin = 'pk' AND x.key = 1 ORDER BY x.seqno"));
    list.Bind(1, table.name);
    int code;
    while ((code = list.Step()) == SQLITE_ROW) collations.emplace_back(list.Text(0));
    if (code != SQLITE_DONE) return SqliteError(db, code);
    collations.resize(table.key_columns.size(), "BINARY");
    return collations;
}

std::string QuotedName(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        quoted += c;
        if (c == '"') quoted += c;
    }
    quoted += '"';
    return quoted;
}

}  // namespace blasty::tables::internal
