// Commits of tables in frames of the log, and what is left of them by key.
#include "tables/commit.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "base/strings.h"
#include "tables/internal/record_codec.h"
#include "tables/value.h"

namespace blasty::tables {
namespace {

using internal::DecodeTableRecord;
using internal::RequestRecord;
using internal::RowRecord;
using internal::SchemaChange;
using internal::SchemaRecord;
using internal::TableRecord;
using internal::TableRecordKind;

constexpr int64_t kTime = 1'700'000'000'000'000;

// Puts records into a frame that begins at `first`.
class FrameMaker {
  public:
    void Add(const log::RecordFields& fields) { batch_.Add(fields); }
    void Add(const RowChange& change) {
        std::string payload;
        batch_.Add(RowRecord(change, kTime, &payload));
    }
    void AddRaw(uint32_t stream, std::string_view key, std::string_view payload) {
        log::RecordFields fields;
        fields.stream = StreamId(stream);
        fields.kind = log::RecordKind::kTable;
        fields.key = key;
        fields.payload = payload;
        batch_.Add(fields);
    }
    log::FramePtr Frame(uint64_t first = 1) const {
        auto frame = std::make_shared<log::Frame>();
        frame->first = Sequence(first);
        frame->count = batch_.count();
        frame->commit_time_us = kTime;
        frame->records = batch_.bytes();
        return frame;
    }

