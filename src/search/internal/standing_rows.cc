#include "search/internal/standing_rows.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/internal/sql_text.h"
#include "tables/query.h"
#include "tables/value.h"

namespace blasty::search::standing {
namespace {

// Of one SELECT.
constexpr size_t kKeysAtOnce = 200;

using RowsByKey = absl::flat_hash_map<std::string, std::string>;

// Frames with commits of the table after `after`, up to `to`.
Status VisitCommits(Core& core, tables::TableId table, Sequence after, Sequence to,
                    const std::function<Result<bool>(tables::Commit&)>& visit) {
    const auto cursor =
        core.log.NewCursor({.from = Next(after), .stream = tables::StreamOf(table)});
    while (!core.stopped.load()) {
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor->Next());
        if (frame == nullptr || frame->first > to) return OkStatus();
        BLASTY_ASSIGN_OR_RETURN(tables::Commit commit, tables::DecodeCommit(frame));
        if (commit.empty() || commit.last <= after) continue;
        if (commit.first > to) return OkStatus();
        std::erase_if(commit.changes, [&](const auto& change) { return change.table != table; });
        if (commit.changes.empty()) continue;
        BLASTY_ASSIGN_OR_RETURN(const bool more, visit(commit));
        if (!more) return OkStatus();
    }
    return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped");
}

// "SELECT columns FROM t WHERE key IN (?1, ?2 …)" for so many keys.
std::string SelectOf(const internal::LiveIndex::View& view, size_t keys) {
    const std::vector<int>& places = view.mapping->key_columns();
    std::string names, values;
    for (const int place : places) {
        StrAppend(names, names.empty() ? "" : ",",
                  internal::QuotedName(view.mapping->columns()[static_cast<size_t>(place)]));
    }
    size_t number = 0;
    for (size_t i = 0; i < keys; ++i) {
        if (i > 0) values += ',';
        if (places.size() > 1) values += '(';
        for (size_t part = 0; part < places.size(); ++part)
            StrAppend(values, part == 0 ? "?" : ",?", ++number);
        if (places.size() > 1) values += ')';
    }
    const bool several = places.size() > 1;
    return StrCat("SELECT ", internal::QuotedNames(view.mapping->columns()), " FROM ",
                  internal::QuotedName(view.table->name), " WHERE ", several ? "(" : "", names,
                  several ? ")" : "", " IN (", several ? "VALUES " : "", values, ")");
}

// Rows as they are now; `at`: the newest sequence that any of them was read at.
Status ReadNow(Core& core, const internal::LiveIndex::View& view,
               const std::vector<std::string>& keys, RowsByKey* rows, Sequence* at) {
    for (size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
        const size_t end = std::min(keys.size(), from + kKeysAtOnce);
        tables::ReadRequest request;
        request.statement.sql = SelectOf(view, end - from);
        for (size_t i = from; i < end; ++i) {
            BLASTY_ASSIGN_OR_RETURN(tables::Row key, tables::DecodeRow(keys[i]));
            for (tables::Value& part : key) request.statement.parameters.push_back(std::move(part));
        }
        BLASTY_ASSIGN_OR_RETURN(const auto query, core.tables.Read(request));
        std::vector<std::string> found;
        for (bool more = true; more;) {
            BLASTY_ASSIGN_OR_RETURN(more, query->Next(kKeysAtOnce, 64 << 20, &found));
        }
        *at = std::max(*at, query->sequence());
        for (std::string& row : found) {
            BLASTY_ASSIGN_OR_RETURN(std::string key, view.mapping->KeyOf(row));
            rows->insert_or_assign(std::move(key), std::move(row));
        }
    }
    return OkStatus();
}

// Takes back the changes after `after`: the first one of a key has its row as it was.
Status TakeBack(Core& core, const internal::LiveIndex::View& view, Sequence after, Sequence to,
                const std::vector<std::string>& keys, RowsByKey* rows) {
    absl::flat_hash_map<std::string_view, bool> open;  // true: not decided yet
    for (const std::string& key : keys) open.emplace(key, true);
    const auto decide = [&](std::string_view key, std::string_view row) {
        const auto found = open.find(key);
        if (found == open.end() || !std::exchange(found->second, false)) return;
        if (row.empty())
            rows->erase(std::string(key));
        else
            rows->insert_or_assign(std::string(key), std::string(row));
    };
    return VisitCommits(core, view.table->id, after, to,
                        [&](tables::Commit& commit) -> Result<bool> {
                            for (const tables::RowChange& change : commit.changes) {
                                const std::string_view old_key =
                                    change.old_key.empty() ? change.key : change.old_key;
                                decide(old_key, change.old_row);
                                if (change.key != old_key) decide(change.key, {});
                            }
                            return true;
                        });
}

}  // namespace

Status VisitChanges(Core& core, const ChangesOf& of, Sequence after, Sequence to,
                    const std::function<Result<bool>(const TableChanges&)>& visit) {
    if (of.messages != nullptr) {
        return of.messages->VisitMessages(
            after, to, core.stopped, [&](const tables::RowChange& insert) -> Result<bool> {
                return visit({.base = Sequence(insert.sequence.value() - 1),
                              .last = insert.sequence,
                              .changes = {insert}});
            });
    }
    return VisitCommits(core, of.table, after, to, [&](tables::Commit& commit) -> Result<bool> {
        TableChanges net{.base = Sequence(commit.first.value() - 1),
                         .last = commit.last,
                         .changes = tables::NetChanges(commit.changes)};
        if (net.changes.empty()) return true;
        return visit(net);
    });
}

Result<RowsByKey> ReadRows(Core& core, const internal::LiveIndex::View& view,
                           const std::vector<std::string>& keys) {
    RowsByKey rows;
    if (view.of_topic) {
        for (const std::string& key : keys) {
            BLASTY_ASSIGN_OR_RETURN(const tables::Row values, tables::DecodeRow(key));
            const auto* const sequence =
                values.empty() ? nullptr : std::get_if<int64_t>(&values[0]);
            if (sequence == nullptr) continue;
            BLASTY_ASSIGN_OR_RETURN(
                const tables::Row row,
                view.source->ReadMessage(Sequence(static_cast<uint64_t>(*sequence))));
            if (!row.empty()) rows.emplace(key, tables::EncodeRow(row));
        }
        return rows;
    }
    if (keys.empty()) return rows;
    Sequence read_at;
    BLASTY_RETURN_IF_ERROR(ReadNow(core, view, keys, &rows, &read_at));
    const Sequence at = view.snapshot->sequence;
    if (read_at > at) BLASTY_RETURN_IF_ERROR(TakeBack(core, view, at, read_at, keys, &rows));
    return rows;
}

}  // namespace blasty::search::standing
