#include "live/internal/delta_table.h"

#include <cstring>

#include "base/check.h"
#include "base/strings.h"
#include "live/internal/memory_database.h"
#include "live/internal/schema_change.h"
#include "live/internal/shadow_schema.h"

namespace blasty::live::internal {
namespace {

// More constraints than this cannot be asked for as a whole IN list (SQLite keeps a 32-bit mask).
constexpr int kConstraintsMax = 32;

Collation CollationOf(const char* name) {
    if (name == nullptr || sqlite3_stricmp(name, "BINARY") == 0) return Collation::kBinary;
    if (sqlite3_stricmp(name, "NOCASE") == 0) return Collation::kNoCase;
    if (sqlite3_stricmp(name, "RTRIM") == 0) return Collation::kRTrim;
    return Collation::kOther;
}

// Only what evaluation depends on: names, affinities, collations. The declared types could hold
// words with a meaning for virtual tables (HIDDEN).
std::string Declaration(const tables::Table& table) {
    std::string out = "CREATE TABLE x(";
    for (const tables::Column& column : table.columns) {
        if (out.back() != '(') out += ", ";
        StrAppend(out, QuoteName(column.name), " ", TypeOf(column.affinity), " COLLATE ",
                  QuoteName(column.collation));
    }
    return out + ")";
}

// SQLite takes a null pointer for NULL, also when the size is 0.
const char* DataOf(const tables::ValueView& value) {
    return value.bytes.empty() ? "" : value.bytes.data();
}

void ResultView(sqlite3_context* context, const tables::ValueView& value) {
    switch (value.type) {
        case tables::ValueType::kInteger:
            return sqlite3_result_int64(context, value.integer);
        case tables::ValueType::kReal:
            return sqlite3_result_double(context, value.real);
        case tables::ValueType::kText:
            return sqlite3_result_text64(context, DataOf(value), value.bytes.size(), SQLITE_STATIC,
                                         SQLITE_UTF8);
        case tables::ValueType::kBlob:
            return sqlite3_result_blob64(context, DataOf(value), value.bytes.size(), SQLITE_STATIC);
        case tables::ValueType::kNull:
            break;
    }
    sqlite3_result_null(context);
}

// Whether SQLite can hand us the value of a term in xFilter, and the value says something.
bool Useful(int op) {
    switch (op) {
        case SQLITE_INDEX_CONSTRAINT_EQ:
        case SQLITE_INDEX_CONSTRAINT_IS:
        case SQLITE_INDEX_CONSTRAINT_ISNULL:
        case SQLITE_INDEX_CONSTRAINT_GT:
        case SQLITE_INDEX_CONSTRAINT_GE:
        case SQLITE_INDEX_CONSTRAINT_LT:
        case SQLITE_INDEX_CONSTRAINT_LE:
        case SQLITE_INDEX_CONSTRAINT_LIKE:
        case SQLITE_INDEX_CONSTRAINT_GLOB:
            return true;
        default:
            return false;
    }
}

struct DeltaVtab : sqlite3_vtab {
    DeltaTables* owner;
    const tables::Table* table;
};
struct DeltaCursor : sqlite3_vtab_cursor {
    size_t at = 0, end = 0;
};

}  // namespace

struct DeltaTables::Module {
    static int Connect(sqlite3* db, void* aux, int argc, const char* const* argv,
                       sqlite3_vtab** out, char** error) {
        (void)error;
        auto* owner = static_cast<DeltaTables*>(aux);
        const tables::Table* table = argc >= 3 ? owner->schema_->Find(argv[2]) : nullptr;
        if (table == nullptr) return SQLITE_ERROR;
        const int code = sqlite3_declare_vtab(db, Declaration(*table).c_str());
        if (code != SQLITE_OK) return code;
        auto* vtab = new DeltaVtab();
        vtab->owner = owner;
        vtab->table = table;
        *out = vtab;
        return SQLITE_OK;
    }
    static int Disconnect(sqlite3_vtab* vtab) {
        delete static_cast<DeltaVtab*>(vtab);
        return SQLITE_OK;
    }