  private:
    log::Batch batch_;
};

std::string Key(int64_t id) { return EncodeRow({id}); }

struct Images {  // owns what a RowChange points to
    std::string key, old_key, old_row, new_row;
};

RowChange ChangeOf(const Images& images, ChangeKind kind, uint32_t table = 1) {
    RowChange change;
    change.table = TableId(table);
    change.kind = kind;
    change.key = images.key;
    change.old_key = images.old_key;
    change.old_row = images.old_row;
    change.new_row = images.new_row;
    return change;
}

TEST(Commit, RowChangesComeBack) {
    const Images insert{Key(1), "", "", EncodeRow({int64_t{1}, Text{"ged"}})};
    const Images same_key{Key(1), Key(1), insert.new_row, EncodeRow({int64_t{1}, Null{}})};
    const Images moved{Key(2), Key(1), same_key.new_row, EncodeRow({int64_t{2}, Null{}})};
    const Images removed{Key(2), "", moved.new_row, ""};
    FrameMaker maker;
    maker.Add(ChangeOf(insert, ChangeKind::kInsert));
    maker.Add(ChangeOf(same_key, ChangeKind::kUpdate));
    maker.Add(ChangeOf(moved, ChangeKind::kUpdate, 7));
    maker.Add(ChangeOf(removed, ChangeKind::kDelete));
    const auto commit = DecodeCommit(maker.Frame(100));
    ASSERT_TRUE(commit.ok()) << commit.status();
    EXPECT_EQ(commit->first, Sequence(100));
    EXPECT_EQ(commit->last, Sequence(103));
    EXPECT_EQ(commit->time_us, kTime);
    EXPECT_FALSE(commit->schema_changed);
    ASSERT_EQ(commit->changes.size(), 4u);
    EXPECT_EQ(commit->changes[0].kind, ChangeKind::kInsert);
    EXPECT_EQ(commit->changes[0].key, insert.key);
    EXPECT_EQ(commit->changes[0].new_row, insert.new_row);
    EXPECT_TRUE(commit->changes[0].old_row.empty());
    EXPECT_EQ(commit->changes[1].old_key, Key(1));
    EXPECT_EQ(commit->changes[1].old_row, same_key.old_row);
    EXPECT_EQ(commit->changes[1].new_row, same_key.new_row);
    EXPECT_EQ(commit->changes[2].old_key, Key(1));
    EXPECT_EQ(commit->changes[2].key, Key(2));
    EXPECT_EQ(commit->changes[2].table, TableId(7));
    EXPECT_EQ(commit->changes[2].sequence, Sequence(102));
    EXPECT_EQ(commit->changes[3].kind, ChangeKind::kDelete);
    EXPECT_EQ(commit->changes[3].old_row, moved.new_row);
    EXPECT_TRUE(commit->changes[3].new_row.empty());
}

TEST(Commit, OthersRecordsAreNotItsBusiness) {
    FrameMaker maker;
    log::RecordFields message;
    message.stream = StreamId(20);
    message.payload = "hello";
    maker.Add(message);
    EXPECT_TRUE(DecodeCommit(maker.Frame())->empty());
    const Images insert{Key(1), "", "", Key(1)};
    maker.Add(ChangeOf(insert, ChangeKind::kInsert));
    std::string payload;
    maker.Add(RequestRecord("order-1", internal::EncodeOutcome({{3, 9}}), kTime, &payload));
    maker.Add(message);
    const auto commit = DecodeCommit(maker.Frame(10));
    ASSERT_TRUE(commit.ok()) << commit.status();
    EXPECT_EQ(commit->changes.size(), 1u);
    EXPECT_EQ(commit->first, Sequence(11));
    EXPECT_EQ(commit->last, Sequence(12));
}

TEST(Commit, SchemaAndRequests) {
    SchemaChange change;
    change.statements = {"CREATE TABLE a(id INTEGER PRIMARY KEY)", "DROP TABLE b"};
    change.created = {{"a", TableId(3)}};
    FrameMaker maker;
    std::string payload;
    maker.Add(SchemaRecord(change, kTime, &payload));
    const log::FramePtr frame = maker.Frame(5);
    const auto commit = DecodeCommit(frame);
    ASSERT_TRUE(commit.ok()) << commit.status();
    EXPECT_TRUE(commit->schema_changed);
    EXPECT_EQ(commit->schema_sql, change.statements);
    log::RecordIterator records = frame->Records();
    log::RecordView record;
    ASSERT_TRUE(records.Next(&record));
    TableRecord decoded;
    ASSERT_TRUE(DecodeTableRecord(record, &decoded).ok());
    EXPECT_EQ(decoded.kind, TableRecordKind::kSchema);
    EXPECT_EQ(decoded.schema, change);

    FrameMaker request_maker;
    const std::vector<internal::StatementOutcome> outcome = {{0, 0}, {1'000'000, -1}};
    request_maker.Add(RequestRecord("id", internal::EncodeOutcome(outcome), kTime, &payload));
    const log::FramePtr request_frame = request_maker.Frame();
    log::RecordIterator requests = request_frame->Records();
    ASSERT_TRUE(requests.Next(&record));
    ASSERT_TRUE(DecodeTableRecord(record, &decoded).ok());
    EXPECT_EQ(decoded.request, "id");
    EXPECT_EQ(decoded.time_us, kTime);
    EXPECT_EQ(*internal::DecodeOutcome(decoded.outcome), outcome);
}

TEST(Commit, DamagedRecordsAreErrors) {
    using std::string_literals::operator""s;
    const uint32_t table = kTablesStreamBase + 1;
    const struct {
        uint32_t stream;
        std::string key, payload, reason;
    } cases[] = {
        {table, Key(1), "", "ROW_DAMAGED"},
        {table, Key(1), "\x01", "ROW_DAMAGED"},
        {table, Key(1), "\x02\x01" + Key(1), "UNKNOWN_RECORD_VERSION"},
        {table, Key(1), "\x01\x09" + Key(1), "ROW_DAMAGED"},
        {table, "", "\x01\x01" + Key(1), "ROW_DAMAGED"},
        {table, "\x09", "\x01\x01" + Key(1), "ROW_DAMAGED"},
        {table, Key(1), "\x01\x01\x01", "ROW_DAMAGED"},
        {table, Key(1), "\x01\x02\x05", "ROW_DAMAGED"},
        {table, Key(1), "\x01\x02\x01\x07\x00"s, "ROW_DAMAGED"},
        {kTablesStreamBase, Key(1), "\x01\x01" + Key(1), "ROW_DAMAGED"},
        {kTablesStreamBase, "", "\x01\x10\x00"s, "ROW_DAMAGED"},
        {kTablesStreamBase, "", "\x01\x11\x7f", "ROW_DAMAGED"},
        {kTablesStreamBase, "", "\x01\x11\x00\x01\x00\x01"s + "a", "ROW_DAMAGED"},
    };
    for (const auto& one : cases) {
        FrameMaker maker;
        maker.AddRaw(one.stream, one.key, one.payload);
        const Status status = DecodeCommit(maker.Frame(77)).status();
        EXPECT_EQ(ReasonOf(status), one.reason) << ::testing::PrintToString(one.payload);
        EXPECT_NE(MessageOf(status).find("77"), std::string_view::npos) << status;
    }
}

TEST(Commit, RandomDamageNeverEscapes) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(seed);
    Random random(seed);
    const Images moved{Key(2), Key(1), EncodeRow({int64_t{1}, Text{"x"}}),
                       EncodeRow({int64_t{2}, 1.5})};
    std::string whole;
    internal::PutRowChange(whole, ChangeOf(moved, ChangeKind::kUpdate));
    for (int i = 0; i < 5000; ++i) {
        std::string bytes = whole.substr(0, random.Below(whole.size() + 1));
        for (uint64_t n = random.Below(4); n > 0 && !bytes.empty(); --n)
            bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
        FrameMaker maker;
        maker.AddRaw(kTablesStreamBase + static_cast<uint32_t>(random.Below(2)),
                     random.Chance(1, 4) ? random.Bytes(3) : moved.key, bytes);
        const auto commit = DecodeCommit(maker.Frame());
        if (!commit.ok()) continue;
        for (const RowChange& change : commit->changes) {
            ASSERT_TRUE(DecodeRow(change.key).ok());
            ASSERT_TRUE(DecodeRow(change.old_row).ok());
            ASSERT_TRUE(DecodeRow(change.new_row).ok());
        }
    }
}

// Rows by table and key; what a naive reader would keep.
using Model = std::map<std::pair<uint32_t, std::string>, std::string>;

void Apply(const RowChange& change, Model* model) {
    const uint32_t table = change.table.value();
    if (change.kind == ChangeKind::kUpdate) model->erase({table, std::string(change.old_key)});
    if (change.kind == ChangeKind::kDelete)
        model->erase({table, std::string(change.key)});
    else
        (*model)[{table, std::string(change.key)}] = change.new_row;
}

// A random change that fits the model.
Images RandomChange(Random& random, uint32_t table, const Model& model, ChangeKind* kind) {
    Images images;
    images.key = Key(static_cast<int64_t>(random.Below(6)));
    images.new_row = EncodeRow({Text{std::string(1, static_cast<char>('a' + random.Below(3)))}});
    const auto there = model.find({table, images.key});
    if (there == model.end()) {
        *kind = ChangeKind::kInsert;
        return images;
    }
    images.old_row = there->second;
    if (random.Chance(1, 3)) {
        *kind = ChangeKind::kDelete;
        images.new_row.clear();
        return images;
    }
    *kind = ChangeKind::kUpdate;
    images.old_key = images.key;
    const std::string other = Key(static_cast<int64_t>(random.Below(6)));
    if (!model.contains({table, other})) images.key = other;
    return images;
}

TEST(NetChanges, EqualToANaiveModel) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(seed);
    Random random(seed);
    Model model;
    for (int round = 0; round < 3000; ++round) {
        const Model before = model;
        std::vector<Images> images;
        std::vector<std::pair<ChangeKind, uint32_t>> kinds;
        for (uint64_t n = random.Below(12); n > 0; --n) {
            const uint32_t table = 1 + static_cast<uint32_t>(random.Below(2));
            ChangeKind kind;
            images.push_back(RandomChange(random, table, model, &kind));
            kinds.emplace_back(kind, table);
            Apply(ChangeOf(images.back(), kind, table), &model);
        }
        std::vector<RowChange> changes;
        for (size_t i = 0; i < images.size(); ++i) {
            changes.push_back(ChangeOf(images[i], kinds[i].first, kinds[i].second));
            changes.back().sequence = Sequence(100 + i);
        }
        const std::vector<RowChange> net = NetChanges(changes);
        Model applied = before;
        std::set<std::pair<uint32_t, std::string>> seen;
        Sequence last;
        for (const RowChange& change : net) {
            const std::pair<uint32_t, std::string> id{change.table.value(),
                                                      std::string(change.key)};
            ASSERT_TRUE(seen.insert(id).second) << "one change a row";
            ASSERT_LE(last, change.sequence) << "by the last change";
            last = change.sequence;
            const auto was = before.find(id);
            ASSERT_EQ(change.kind == ChangeKind::kInsert, was == before.end());
            if (was != before.end()) {
                ASSERT_EQ(change.old_row, was->second);
            }
            ASSERT_NE(change.old_row, change.new_row);
            if (change.kind == ChangeKind::kUpdate) {
                ASSERT_EQ(change.old_key, change.key);
            }
            Apply(change, &applied);
        }
        ASSERT_EQ(applied, model);
    }
}

