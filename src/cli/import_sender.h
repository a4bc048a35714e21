// Sends rows of an import in batches: each batch one commit, sent again after a lost connection and
// stored once.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/sql.h"

namespace blasty::cli {

// One row on its way.
struct ImportItem {
    uint64_t line = 0;
    std::string text;  // as it was in the file; only kept where bad lines go to a file
    v1::Statement statement;
};

struct ImportCounts {
    uint64_t rows = 0;     // inserted or replaced
    uint64_t ignored = 0;  // were there already (--ignore)
    uint64_t bad = 0;
    uint64_t last_line = 0;  // everything up to it is done
    uint64_t sequence = 0;   // of the newest commit
};

// Told of a row that the server refuses, with its reason. Its error ends the import.
using OnBadRow = std::function<Status(const ImportItem& item, const Status& why)>;

// One thread uses it. A batch is sent while the next one is read, never two at once: what a file
// says twice (--replace), and where an import that stops goes on, depends on the order. `on_bad`
// runs on a thread of its own, one call at a time.
class ImportSender {
  public:
    // `name` is unique to this run.
    ImportSender(client::Sql& sql, std::string name, OnBadRow on_bad)
        : sql_(sql), name_(std::move(name)), on_bad_(std::move(on_bad)) {}
    ~ImportSender();

    // Waits for the batch before. An error is the end.
    Status Send(std::vector<ImportItem> batch);
    // Waits for the last one. The counts hold then.
    Status Finish();
    const ImportCounts& counts() const { return counts_; }

  private:
    Status SendRange(std::vector<ImportItem>& batch, size_t begin, size_t end);
    Result<v1::TransactionResponse> Try(std::vector<ImportItem>& batch, size_t begin, size_t end);

    client::Sql& sql_;
    const std::string name_;
    const OnBadRow on_bad_;
    ImportCounts counts_;  // of the sending thread while `pending_` is valid
    std::future<Status> pending_;
};

}  // namespace blasty::cli
