// Histories, schemas and writes. Queries: queries.cc.

#include "tests/oracle/generator.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::oracle {

using Kind = Operation::Kind;

namespace {
constexpr int kTables = 3;
}

std::vector<Operation> Generator::History(int commits) {
    std::vector<Operation> history;
    for (int t = 0; t < kTables; ++t) history.push_back(CreateTable(StrCat("t", next_name_++)));
    for (int i = 0; i < 8; ++i) history.push_back(Write());
    for (int slot = 0; slot < kSlots / 2; ++slot) history.push_back(Subscribe(slot));
    int written = 0;
    while (written < commits) {
        const uint64_t draw = Pick(1000);
        const int slot = static_cast<int>(Pick(kSlots));
        Operation next;
        next.slot = slot;
        if (draw < 870) {
            next = Write();
            next.settle = random_.Chance(4, 5);
            ++written;
        } else if (draw < 915) {
            next = Subscribe(slot);
        } else if (draw < 925) {
            next.kind = Kind::kUnsubscribe;
        } else if (draw < 955) {
            next.kind = Kind::kReconnect;
            next.count = static_cast<uint32_t>(Pick(4));
        } else if (draw < 965) {
            next.kind = Kind::kPause;
        } else if (draw < 980) {
            next.kind = Kind::kGoOn;
        } else if (draw < 986) {
            next.kind = Kind::kPublish;
            next.count = 1 + static_cast<uint32_t>(Pick(3));
        } else if (draw < 991) {
            next = SchemaChange();
        } else if (draw < 993) {
            next.kind = Kind::kRestart;
        } else if (draw < 995) {
            next.kind = Kind::kPowerCut;
            next.count = static_cast<uint32_t>(Pick(4000));
        } else {
            next.kind = Kind::kClean;
            next.count = 1 + static_cast<uint32_t>(Pick(30));
        }
        history.push_back(std::move(next));
    }
    return history;
}

Generator::ColumnModel Generator::NewColumn(const std::string& name) {
    static const std::vector<ColumnModel> kKinds = {
        {"", "INTEGER", true, true},
        {"", "INTEGER", true, true},
        {"", "TEXT", true, false},
        {"", "TEXT", true, false},
        {"", "TEXT COLLATE NOCASE", false, false},
        {"", "TEXT COLLATE RTRIM", false, false},
        {"", "REAL", true, true},
        {"", "NUMERIC", true, true},
        {"", "BLOB", false, false},
        {"", "", false, false},
    };
    ColumnModel column = OneOf(kKinds);
    column.name = name;
    return column;
}

const Generator::ColumnModel* Generator::ExactColumn(const TableModel& table) {
    std::vector<const ColumnModel*> exact;
    for (const ColumnModel& column : table.columns) {
        if (column.exact) exact.push_back(&column);
    }
    return exact.empty() ? nullptr : exact[Pick(exact.size())];
}

std::string Generator::KeyList(const TableModel& table, const std::string& alias) {
    std::string list;
    for (const std::string& column : table.key) {
        StrAppend(list, list.empty() ? "" : ", ", alias, ".", column);
    }
    return list;
}

Operation Generator::Statement(Kind kind, std::string sql) {
    Operation operation;
    operation.kind = kind;
    operation.statements = {std::move(sql)};
    return operation;
}

Operation Generator::CreateTable(const std::string& name) {
    TableModel table;
    table.name = name;
    std::string columns, tail;
    const uint64_t shape = Pick(4);
    if (shape <= 1) {  // the key is the rowid
        table.columns.push_back({"id", "INTEGER", true, true});
        table.key = {"id"};
        columns = shape == 0 ? "id INTEGER PRIMARY KEY" : "id INTEGER PRIMARY KEY AUTOINCREMENT";
    } else if (shape == 2) {
        ColumnModel key = NewColumn("id");
        table.key = {"id"};
        columns = StrCat("id ", key.type, " PRIMARY KEY");
        table.columns.push_back(std::move(key));
    } else {
        table.columns.push_back(NewColumn("a"));
        table.columns.push_back({"b", "INTEGER", true, true});
        table.key = {"a", "b"};
        columns = StrCat("a ", table.columns[0].type, ", b INTEGER");
        tail = ", PRIMARY KEY (b, a)";
        table.key = {"b", "a"};
    }
    const uint64_t others = 2 + Pick(3);
    for (uint64_t i = 0; i < others; ++i) {
        ColumnModel column = NewColumn(StrCat("c", i));
        StrAppend(columns, ", ", column.name, " ", column.type,
                  random_.Chance(1, 10) ? " NOT NULL DEFAULT 0" : "",
                  random_.Chance(1, 12) ? " UNIQUE" : "");
        table.columns.push_back(std::move(column));
    }
    const bool without_rowid = shape >= 2 && random_.Chance(1, 2);
    tables_.push_back(table);
    return Statement(Kind::kSchema, StrCat("CREATE TABLE ", name, " (", columns, tail, ")",
                                           without_rowid ? " WITHOUT ROWID" : ""));
}

