// Random histories: schemas, data, transactions, queries of every class, subscribers that come, go
// and break. Values are drawn from few, so that keys, filters and joins meet often; where SQLite
// itself leaves a result open (ties, representatives of equal values), nothing is drawn.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "tests/oracle/operation.h"

namespace blasty::oracle {

class Generator {
  public:
    explicit Generator(uint64_t seed) : random_(seed) {}
    // A history of about `commits` writes.
    std::vector<Operation> History(int commits);

    static constexpr int kSlots = 12;

  private:
    struct ColumnModel {
        std::string name;
        std::string type;    // declared, with collation
        bool exact = false;  // equal values of it are the same value: may be grouped by
        bool number = false;
    };
    struct TableModel {
        std::string name;
        std::vector<ColumnModel> columns;
        std::vector<std::string> key;
    };

    uint64_t Pick(uint64_t bound) { return random_.Below(bound); }
    template <typename T>
    const T& OneOf(const std::vector<T>& list) {
        return list[Pick(list.size())];
    }
    const TableModel& AnyTable() { return OneOf(tables_); }
    ColumnModel NewColumn(const std::string& name);
    const ColumnModel& AnyColumn(const TableModel& table) { return OneOf(table.columns); }
    const ColumnModel* ExactColumn(const TableModel& table);
    std::string KeyList(const TableModel& table, const std::string& alias);

    Operation Statement(Operation::Kind kind, std::string sql);
    Operation CreateTable(const std::string& name);
    Operation SchemaChange();
    Operation Write();
    std::string WriteStatement();
    std::string InsertStatement(const TableModel& table);
    std::string UpdateStatement(const TableModel& table);
    Operation Subscribe(int slot);

    // Constants: a literal, or with `parameters_` set sometimes ?N.
    std::string Constant();
    std::string Literal();
    tables::Value RandomValue();
    std::string Expression(const TableModel& table, const std::string& alias);
    std::string Predicate(const TableModel& table, const std::string& alias, int depth);
    std::string Comparison(const TableModel& table, const std::string& alias);
    std::string Projection(const TableModel& table, const std::string& alias);

    std::string FilterQuery();
    std::string JoinQuery();
    std::string AggregateQuery();
    std::string TopQuery();
    std::string SetQuery();
    std::string NestedQuery();
    std::string WindowQuery();

    Random random_;
    std::vector<TableModel> tables_;
    tables::Row* parameters_ = nullptr;
    int next_name_ = 0;
    int next_index_ = 0;
};

}  // namespace blasty::oracle
