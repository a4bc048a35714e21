#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "tables/internal/row_images.h"

#include <cmath>
#include <utility>

#include "base/strings.h"
#include "tables/internal/statement.h"

namespace blasty::tables::internal {
namespace {

// As SQLite decides it when it stores a value with INTEGER or NUMERIC affinity.
bool WholeNumber(double value) {
    return value > -9223372036854775808.0 && value < 9223372036854775807.0 &&
           static_cast<double>(static_cast<int64_t>(value)) == value;
}

// From here on a double does not tell which integer it was made of.
constexpr double kInexactFrom = 9007199254740992.0;

bool StoresWholeNumbers(const Column& column) {
    return column.affinity == Affinity::kInteger || column.affinity == Affinity::kNumeric;
}

std::vector<int> StoredPlaces(const std::vector<bool>& is_virtual) {
    std::vector<int> places;
    int next = 0;
    for (const bool computed : is_virtual) places.push_back(computed ? -1 : next++);
    return places;
}

}  // namespace

const Column* MisreadColumn(const Table& table, const std::vector<bool>& is_virtual) {
    std::vector<size_t> stored;  // columns in the order of the record
    if (table.without_rowid) stored.assign(table.key_columns.begin(), table.key_columns.end());
    for (size_t i = 0; i < table.columns.size(); ++i) {
        const bool key_in_front = table.without_rowid && table.columns[i].key_position > 0;
        if (!key_in_front && (is_virtual.empty() || !is_virtual[i])) stored.push_back(i);
    }
    const size_t rowid =
        table.key_is_rowid ? static_cast<size_t>(table.key_columns[0]) : table.columns.size();
    for (size_t at = 0; at < stored.size(); ++at) {
        const Column& column = table.columns[stored[at]];
        if (stored[at] == at) continue;
        if (stored[at] == rowid || at == rowid) return &column;
        if (column.affinity == Affinity::kBlob && table.columns[at].affinity == Affinity::kReal)
            return &column;
    }
    return nullptr;
}

void RowImages::SetSchema(SchemaPtr schema) {
    shapes_.clear();
    schema_ = std::move(schema);
    for (const auto& table : schema_->tables) {
        auto is_virtual = VirtualColumns(db_, *table);
        if (is_virtual.ok() && is_virtual->empty()) continue;
        auto shape = std::make_unique<Shape>();
        shape->status = is_virtual.status();
        if (is_virtual.ok()) {
            shape->stored = StoredPlaces(*is_virtual);
            auto computed = ComputedColumns::Make(*table, *std::move(is_virtual));
            shape->status = computed.status();
            if (computed.ok()) shape->computed = *std::move(computed);
        }
        shapes_.emplace(table->id, std::move(shape));
    }
}

RowImages::Shape* RowImages::ShapeOf(const Table& table) {
    if (shapes_.empty()) return nullptr;
    const auto at = shapes_.find(table.id);
    return at == shapes_.end() ? nullptr : at->second.get();
}

Status RowImages::Read(const Table& table, int operation, Side side, Shape* shape) {
    // Of WITHOUT ROWID tables SQLite finds the place itself, but for new values of updates.
    const bool finds_place =
        table.without_rowid && (side == Side::kOld || operation != SQLITE_UPDATE);
    values_.resize(table.columns.size());
    for (size_t i = 0; i < table.columns.size(); ++i) {
        int place = static_cast<int>(i);
        if (shape != nullptr) {
            values_[i] = ValueView();
            if (shape->stored[i] < 0) continue;
            if (!finds_place) place = shape->stored[i];
        }
        sqlite3_value* value = nullptr;
        const int code = side == Side::kOld ? sqlite3_preupdate_old(db_, place, &value)
                                            : sqlite3_preupdate_new(db_, place, &value);
        if (code != SQLITE_OK || value == nullptr)
            return MakeError(
                StatusCode::kInternal, "INTERNAL",
                StrCat("the ", side == Side::kOld ? "old" : "new", " image of a row of '",
                       Printable(table.name), "' could not be read"));
        values_[i] = ViewOfSqlite(value);
    }
    return OkStatus();
}

Status RowImages::Append(const Table& table, int operation, Side side, std::string* row) {
    Shape* const shape = ShapeOf(table);
    if (shape != nullptr) BLASTY_RETURN_IF_ERROR(shape->status);
    BLASTY_RETURN_IF_ERROR(Read(table, operation, side, shape));
    for (size_t i = 0; i < values_.size(); ++i) {
        const Column& column = table.columns[i];
        ValueView& value = values_[i];
        // SQLite stores whole numbers of REAL columns as integers, and the hook sees them so.
        if (value.type == ValueType::kInteger && column.affinity == Affinity::kReal) {
            value.type = ValueType::kReal;
            value.real = static_cast<double>(value.integer);
        }
        // It takes the affinity from the wrong column of some tables: a whole number of an INTEGER
        // or NUMERIC column is stored as an integer, never as a real.
        if (value.type == ValueType::kReal && StoresWholeNumbers(column) &&
            WholeNumber(value.real)) {
            if (side == Side::kOld && std::fabs(value.real) >= kInexactFrom)
                return MakeError(
                    StatusCode::kPermissionDenied, "STATEMENT_REFUSED",
                    StrCat("the old value of column '", Printable(column.name), "' of table '",
                           Printable(table.name),
                           "' is a large integer, which SQLite does not tell exactly in a table of "
                           "this shape; copy the rows into a table with the key columns first"));
            value.type = ValueType::kInteger;
            value.integer = static_cast<int64_t>(value.real);
        }
        if (value.type == ValueType::kNull && column.key_position > 0 && side == Side::kNew)
            return MakeError(StatusCode::kInvalidArgument, "PRIMARY_KEY_NULL",
                             StrCat("a row for table '", Printable(table.name),
                                    "' has NULL in its primary key; give every key column a "
                                    "value"));
    }
    if (shape != nullptr) {
        if (Status filled = shape->computed->Fill(&values_); !filled.ok())
            return Annotate(filled, StrCat("the VIRTUAL columns of a row of table '",
                                           Printable(table.name), "'"));
    }
    begin_ = row->size();
    ends_.clear();
    for (const ValueView& value : values_) {
        PutValue(*row, value);
        ends_.push_back(row->size());
    }
    return OkStatus();
}

void RowImages::AppendKey(const Table& table, const std::string& row, std::string* key) const {
    for (const int column : table.key_columns) {
        const size_t at = static_cast<size_t>(column);
        const size_t begin = at == 0 ? begin_ : ends_[at - 1];
        key->append(row, begin, ends_[at] - begin);
    }
}

}  // namespace blasty::tables::internal