Operation Generator::SchemaChange() {
    const size_t which = Pick(tables_.size());
    TableModel& table = tables_[which];
    switch (Pick(6)) {
        case 0: {
            ColumnModel column = NewColumn(StrCat("x", next_name_++));
            table.columns.push_back(column);
            return Statement(Kind::kSchema,
                             StrCat("ALTER TABLE ", table.name, " ADD COLUMN ", column.name, " ",
                                    column.type, random_.Chance(1, 2) ? " DEFAULT 2" : ""));
        }
        case 1: {
            // May be refused (keys, UNIQUE): then statements that name it fail, harmlessly.
            const std::string name = table.columns.back().name;
            if (std::find(table.key.begin(), table.key.end(), name) != table.key.end()) break;
            table.columns.pop_back();
            return Statement(Kind::kSchema,
                             StrCat("ALTER TABLE ", table.name, " DROP COLUMN ", name));
        }
        case 2: {
            ColumnModel& column = table.columns.back();
            if (std::find(table.key.begin(), table.key.end(), column.name) != table.key.end())
                break;
            const std::string old = std::exchange(column.name, StrCat("r", next_name_++));
            return Statement(Kind::kSchema, StrCat("ALTER TABLE ", table.name, " RENAME COLUMN ",
                                                   old, " TO ", column.name));
        }
        case 3: {
            const std::string name = table.name;
            tables_.erase(tables_.begin() + static_cast<std::ptrdiff_t>(which));
            Operation drop = Statement(Kind::kSchema, StrCat("DROP TABLE ", name));
            Operation create = CreateTable(random_.Chance(1, 2) ? name : StrCat("t", next_name_++));
            drop.statements.push_back(create.statements[0]);
            return drop;
        }
        case 4: {
            const std::string old = std::exchange(table.name, StrCat("t", next_name_++));
            return Statement(Kind::kSchema, StrCat("ALTER TABLE ", old, " RENAME TO ", table.name));
        }
        default:
            break;
    }
    return Statement(Kind::kSchema, StrCat("CREATE INDEX i", next_index_++, " ON ", table.name,
                                           " (", AnyColumn(table).name, ")"));
}

std::string Generator::Literal() {
    static const std::vector<std::string> kLiterals = {
        "NULL",         "-1",    "0",   "1",   "2",    "3",    "4",    "5",     "2.0", "2.5",
        "0.5",          "'a'",   "'A'", "'b'", "'ab'", "'a '", "'2'",  "'2.0'", "''",  "x'61'",
        "x'32'",        "'aB%'", "'Z'", "7",   "8",    "9",    "'-1'", "1e15",  "'5'", "' 3'",
        "1000000000000"};
    return OneOf(kLiterals);
}

tables::Value Generator::RandomValue() {
    switch (Pick(8)) {
        case 0:
            return tables::Null();
        case 1:
            return 0.5 * static_cast<double>(Pick(7));
        case 2:
            return tables::Text{std::string(1, static_cast<char>('a' + Pick(3)))};
        case 3:
            return tables::Text{std::to_string(Pick(4))};
        case 4:
            return tables::Blob{"a"};
        default:
            return static_cast<int64_t>(Pick(7)) - 1;
    }
}

std::string Generator::Constant() {
    if (parameters_ != nullptr && random_.Chance(1, 3)) {
        parameters_->push_back(RandomValue());
        return StrCat("?", parameters_->size());
    }
    return Literal();
}

Operation Generator::Write() {
    Operation operation;
    const uint64_t count = random_.Chance(1, 5) ? 1 + Pick(4) : 1;
    for (uint64_t i = 0; i < count; ++i) operation.statements.push_back(WriteStatement());
    return operation;
}

std::string Generator::InsertStatement(const TableModel& table) {
    std::string rows;
    const uint64_t count = 1 + Pick(3);
    for (uint64_t i = 0; i < count; ++i) {
        std::string row;
        for (const ColumnModel& column : table.columns) {
            const bool key =
                std::find(table.key.begin(), table.key.end(), column.name) != table.key.end();
            StrAppend(row, row.empty() ? "(" : ", ", key ? StrCat(Pick(16)) : Literal());
        }
        StrAppend(rows, rows.empty() ? "" : ", ", row, ")");
    }
    static const std::vector<std::string> kForms = {"INSERT", "INSERT OR REPLACE",
                                                    "INSERT OR IGNORE", "REPLACE"};
    std::string names;
    for (const ColumnModel& column : table.columns) {
        StrAppend(names, names.empty() ? "" : ", ", column.name);
    }
    std::string sql = StrCat(OneOf(kForms), " INTO ", table.name, " (", names, ") VALUES ", rows);
    if (sql.starts_with("INSERT INTO") && random_.Chance(1, 3)) {
        const std::string& column = table.columns.back().name;
        StrAppend(sql, " ON CONFLICT DO UPDATE SET ", column, " = excluded.", column);
    }
    return sql;
}

std::string Generator::UpdateStatement(const TableModel& table) {
    const std::string where = StrCat(" WHERE ", Predicate(table, table.name, 1));
    if (random_.Chance(1, 8)) {
        const std::string& key = OneOf(table.key);
        return StrCat("UPDATE OR ", random_.Chance(1, 2) ? "IGNORE " : "REPLACE ", table.name,
                      " SET ", key, " = ",
                      random_.Chance(1, 2) ? StrCat(key, " + 1") : StrCat(Pick(16)), where);
    }
    const ColumnModel& column = AnyColumn(table);
    std::string value = random_.Chance(1, 4) ? AnyColumn(table).name : Literal();
    if (random_.Chance(1, 6)) value = StrCat(column.name, " + 1");
    return StrCat("UPDATE ", table.name, " SET ", column.name, " = ", value, where);
}

std::string Generator::WriteStatement() {
    const TableModel& table = AnyTable();
    const uint64_t draw = Pick(100);
    if (draw < 50) return InsertStatement(table);
    if (draw < 82) return UpdateStatement(table);
    if (draw < 97)
        return StrCat("DELETE FROM ", table.name, " WHERE ", Predicate(table, table.name, 1));
    if (draw < 98) return StrCat("DELETE FROM ", table.name);
    const TableModel& other = AnyTable();
    return StrCat("UPDATE ", table.name, " SET ", AnyColumn(table).name, " = (SELECT max(",
                  AnyColumn(other).name, ") FROM ", other.name, ")");
}

}  // namespace blasty::oracle
