#include "cli/import_sender.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/strings.h"

namespace blasty::cli {
namespace {

constexpr int kOverloadedTries = 100;
constexpr std::chrono::milliseconds kOverloadedWait(200);

// The row is wrong, not the server or the connection.
bool IsAboutRows(const Status& status) {
    const std::string reason = ReasonOf(status);
    if (reason == "REQUEST_TOO_LARGE" || reason == "MESSAGE_TOO_LARGE") return true;
    return reason != "TABLES_STOPPED" && (status.code() == StatusCode::kInvalidArgument ||
                                          status.code() == StatusCode::kFailedPrecondition);
}

}  // namespace

ImportSender::~ImportSender() {
    if (pending_.valid()) pending_.wait();
}

Result<v1::TransactionResponse> ImportSender::Try(std::vector<ImportItem>& batch, size_t begin,
                                                  size_t end) {
    v1::TransactionRequest request;
    request.set_id(StrCat(name_, "-", batch[begin].line, "-", end - begin));
    for (size_t i = begin; i < end; ++i) *request.add_statements() = batch[i].statement;
    for (int tries = 0;; ++tries) {
        Result<v1::TransactionResponse> done = sql_.Transaction(request);
        if (ReasonOf(done.status()) != "OVERLOADED" || tries == kOverloadedTries) return done;
        std::this_thread::sleep_for(kOverloadedWait);
    }
}

// Halves a batch that is refused until the rows stand alone that are to blame.
Status ImportSender::SendRange(std::vector<ImportItem>& batch, size_t begin, size_t end) {
    const Result<v1::TransactionResponse> done = Try(batch, begin, end);
    if (done.ok()) {
        for (int i = 0; i < done->results_size(); ++i)
            (done->results(i).summary().changes() > 0 ? counts_.rows : counts_.ignored) += 1;
        // A batch that was sent twice is answered without the counts.
        if (done->duplicate() && done->results_size() == 0) counts_.rows += end - begin;
        counts_.sequence = std::max<uint64_t>(counts_.sequence, done->sequence());
        counts_.last_line = batch[end - 1].line;
        return OkStatus();
    }
    if (!IsAboutRows(done.status())) return done.status();
    if (end - begin == 1) {
        ++counts_.bad;
        BLASTY_RETURN_IF_ERROR(on_bad_(batch[begin], done.status()));
        counts_.last_line = batch[begin].line;
        return OkStatus();
    }
    const size_t middle = begin + (end - begin) / 2;
    BLASTY_RETURN_IF_ERROR(SendRange(batch, begin, middle));
    return SendRange(batch, middle, end);
}

Status ImportSender::Finish() { return pending_.valid() ? pending_.get() : OkStatus(); }

Status ImportSender::Send(std::vector<ImportItem> batch) {
    BLASTY_RETURN_IF_ERROR(Finish());
    if (batch.empty()) return OkStatus();
    pending_ = std::async(std::launch::async, [this, batch = std::move(batch)]() mutable {
        return SendRange(batch, 0, batch.size());
    });
    return OkStatus();
}

}  // namespace blasty::cli