TEST(NetChanges, AMovedKeyIsADeleteThenAnInsert) {
    const Images moved{Key(2), Key(1), EncodeRow({int64_t{1}}), EncodeRow({int64_t{2}})};
    const auto net = NetChanges({ChangeOf(moved, ChangeKind::kUpdate)});
    ASSERT_EQ(net.size(), 2u);
    EXPECT_EQ(net[0].kind, ChangeKind::kDelete);
    EXPECT_EQ(net[0].key, Key(1));
    EXPECT_EQ(net[1].kind, ChangeKind::kInsert);
    EXPECT_EQ(net[1].key, Key(2));
}

TEST(NetChanges, ThereAndBackIsNothing) {
    const Images insert{Key(1), "", "", Key(1)};
    const Images remove{Key(1), "", Key(1), ""};
    EXPECT_TRUE(
        NetChanges({ChangeOf(insert, ChangeKind::kInsert), ChangeOf(remove, ChangeKind::kDelete)})
            .empty());
    EXPECT_TRUE(
        NetChanges({ChangeOf(remove, ChangeKind::kDelete), ChangeOf(insert, ChangeKind::kInsert)})
            .empty());
    EXPECT_TRUE(NetChanges({}).empty());
}

}  // namespace
}  // namespace blasty::tables
