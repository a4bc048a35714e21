// The rows of a table, and its commits in the log.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "log/log.h"
#include "search/internal/source.h"
#include "tables/tables.h"

namespace blasty::search::internal {

class TableSource final : public Source {
  public:
    // `announced`: the last commit of tables that was announced. All must outlive it.
    TableSource(tables::Tables& tables, log::Log& log, const std::atomic<uint64_t>& announced,
                std::string table)
        : tables_(tables), log_(log), announced_(announced), name_(std::move(table)) {}

    Sequence Known() const override { return Sequence(announced_.load()); }
    bool Behind(Sequence position) const override { return position.value() < announced_.load(); }
    Result<std::shared_ptr<const tables::Table>> Shape() const override;
    bool CanFollow(Sequence position) const override;
    Result<Sequence> ReadAll(const tables::Table& shape, const std::atomic<bool>& stop,
                             const VisitRows& visit) override;
    Status Follow(const tables::Table& shape, Sequence position, Sequence limit,
                  const std::atomic<bool>& stop, const Apply& apply) override;
    void Restart() override { cursor_.reset(); }
    Result<Sequence> Await(Sequence fresh, int64_t timeout_us) override;
    Result<tables::Row> ReadMessage(Sequence sequence) override;
    Status VisitMessages(Sequence after, Sequence to, const std::atomic<bool>& stop,
                         const VisitMessage& visit) override;

  private:
    // How many rows there are, for the progress alone.
    uint64_t Count(const tables::Table& shape) const;

    tables::Tables& tables_;
    log::Log& log_;
    const std::atomic<uint64_t>& announced_;
    const std::string name_;
    std::unique_ptr<log::Cursor> cursor_;
};

}  // namespace blasty::search::internal
