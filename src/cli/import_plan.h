// What an import does with its rows: which table, which statement, which columns.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "blasty/v1/sql.pb.h"
#include "cli/column_types.h"
#include "cli/import_source.h"

namespace blasty::cli {

enum class OnConflict { kFail, kReplace, kIgnore };

// Types of the columns of a file, from all of its rows or, where it can be read only once, from
// those that `kept` then holds.
struct InferredTable {
    std::vector<NewColumn> columns;
    std::vector<ImportRow> kept;
    bool ended = false;  // nothing is left in the source
};
struct InferOptions {
    bool keep = false;     // the source can be read only once
    bool written = false;  // values are text as it stands in the file (CSV)
    // NAME and type as given by the user.
    std::vector<std::pair<std::string, std::string>> types = {};
};
// UNKNOWN_COLUMN when a type is given for a column that is not there.
Result<InferredTable> InferTable(ImportSource& source, const InferOptions& options);

// Makes the statements. Not thread-safe.
class ImportPlan {
  public:
    // `columns` are those of the table, in its order, with their declared types.
    ImportPlan(std::string table, std::vector<NewColumn> columns, OnConflict on_conflict);

    // UNKNOWN_COLUMN when the file has a column that the table has not.
    Status CheckColumns(const std::vector<std::string>& names) const;
    // Refuses text that would lose something in a column whose type was inferred.
    void CheckInferred() { check_inferred_ = true; }
    // The INSERT of a row; its problem in `row.problem` when it cannot be.
    v1::Statement StatementOf(const std::vector<std::string>& names, ImportRow& row);

  private:
    const NewColumn* Find(const std::string& name) const;
    void Adapt(const NewColumn& column, v1::Value* value, std::string* problem) const;

    const std::string table_;
    const std::vector<NewColumn> columns_;
    const OnConflict on_conflict_;
    bool check_inferred_ = false;
    std::vector<size_t> last_columns_;
    std::vector<const NewColumn*> last_found_;
    std::string last_sql_;  // of rows with last_columns_
};

// The bytes of x'00ff'; false when `text` is something else.
bool ParseBlobLiteral(std::string_view text, std::string* bytes);

}  // namespace blasty::cli
