#include "rpc/internal/changes_stream.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/sql_wire.h"

namespace blasty::rpc {
namespace {

PartStream::Options StreamOptions() {
    // What waits holds memory, no connection: a client may take its time.
    return {kQueryAheadBytes, 0, OkStatus()};
}

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool IsNameCharacter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Whether `text` holds `word` on its own, ASCII case aside.
bool HoldsWord(std::string_view text, std::string_view word) {
    const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
    for (auto at = text.begin();;) {
        at = std::search(at, text.end(), word.begin(), word.end(), same);
        if (at == text.end()) return false;
        const auto end = at + static_cast<std::ptrdiff_t>(word.size());
        const bool begins = at == text.begin() || !IsNameCharacter(*(at - 1));
        const bool ends = end == text.end() || !IsNameCharacter(*end);
        if (begins && ends) return true;
        ++at;
    }
}

}  // namespace

ChangesStream::ChangesStream(grpc::CallbackServerContext& context, SqlParts& parts,
                             const v1::ChangesRequest& request)
    : PartStream(context, parts.streams, parts.bulk, StreamOptions()),
      parts_(parts),
      request_(request),
      looked_at_(request.since()) {}

ChangesStream::~ChangesStream() {
    if (admitted_) parts_.changes_calls.fetch_sub(1);
}

void ChangesStream::OnBegin() {
    admitted_ = true;
    if (parts_.changes_calls.fetch_add(1) >= kChangesCallsMax) {
        return End(MakeError(StatusCode::kResourceExhausted, "LIMIT_REACHED",
                             StrCat(kChangesCallsMax,
                                    " histories are being read already; try "
                                    "again when one has ended")));
    }
    Start();
}

void ChangesStream::Release() {
    rows_ = {};
    schema_ = {};
    shapes_.clear();
}

Status ChangesStream::Open() {
    const tables::SchemaPtr schema = parts_.tables().schema();
    const tables::Table* table = schema->Find(request_.table());
    if (table == nullptr) {
        return MakeError(StatusCode::kNotFound, "TABLE_NOT_FOUND",
                         StrCat("table '", Printable(request_.table()),
                                "' does not exist; GetSchema (or .tables) lists them"));
    }
    log::Log& log = parts_.engine.topics().log();
    const Sequence last = log.state().last;
    if (looked_at_ > last) {
        return MakeError(StatusCode::kOutOfRange, "SEQUENCE_AHEAD",
                         StrCat("`since` is ", looked_at_.value(), ", the log ends at ",
                                last.value(), "; is it of another server?"));
    }
    const Sequence from = parts_.tables().history_from();
    if (Next(looked_at_) < from) {
        return MakeError(StatusCode::kOutOfRange, "SEQUENCE_GONE",
                         StrCat("the changes after ", looked_at_.value(),
                                " are not all kept any more; go on after ", from.value() - 1));
    }
    table_ = table->id;
    rows_.cursor = log.NewCursor({Next(looked_at_), tables::StreamOf(table_)});
    schema_.cursor = log.NewCursor({Next(looked_at_), StreamId(tables::kTablesStreamBase)});
    if (table->shaped_at > looked_at_ && from <= Sequence(1)) {
        auto shapes = tables::PastShapes(log, table_, last);
        // Without them old rows tell their values only.
        if (shapes.ok()) shapes_ = *std::move(shapes);
    }
    part_ = ColumnsAfter(looked_at_, 1);
    return OkStatus();
}

// Empty: not known.
std::string ChangesStream::ColumnsAfter(Sequence sequence, uint32_t field) const {
    std::string out;
    const tables::SchemaPtr schema = parts_.tables().schema();
    const tables::Table* table = schema->Find(table_);
    const tables::PastShape* past = tables::ShapeAfter(shapes_, sequence);
    const std::vector<tables::Column>* columns = past == nullptr ? nullptr : &past->columns;
    if (table != nullptr && table->shaped_at <= sequence) columns = &table->columns;
    if (columns == nullptr) return out;
    std::vector<std::string> names, types;
    for (const tables::Column& column : *columns) {
        names.push_back(column.name);
        types.push_back(column.declared_type);
    }
    AppendColumns(out, field, names, types);
    return out;
}

Result<log::FramePtr> ChangesStream::NextFrame(Sequence limit) {
    for (Source* source : {&rows_, &schema_}) {
        if (source->next != nullptr) continue;
        BLASTY_ASSIGN_OR_RETURN(source->next, source->cursor->Next());
    }
    log::FramePtr first = rows_.next;
    if (first == nullptr || (schema_.next != nullptr && schema_.next->first < first->first)) {
        first = schema_.next;
    }
    if (first == nullptr || first->first > limit) return log::FramePtr();
    for (Source* source : {&rows_, &schema_}) {
        if (source->next != nullptr && source->next->first == first->first) source->next.reset();
    }
    return first;
}

Result<PartStream::Step> ChangesStream::Produce() {
    if (!std::exchange(opened_, true)) BLASTY_RETURN_IF_ERROR(Open());
    if (std::exchange(at_end_, false)) SkipRemoved();
    // Read before the cursors look: what they miss is behind it.
    const Sequence limit = parts_.tables().applied();
    while (part_.size() < kQueryBytes && !LimitReached()) {
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, NextFrame(limit));
        if (frame == nullptr) {
            looked_at_ = std::max(looked_at_, limit);
            const bool follow = request_.follow();
            if (!follow || first_part_ || !part_.empty()) Flush();
            if (!follow) return Step::kDone;
            at_end_ = true;
            const bool waits = parts_.commits.Add(limit, [weak = weak_from_this()] {
                const auto self = std::static_pointer_cast<ChangesStream>(weak.lock());
                if (self != nullptr) self->Resume();
            });
            return waits ? Step::kPause : Step::kMore;
        }
        BLASTY_ASSIGN_OR_RETURN(const tables::Commit commit, tables::DecodeCommit(frame));
        BLASTY_RETURN_IF_ERROR(Take(commit));
    }
    Flush();
    return LimitReached() ? Step::kDone : Step::kMore;
}