    // Asks for every useful term. Constrained access is cheap and a scan is not, so that the
    // planner takes OR apart when each arm can be indexed.
    static int BestIndex(sqlite3_vtab* base, sqlite3_index_info* info) {
        auto* vtab = static_cast<DeltaVtab*>(base);
        PlannedAccess planned;
        planned.columns = info->colUsed;
        std::string terms;
        int arguments = 0;
        double cost = 1e9;
        for (int i = 0; i < info->nConstraint && i < kConstraintsMax; ++i) {
            const auto& constraint = info->aConstraint[i];
            if (!constraint.usable || !Useful(constraint.op)) continue;
            const bool is_in = sqlite3_vtab_in(info, i, 1) != 0;
            const Collation collation = CollationOf(sqlite3_vtab_collation(info, i));
            const int column = constraint.iColumn >= 0     ? constraint.iColumn
                               : vtab->table->key_is_rowid ? vtab->table->key_columns[0]
                                                           : -1;
            info->aConstraintUsage[i].argvIndex = ++arguments;
            StrAppend(terms, column, " ", int{constraint.op}, " ", static_cast<int>(collation), " ",
                      is_in ? 1 : 0, "\n");
            const bool equality = constraint.op == SQLITE_INDEX_CONSTRAINT_EQ ||
                                  constraint.op == SQLITE_INDEX_CONSTRAINT_IS ||
                                  constraint.op == SQLITE_INDEX_CONSTRAINT_ISNULL;
            cost /= equality ? 1e6 : 1e3;
            sqlite3_value* value = nullptr;
            if (vtab->owner->accesses_ != nullptr && !is_in && column >= 0 &&
                sqlite3_vtab_rhs_value(info, i, &value) == SQLITE_OK && value != nullptr) {
                planned.constants.push_back(
                    {column, constraint.op, collation, false, {ValueFrom(value)}});
            }
        }
        info->estimatedCost = cost < 1 ? 1 : cost;
        info->estimatedRows = cost < 10 ? 10 : static_cast<sqlite3_int64>(cost);
        info->idxStr = sqlite3_mprintf("%s", terms.c_str());
        info->needToFreeIdxStr = 1;
        if (info->idxStr == nullptr) return SQLITE_NOMEM;
        if (auto* accesses = vtab->owner->accesses_; accesses != nullptr) {
            (*accesses)[vtab->table].push_back(std::move(planned));
        }
        return SQLITE_OK;
    }

    static int Open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
        *out = new DeltaCursor();
        return SQLITE_OK;
    }
    static int Close(sqlite3_vtab_cursor* cursor) {
        delete static_cast<DeltaCursor*>(cursor);
        return SQLITE_OK;
    }

    static int WriteDown(std::vector<Conjunction>* probes, const char* terms,
                         std::span<sqlite3_value*> values) {
        Conjunction conjunction;
        for (sqlite3_value* value : values) {
            char* next = nullptr;
            Term term;
            term.column = static_cast<int>(std::strtol(terms, &next, 10));
            term.op = static_cast<int>(std::strtol(next, &next, 10));
            term.collation = static_cast<Collation>(std::strtol(next, &next, 10));
            term.in = std::strtol(next, &next, 10) != 0;
            terms = next;
            if (term.column < 0) continue;
            if (term.in) {
                sqlite3_value* element = nullptr;
                int code = sqlite3_vtab_in_first(value, &element);
                for (; code == SQLITE_OK && element != nullptr;
                     code = sqlite3_vtab_in_next(value, &element)) {
                    term.values.push_back(ValueFrom(element));
                }
                if (code != SQLITE_OK && code != SQLITE_DONE) return code;
            } else {
                term.values.push_back(ValueFrom(value));
            }
            conjunction.push_back(std::move(term));
        }
        probes->push_back(std::move(conjunction));
        return SQLITE_OK;
    }

    static int Filter(sqlite3_vtab_cursor* base, int, const char* terms, int argc,
                      sqlite3_value** argv) {
        auto* cursor = static_cast<DeltaCursor*>(base);
        auto* vtab = static_cast<DeltaVtab*>(base->pVtab);
        DeltaTables* owner = vtab->owner;
        cursor->at = cursor->end = 0;
        if (owner->probes_ != nullptr) {
            return WriteDown(owner->probes_, terms, {argv, static_cast<size_t>(argc)});
        }
        if (vtab->table == owner->table_) cursor->end = owner->images_.size();
        owner->current_ = 0;
        return SQLITE_OK;
    }
    static int Next(sqlite3_vtab_cursor* base) {
        auto* cursor = static_cast<DeltaCursor*>(base);
        static_cast<DeltaVtab*>(base->pVtab)->owner->current_ = ++cursor->at;
        return SQLITE_OK;
    }
    static int Eof(sqlite3_vtab_cursor* base) {
        const auto* cursor = static_cast<DeltaCursor*>(base);
        return cursor->at >= cursor->end ? 1 : 0;
    }
    static int Column(sqlite3_vtab_cursor* base, sqlite3_context* context, int index) {
        const auto* cursor = static_cast<DeltaCursor*>(base);
        const auto* owner = static_cast<DeltaVtab*>(base->pVtab)->owner;
        ResultView(context, owner->images_[cursor->at]->values[static_cast<size_t>(index)]);
        return SQLITE_OK;
    }
    static int RowId(sqlite3_vtab_cursor* base, sqlite3_int64* out) {
        const auto* cursor = static_cast<DeltaCursor*>(base);
        *out = static_cast<DeltaVtab*>(base->pVtab)->owner->images_[cursor->at]->rowid;
        return SQLITE_OK;
    }

    static const sqlite3_module* Get() {
        static const sqlite3_module module = [] {
            sqlite3_module m{};
            m.iVersion = 0;
            m.xCreate = Connect;
            m.xConnect = Connect;
            m.xBestIndex = BestIndex;
            m.xDisconnect = Disconnect;
            m.xDestroy = Disconnect;
            m.xOpen = Open;
            m.xClose = Close;
            m.xFilter = Filter;
            m.xNext = Next;
            m.xEof = Eof;
            m.xColumn = Column;
            m.xRowid = RowId;
            return m;
        }();
        return &module;
    }
};

