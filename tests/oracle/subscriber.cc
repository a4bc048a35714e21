#include "tests/oracle/subscriber.h"

#include <algorithm>

#include "base/strings.h"

namespace blasty::oracle {

using live::Event;
using live::EventKind;

std::string Subscriber::Attach(live::Live& live) {
    session_ = live.NewSession([] {});
    live::SubscribeOptions options;
    options.query.sql = subscribe_.statements.front();
    options.query.parameters = subscribe_.parameters;
    options.old_values = subscribe_.old_values;
    options.coalesce_us = subscribe_.coalesce_us;
    options.resume = token_;
    if (token_.empty()) {
        rows_.clear();
        ready_ = false;
    }
    const Status begun = session_->Subscribe(1, options);
    return begun.ok() ? "" : StrCat("subscribe: ", begun.ToString());
}

void Subscriber::Detach() { session_.reset(); }

std::string Subscriber::Take(uint64_t events_max) {
    if (!session_ || failed()) return "";
    uint64_t taken = 0;
    while (taken < events_max) {
        std::vector<live::Session::Fetched> fetched;
        session_->Fetch(1 << 16, &fetched);
        if (fetched.empty()) return "";
        for (const live::Session::Fetched& f : fetched) {
            const live::EventBatch& batch = *f.batch;
            if (!batch.snapshot && ready_ && batch.sequence < at_) {
                return StrCat("a batch of ", batch.sequence.value(), " after ", at_.value());
            }
            if (batch.base > batch.sequence) {
                return StrCat("base ", batch.base.value(), " after its sequence ",
                              batch.sequence.value());
            }
            for (size_t i = f.skip; i < batch.events.size(); ++i) {
                if (taken == events_max) return "";  // lost with the connection, by the caller
                const std::string wrong = Apply(batch, batch.events[i]);
                if (!wrong.empty()) {
                    return StrCat(wrong, " (event ", i, " of ", batch.events.size(), ", kind ",
                                  static_cast<int>(batch.events[i].kind), ", base ",
                                  batch.base.value(), ", sequence ", batch.sequence.value(),
                                  ", key ", Printable(batch.events[i].key), ")");
                }
                token_ = live::TokenAfter(batch, i);
                ++taken;
                ++events_;
            }
            if (!batch.snapshot) whole_at_ = batch.sequence;
        }
    }
    return "";
}

std::string Subscriber::Apply(const live::EventBatch& batch, const Event& event) {
    switch (event.kind) {
        case EventKind::kReset:
            if (event.reason.empty()) return "a reset without a reason";
            rows_.clear();
            ready_ = false;
            ++resets_;
            return "";
        case EventKind::kRow:
            if (ready_) return "a row of a snapshot after ready";
            if (!rows_.emplace(event.key, event.row).second) return "a row twice in a snapshot";
            return "";
        case EventKind::kReady:
            if (ready_) return "ready twice";
            ready_ = true;
            at_ = whole_at_ = batch.sequence;
            return "";
        case EventKind::kProgress:
            if (!ready_) return "progress before ready";
            if (batch.sequence < at_) return "progress goes back";
            at_ = batch.sequence;
            return "";
        case EventKind::kError:
            error_ = event.reason.empty() ? "?" : event.reason;
            return event.reason.empty() ? "an error without a reason" : "";
        case EventKind::kEnter:
        case EventKind::kChange:
        case EventKind::kLeave:
            return ApplyChange(batch, event);
        case EventKind::kCounts:
            return "counts are of searches";
    }
    return "an event of unknown kind";
}

std::string Subscriber::ApplyChange(const live::EventBatch& batch, const Event& event) {
    if (!ready_) return "a change before ready";
    if (batch.sequence <= whole_at_)
        return StrCat("a change of ", batch.sequence.value(), " after all of ", whole_at_.value());
    at_ = batch.sequence;
    auto held = rows_.find(event.key);
    if (event.kind == EventKind::kEnter) {
        if (held != rows_.end()) return "enter of a row that is in the result";
        rows_.emplace(event.key, event.row);
        return "";
    }
    if (held == rows_.end()) return "change or leave of a row that is not in the result";
    if (subscribe_.old_values && event.old_row != held->second) return "the old row is another one";
    if (event.kind == EventKind::kLeave) {
        rows_.erase(held);
        return "";
    }
    if (event.row == held->second) return "change of a row that stays the same";
    held->second = event.row;
    return "";
}

std::vector<std::string> Subscriber::Rows() const {
    std::vector<std::string> rows;
    rows.reserve(rows_.size());
    for (const auto& [key, row] : rows_) rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    return rows;
}

}  // namespace blasty::oracle