// Only records of others can have been removed in front of one that waited at the end: a commit of
// tables wakes it at once, and is kept for long after that.
void ChangesStream::SkipRemoved() {
    const Sequence oldest = parts_.engine.topics().log().state().oldest;
    for (const Source* source : {&rows_, &schema_}) {
        if (source->cursor->position() < oldest) source->cursor->Seek(oldest);
    }
}

Status ChangesStream::Take(const tables::Commit& commit) {
    for (const std::string_view sql : commit.schema_sql) {
        if (LimitReached()) return OkStatus();
        if (commit.last > looked_at_ && Concerns(sql)) AddSchemaChange(commit, std::string(sql));
    }
    for (const tables::RowChange& change : commit.changes) {
        if (LimitReached()) return OkStatus();
        if (change.table != table_ || change.sequence <= looked_at_) continue;
        BLASTY_RETURN_IF_ERROR(AddChange(commit, change));
        looked_at_ = change.sequence;
        if (part_.size() >= kQueryBytes) Flush();
    }
    if (!commit.empty() && !LimitReached()) looked_at_ = std::max(looked_at_, commit.last);
    return OkStatus();
}

// A statement that makes the table, changes its columns, or takes it away.
bool ChangesStream::Concerns(std::string_view sql) const {
    const bool of_a_table = HoldsWord(sql.substr(0, 32), "TABLE");
    return of_a_table && HoldsWord(sql, request_.table());
}

Status ChangesStream::AddChange(const tables::Commit& commit, const tables::RowChange& change) {
    std::string body;
    PutVarintField(body, 1, static_cast<uint64_t>(change.kind));
    PutVarintField(body, 2, change.sequence.value());
    PutVarintField(body, 3, commit.last.value());
    PutVarintField(body, 4, static_cast<uint64_t>(commit.time_us));
    BLASTY_RETURN_IF_ERROR(AppendRow(body, 5, change.key));
    if (change.kind != tables::ChangeKind::kInsert) {
        BLASTY_RETURN_IF_ERROR(AppendRow(body, 6, change.old_row));
    }
    if (change.kind != tables::ChangeKind::kDelete) {
        BLASTY_RETURN_IF_ERROR(AppendRow(body, 7, change.new_row));
        PutVarintField(body, 8, tables::RowVersion(change.new_row));
    }
    PutMessageHead(part_, 2, body.size());
    part_ += body;
    ++told_;
    return OkStatus();
}

void ChangesStream::AddSchemaChange(const tables::Commit& commit, const std::string& sql) {
    std::string body;
    PutVarintField(body, 1, v1::TableChange::SCHEMA);
    PutVarintField(body, 2, commit.last.value());
    PutVarintField(body, 3, commit.last.value());
    PutVarintField(body, 4, static_cast<uint64_t>(commit.time_us));
    PutSizedField(body, 9, sql);
    body += ColumnsAfter(commit.last, 10);
    PutMessageHead(part_, 2, body.size());
    part_ += body;
    ++told_;
}

void ChangesStream::Flush() {
    PutVarintField(part_, 3, looked_at_.value());
    first_part_ = false;
    Put(std::exchange(part_, std::string()));
}

}  // namespace blasty::rpc
