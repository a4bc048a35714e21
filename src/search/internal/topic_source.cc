#include "search/internal/topic_source.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "search/internal/json_writer.h"
#include "search/internal/time_text.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

struct MessageColumn {
    std::string_view name, type;
};
constexpr std::array<MessageColumn, 6> kColumns = {{{"sequence", "INTEGER"},
                                                    {"topic", "TEXT"},
                                                    {"key", "TEXT"},
                                                    {"time", "TEXT"},
                                                    {"headers", "TEXT"},
                                                    {"payload", ""}}};

// `bytes` as text when it is that.
tables::Value TextOf(std::string_view bytes) {
    if (IsUtf8(bytes)) return tables::Text{std::string(bytes)};
    return tables::Blob{std::string(bytes)};
}

Result<tables::Row> RowOf(const topics::Message& message) {
    std::string headers = "{";
    BLASTY_ASSIGN_OR_RETURN(const auto views, topics::DecodeHeaders(message.headers));
    for (const topics::HeaderView& header : views) {
        if (headers.size() > 1) headers += ',';
        AppendJsonString(headers, header.name);
        headers += ':';
        AppendJsonString(headers, header.value);
    }
    headers += '}';
    tables::Row row;
    row.emplace_back(static_cast<int64_t>(message.sequence.value()));
    row.emplace_back(tables::Text{std::string(message.topic)});
    if (message.key.empty())
        row.emplace_back();
    else
        row.push_back(TextOf(message.key));
    row.emplace_back(tables::Text{FormatTime(message.event_time_us)});
    row.emplace_back(tables::Text{std::move(headers)});
    row.push_back(TextOf(message.payload));
    return row;
}

std::string KeyOf(Sequence sequence) {
    return tables::EncodeRow({tables::Value(static_cast<int64_t>(sequence.value()))});
}

tables::RowChange InsertOf(Sequence sequence, std::string_view key, std::string_view row) {
    return {.sequence = sequence,
            .table = tables::TableId(0),
            .kind = tables::ChangeKind::kInsert,
            .key = key,
            .old_key = {},
            .old_row = {},
            .new_row = row};
}

}  // namespace

bool IsMessageColumn(std::string_view name) {
    return std::any_of(kColumns.begin(), kColumns.end(),
                       [&](const MessageColumn& column) { return column.name == name; });
}

struct TopicSource::Waker {
    explicit Waker(std::function<void()> function) : wake(std::move(function)) {}
    const std::function<void()> wake;
    std::atomic<bool> more{true};
};

TopicSource::TopicSource(topics::Topics& topics, std::string topic, std::function<void()> wake)
    : topics_(topics), name_(std::move(topic)), waker_(std::make_shared<Waker>(std::move(wake))) {}

TopicSource::~TopicSource() = default;

Sequence TopicSource::Known() const { return topics_.log().state().last; }

bool TopicSource::Behind(Sequence position) const {
    return waker_->more.load() || position.value() < wanted_.load();
}

Result<std::shared_ptr<const tables::Table>> TopicSource::Shape() const {
    BLASTY_ASSIGN_OR_RETURN(const topics::TopicInfo info, topics_.GetTopic(name_));
    if (info.config.retention.latest_per_key) {
        return MakeError(StatusCode::kFailedPrecondition, "INDEX_FAILED",
                         StrCat("topic '", Printable(name_),
                                "' keeps only the newest message of each key, which an index "
                                "cannot follow; keep such state in a table"));
    }
    auto table = std::make_shared<tables::Table>();
    table->name = name_;
    for (const MessageColumn& column : kColumns) {
        tables::Column& added = table->columns.emplace_back();
        added.name = column.name;
        added.declared_type = column.type;
    }
    table->key_columns = {0};
    // A topic that was made again has other messages.
    table->shaped_at = Sequence(info.id.value());
    return table;
}

bool TopicSource::CanFollow(Sequence /*position*/) const { return true; }

Sequence TopicSource::Floor() const {
    const auto info = topics_.GetTopic(name_);
    if (!info.ok()) return Sequence(0);
    return info->first == Sequence(0) ? Next(info->last) : info->first;
}

Status TopicSource::OpenReader(const topics::Start& start) {
    auto reader = topics_.OpenReader({.patterns = {name_}, .start = start},
                                     [weak = std::weak_ptr<Waker>(waker_)] {
                                         const auto waker = weak.lock();
                                         if (waker == nullptr) return;
                                         waker->more = true;
                                         waker->wake();
                                     });
    if (!reader.ok()) return reader.status();
    reader_ = *std::move(reader);
    return OkStatus();
}

Status TopicSource::Fetch(std::vector<topics::Message>* messages) {
    messages->clear();
    // Before: a message that comes meanwhile is not to be missed.
    waker_->more = false;
    Status fetched = reader_->Fetch({}, messages);
    if (ReasonOf(fetched) == "SEQUENCE_GONE") {
        reader_->Skip();
        messages->clear();
        fetched = reader_->Fetch({}, messages);
    }
    return fetched;
}