Result<std::unique_ptr<DeltaTables>> DeltaTables::Make(tables::SchemaPtr schema) {
    std::unique_ptr<DeltaTables> out(new DeltaTables(std::move(schema)));
    BLASTY_RETURN_IF_ERROR(out->Open());
    return out;
}

DeltaTables::~DeltaTables() { sqlite3_close_v2(db_); }

Status DeltaTables::Open() {
    BLASTY_RETURN_IF_ERROR(OpenMemory(*schema_, &db_));
    // Plans must not depend on bound values: a statement would be compiled again at each binding.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
    const int code = sqlite3_create_module(db_, "blasty_delta", Module::Get(), this);
    if (code != SQLITE_OK) return SqlError(db_, code);
    for (const auto& table : schema_->tables) BLASTY_RETURN_IF_ERROR(CreateTable(*table));
    return MakeTempViews(db_, schema_->others);
}

Status DeltaTables::CreateTable(const tables::Table& table) {
    return Execute(
        db_, StrCat("CREATE VIRTUAL TABLE temp.", QuoteName(table.name), " USING blasty_delta"));
}

Status DeltaTables::Change(const SchemaChange& change) {
    BLASTY_RETURN_IF_ERROR(DropTempViews(db_, change.views_gone));
    for (const auto& table : change.gone)
        BLASTY_RETURN_IF_ERROR(Execute(db_, StrCat("DROP TABLE temp.", QuoteName(table->name))));
    BLASTY_RETURN_IF_ERROR(ChangeMemory(db_, change));
    schema_ = change.next;
    for (const auto& table : change.come) BLASTY_RETURN_IF_ERROR(CreateTable(*table));
    return MakeTempViews(db_, change.views_come);
}

sqlite3_stmt* DeltaTables::Prepare(std::string_view sql, Status* status) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) *status = SqlError(db_, code);
    return statement;
}

void DeltaTables::BeginProbe(std::vector<Conjunction>* probes) { probes_ = probes; }

void DeltaTables::BeginRun(const tables::Table* table, std::span<const Image* const> images) {
    probes_ = nullptr;
    table_ = table;
    images_ = images;
    current_ = 0;
}

void DeltaTables::Plan(
    absl::flat_hash_map<const tables::Table*, std::vector<PlannedAccess>>* accesses) {
    accesses_ = accesses;
}

tables::Value ValueFrom(sqlite3_value* value) {
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER:
            return int64_t{sqlite3_value_int64(value)};
        case SQLITE_FLOAT:
            return sqlite3_value_double(value);
        case SQLITE_TEXT: {
            const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
            return tables::Text{
                std::string(bytes, static_cast<size_t>(sqlite3_value_bytes(value)))};
        }
        case SQLITE_BLOB: {
            const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
            const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
            return tables::Blob{size == 0 ? std::string() : std::string(bytes, size)};
        }
        default:
            return tables::Null{};
    }
}

void BindView(sqlite3_stmt* statement, int index, const tables::ValueView& value) {
    switch (value.type) {
        case tables::ValueType::kInteger:
            sqlite3_bind_int64(statement, index, value.integer);
            return;
        case tables::ValueType::kReal:
            sqlite3_bind_double(statement, index, value.real);
            return;
        case tables::ValueType::kText:
            sqlite3_bind_text64(statement, index, DataOf(value), value.bytes.size(), SQLITE_STATIC,
                                SQLITE_UTF8);
            return;
        case tables::ValueType::kBlob:
            sqlite3_bind_blob64(statement, index, DataOf(value), value.bytes.size(), SQLITE_STATIC);
            return;
        case tables::ValueType::kNull:
            sqlite3_bind_null(statement, index);
            return;
    }
}

void PutResultRow(std::string& out, sqlite3_stmt* statement, int first) {
    const int count = sqlite3_column_count(statement);
    for (int i = first; i < count; ++i) {
        tables::ValueView view;
        switch (sqlite3_column_type(statement, i)) {
            case SQLITE_INTEGER:
                view.type = tables::ValueType::kInteger;
                view.integer = sqlite3_column_int64(statement, i);
                break;
            case SQLITE_FLOAT:
                view.type = tables::ValueType::kReal;
                view.real = sqlite3_column_double(statement, i);
                break;
            case SQLITE_TEXT: {
                view.type = tables::ValueType::kText;
                const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
                view.bytes = {text, static_cast<size_t>(sqlite3_column_bytes(statement, i))};
                break;
            }
            case SQLITE_BLOB: {
                view.type = tables::ValueType::kBlob;
                const auto* blob = static_cast<const char*>(sqlite3_column_blob(statement, i));
                const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, i));
                if (size != 0) view.bytes = {blob, size};
                break;
            }
            default:
                break;
        }
        tables::PutValue(out, view);
    }
}

}  // namespace blasty::live::internal