Result<Sequence> TopicSource::ReadAll(const tables::Table& /*shape*/, const std::atomic<bool>& stop,
                                      const VisitRows& visit) {
    const Sequence until = Known();
    BLASTY_RETURN_IF_ERROR(OpenReader({.kind = topics::Start::Kind::kOldest, .sequence = {}}));
    std::vector<topics::Message> messages;
    std::vector<std::string> rows;
    for (;;) {
        if (stop.load()) return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped");
        BLASTY_RETURN_IF_ERROR(Fetch(&messages));
        if (messages.empty()) break;
        rows.clear();
        for (const topics::Message& message : messages) {
            BLASTY_ASSIGN_OR_RETURN(const tables::Row row, RowOf(message));
            rows.push_back(tables::EncodeRow(row));
        }
        const Sequence last = messages.back().sequence;
        const double done = static_cast<double>(last.value()) /
                            static_cast<double>(std::max<uint64_t>(until.value(), 1));
        BLASTY_RETURN_IF_ERROR(visit(rows, std::min(0.999, done)));
        if (last >= until) break;
    }
    waker_->more = true;
    return Sequence(std::max<uint64_t>(reader_->position().value(), 2) - 1);
}

Status TopicSource::Follow(const tables::Table& /*shape*/, Sequence position, Sequence limit,
                           const std::atomic<bool>& stop, const Apply& apply) {
    if (reader_ == nullptr) {
        BLASTY_RETURN_IF_ERROR(
            OpenReader({.kind = topics::Start::Kind::kSequence, .sequence = Next(position)}));
    }
    std::vector<topics::Message> messages;
    std::vector<std::string> keys, rows;
    while (!stop.load()) {
        BLASTY_RETURN_IF_ERROR(Fetch(&messages));
        std::vector<tables::RowChange> changes;
        keys.clear();
        rows.clear();
        for (const topics::Message& message : messages) {
            BLASTY_ASSIGN_OR_RETURN(const tables::Row row, RowOf(message));
            rows.push_back(tables::EncodeRow(row));
            keys.push_back(KeyOf(message.sequence));
        }
        for (size_t i = 0; i < rows.size(); ++i) {
            changes.push_back(InsertOf(messages[i].sequence, keys[i], rows[i]));
        }
        if (!messages.empty()) {
            BLASTY_RETURN_IF_ERROR(apply(changes, messages.back().sequence));
            continue;
        }
        // Not `limit`: the log is ahead of what readers see for a moment.
        const Sequence known(std::max<uint64_t>(reader_->position().value(), 1) - 1);
        if (known < limit) waker_->more = true;
        return apply(changes, std::max(position, known));
    }
    return OkStatus();
}

Result<Sequence> TopicSource::Await(Sequence fresh, int64_t /*timeout_us*/) {
    const Sequence known = Known();
    if (fresh > known) {
        return MakeError(StatusCode::kOutOfRange, "SEQUENCE_AHEAD",
                         StrCat("sequence ", fresh.value(), " is not stored yet; the last one is ",
                                known.value()));
    }
    uint64_t wanted = wanted_.load();
    while (wanted < fresh.value() && !wanted_.compare_exchange_weak(wanted, fresh.value())) {
    }
    waker_->wake();
    return fresh;
}

Result<tables::Row> TopicSource::ReadMessage(Sequence sequence) {
    // A reader would make it.
    if (!topics_.GetTopic(name_).ok()) return tables::Row();
    BLASTY_ASSIGN_OR_RETURN(const auto reader,
                            topics_.OpenReader({.patterns = {name_},
                                                .start = {.kind = topics::Start::Kind::kSequence,
                                                          .sequence = sequence}},
                                               [] {}));
    std::vector<topics::Message> messages;
    const Status fetched = reader->Fetch({.messages_max = 1}, &messages);
    if (ReasonOf(fetched) == "SEQUENCE_GONE") return tables::Row();
    BLASTY_RETURN_IF_ERROR(fetched);
    if (messages.empty() || messages[0].sequence != sequence) return tables::Row();
    return RowOf(messages[0]);
}

Status TopicSource::VisitMessages(Sequence after, Sequence to, const std::atomic<bool>& stop,
                                  const VisitMessage& visit) {
    BLASTY_RETURN_IF_ERROR(topics_.GetTopic(name_).status());
    BLASTY_ASSIGN_OR_RETURN(const auto reader,
                            topics_.OpenReader({.patterns = {name_},
                                                .start = {.kind = topics::Start::Kind::kSequence,
                                                          .sequence = Next(after)}},
                                               [] {}));
    std::vector<topics::Message> messages;
    while (!stop.load()) {
        messages.clear();
        BLASTY_RETURN_IF_ERROR(reader->Fetch({}, &messages));
        if (messages.empty() && reader->position() > to) return OkStatus();
        // What an index has seen, readers see in a moment.
        if (messages.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        for (const topics::Message& message : messages) {
            if (message.sequence > to) return OkStatus();
            BLASTY_ASSIGN_OR_RETURN(const tables::Row row, RowOf(message));
            const std::string key = KeyOf(message.sequence), encoded = tables::EncodeRow(row);
            BLASTY_ASSIGN_OR_RETURN(const bool more,
                                    visit(InsertOf(message.sequence, key, encoded)));
            if (!more) return OkStatus();
        }
    }
    return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped");
}

}  // namespace blasty::search::internal
