// The hand-written encoders of rows and live events against the generated code, on random values.
#include "rpc/internal/sql_wire.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"
#include "base/strings.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/live_wire.h"
#include "rpc/internal/sql_convert.h"
#include "rpc/internal/sql_decode.h"

namespace blasty::rpc {
namespace {

tables::Value RandomValue(Random& random) {
    switch (random.Below(7)) {
        case 0:
            return tables::Null{};
        case 1:
            return static_cast<int64_t>(random.Next());
        case 2:
            return static_cast<int64_t>(random.Below(3)) - 1;
        case 3:
            return static_cast<double>(random.Below(100)) / 7;
        case 4:
            return tables::Text{StrCat("text ", random.Below(1000), "ü")};
        case 5:
            return tables::Text{random.Bytes(random.Below(300))};
        default:
            return tables::Blob{random.Bytes(random.Below(20))};
    }
}

tables::Row RandomRow(Random& random) {
    tables::Row row;
    for (uint64_t i = random.Below(6); i > 0; --i) row.push_back(RandomValue(random));
    return row;
}

TEST(SqlWireTest, RowsComeBackAsTheyWere) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    for (int i = 0; i < 2000; ++i) {
        const tables::Row row = RandomRow(random);
        std::string from_bytes, from_row;
        ASSERT_TRUE(AppendRow(from_bytes, 2, tables::EncodeRow(row)).ok());
        AppendRow(from_row, 2, row);
        ASSERT_EQ(from_bytes, from_row);
        v1::QueryResponse response;
        ASSERT_TRUE(response.ParseFromString(from_bytes));
        ASSERT_EQ(response.rows_size(), 1);
        EXPECT_EQ(FromProto(response.rows(0)), row);
    }
}

TEST(SqlWireTest, TextThatIsNotUtf8IsRawText) {
    std::string bytes;
    AppendRow(bytes, 2, {tables::Text{"\xff\xfe"}, tables::Text{"good"}, tables::Text{""}});
    v1::QueryResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    EXPECT_EQ(response.rows(0).values(0).raw_text(), "\xff\xfe");
    EXPECT_EQ(response.rows(0).values(1).text(), "good");
    EXPECT_EQ(response.rows(0).values(2).kind_case(), v1::Value::kText);
}

TEST(SqlWireTest, DamagedRowsAreRefused) {
    std::string out;
    EXPECT_EQ(ReasonOf(AppendRow(out, 2, "\x09zz")), "ROW_DAMAGED");
    EXPECT_EQ(ReasonOf(AppendRow(out, 2, "\x03\x7f")), "ROW_DAMAGED");
}

TEST(SqlWireTest, ColumnsAndSummary) {
    std::string bytes;
    AppendColumns(bytes, 1, {"a", "b"}, {"INTEGER", ""});
    SummaryFields summary;
    summary.sequence = Sequence(7);
    summary.changes = 3;
    summary.last_insert_id = -5;
    summary.duplicate = true;
    summary.rows = 9;
    AppendSummary(bytes, 3, summary);
    v1::QueryResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    ASSERT_EQ(response.columns_size(), 2);
    EXPECT_EQ(response.columns(0).name(), "a");
    EXPECT_EQ(response.columns(0).declared_type(), "INTEGER");
    EXPECT_EQ(response.columns(1).name(), "b");
    EXPECT_EQ(response.summary().sequence(), 7u);
    EXPECT_EQ(response.summary().changes(), 3);
    EXPECT_EQ(response.summary().last_insert_id(), -5);
    EXPECT_TRUE(response.summary().duplicate());
    EXPECT_EQ(response.summary().rows(), 9u);
    EXPECT_FALSE(response.summary().read_only());
}

TEST(SqlWireTest, KindOfStatement) {
    EXPECT_EQ(KindOf("SELECT 1"), StatementKind::kRead);
    EXPECT_EQ(KindOf("  -- note\n /* x */ select(1)"), StatementKind::kRead);
    EXPECT_EQ(KindOf("explain insert into t values(1)"), StatementKind::kRead);
    EXPECT_EQ(KindOf("Insert INTO t VALUES(1)"), StatementKind::kWrite);
    EXPECT_EQ(KindOf("WITH x AS (SELECT 1) DELETE FROM t"), StatementKind::kUnsure);
    EXPECT_EQ(KindOf("selection"), StatementKind::kUnsure);
    EXPECT_EQ(KindOf("/* never closed"), StatementKind::kUnsure);
    EXPECT_EQ(KindOf(""), StatementKind::kUnsure);
}

v1::TransactionRequest RandomTransaction(Random& random) {
    v1::TransactionRequest request;
    for (uint64_t i = 1 + random.Below(5); i > 0; --i) {
        v1::Statement* statement = request.add_statements();
        statement->set_sql(StrCat("INSERT ü ", random.Below(2)));
        for (uint64_t n = random.Below(5); n > 0; --n) {
            v1::Parameter* parameter = statement->add_parameters();
            if (random.Chance(1, 4)) parameter->set_name(StrCat(":p", n));
            if (random.Chance(1, 6)) continue;
            std::string row;
            AppendRow(row, 2, {RandomValue(random)});
            v1::QueryResponse holder;
            EXPECT_TRUE(holder.ParseFromString(row));
            *parameter->mutable_value() = holder.rows(0).values(0);
        }
    }
    if (random.Chance(1, 3)) request.set_id(StrCat("id ", random.Below(100)));
    if (random.Chance(1, 3)) request.set_timeout_us(static_cast<int64_t>(random.Below(1000)));
    return request;
}

// As it is without a list.
std::string Shown(const tables::WriteRequest& request) {
    std::string out = StrCat(request.id, "/", request.timeout_us);
    const auto add = [&out](std::string_view what, const tables::ValueView& value) {
        StrAppend(out, " ", what, "=");
        tables::PutValue(out, value);
    };
    for (const tables::Statement& statement : request.statements) {
        StrAppend(out, "; ", statement.sql);
        for (const tables::Value& value : statement.parameters) add("", tables::ViewOf(value));
        for (const auto& [name, value] : statement.named) add(name, tables::ViewOf(value));
    }
    for (size_t i = 0; request.list != nullptr && i < request.list->size(); ++i) {
        const tables::StatementView statement = (*request.list)[i];
        StrAppend(out, "; ", statement.sql);
        for (const tables::ValueView& value : statement.parameters) add("", value);
        for (const tables::NamedView& named : statement.named) add(named.name, named.value);
    }
    return out;
}

// What the decoder takes, the generated code takes, and it is the same.
bool DecodesAlike(const std::string& wire) {
    tables::WriteRequest decoded;
    if (!DecodeTransaction(wire, nullptr, &decoded)) return false;
    v1::TransactionRequest proto;
    EXPECT_TRUE(proto.ParseFromString(wire));
    const auto expected = WriteRequestOf(proto);
    EXPECT_TRUE(expected.ok()) << expected.status();
    if (!expected.ok()) return true;
    EXPECT_EQ(Shown(decoded), Shown(*expected));
    return true;
}

TEST(SqlDecodeTest, TransactionsAreReadAsTheGeneratedCodeReadsThem) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    int damaged_but_fine = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string wire = RandomTransaction(random).SerializeAsString();
        ASSERT_TRUE(DecodesAlike(wire));
        // Fields come again, or in another order.
        const std::string twice = wire + RandomTransaction(random).SerializeAsString();
        DecodesAlike(twice);
        for (uint64_t n = 1 + random.Below(3); n > 0; --n) {
            const size_t at = random.Below(wire.size());
            if (random.Chance(1, 3))
                wire.erase(at, 1);
            else
                wire[at] = static_cast<char>(random.Next());
            if (wire.empty()) break;
        }
        damaged_but_fine += DecodesAlike(wire) ? 1 : 0;
        if (HasFailure()) return;
    }
    EXPECT_GT(damaged_but_fine, 50);
}

TEST(SqlDecodeTest, WhatIsRareIsLeftToTheGeneratedCode) {
    tables::WriteRequest decoded;
    v1::TransactionRequest request;
    EXPECT_FALSE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
    request.add_statements();
    EXPECT_FALSE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
    request.mutable_statements(0)->set_sql("DELETE FROM t");
    EXPECT_TRUE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
    request.set_timeout_us(-1);
    EXPECT_FALSE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
    request.set_timeout_us(0);
    request.add_conditions()->set_table("t");
    EXPECT_FALSE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
    request.clear_conditions();
    for (int i = 1; i < kTransactionStatementsMax; ++i)
        request.add_statements()->set_sql("DELETE FROM t");
    EXPECT_TRUE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
    request.add_statements()->set_sql("DELETE FROM t");
    EXPECT_FALSE(DecodeTransaction(request.SerializeAsString(), nullptr, &decoded));
}

live::EventBatchPtr RandomBatch(Random& random, uint64_t sequence) {
    auto batch = std::make_shared<live::EventBatch>();
    batch->base = Sequence(sequence - 1);
    batch->sequence = Sequence(sequence);
    const live::EventKind kinds[] = {live::EventKind::kEnter, live::EventKind::kChange,
                                     live::EventKind::kLeave};
    for (uint64_t i = 1 + random.Below(5); i > 0; --i) {
        live::Event event;
        event.kind = kinds[random.Below(3)];
        event.key = tables::EncodeRow({static_cast<int64_t>(random.Below(100))});
        if (event.kind != live::EventKind::kLeave) event.row = tables::EncodeRow(RandomRow(random));
        if (random.Chance(1, 2)) event.old_row = tables::EncodeRow(RandomRow(random));
        event.merged = static_cast<uint32_t>(random.Below(3));
        batch->events.push_back(std::move(event));
    }
    auto columns = std::make_shared<live::ResultColumns>();
    columns->names = {"a"};
    columns->types = {"TEXT"};
    batch->columns = columns;
    return batch;
}

v1::SubscribeResponse Parsed(grpc::ByteBuffer bytes) {
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(bytes.Dump(&slices).ok());
    std::string whole;
    for (const grpc::Slice& slice : slices) {
        whole.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    v1::SubscribeResponse response;
    EXPECT_TRUE(response.ParseFromString(whole));
    return response;
}

TEST(LiveWireTest, AnswersHoldTheBatches) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    for (int round = 0; round < 200; ++round) {
        LiveAnswer answer;
        std::vector<live::EventBatchPtr> batches;
        for (uint64_t i = 1; i < 6; ++i) {
            batches.push_back(RandomBatch(random, i * 10));
            LiveAnswer::Head head;
            head.subscription = i;
            if (i == 1) head.columns = batches.back()->columns.get();
            head.skip = i == 2 ? 1 : 0;
            answer.Add(head, batches.back(), EncodedEvents(*batches.back()));
        }
        const size_t size = answer.size();
        const v1::SubscribeResponse response = Parsed(answer.Take());
        EXPECT_EQ(response.ByteSizeLong(), size);
        ASSERT_EQ(response.events_size(), 5);
        for (int i = 0; i < 5; ++i) {
            const v1::Events& events = response.events(i);
            const live::EventBatch& batch = *batches[static_cast<size_t>(i)];
            EXPECT_EQ(events.subscription(), static_cast<uint64_t>(i + 1));
            EXPECT_EQ(events.columns_size(), i == 0 ? 1 : 0);
            EXPECT_EQ(events.skip(), i == 1 ? 1u : 0u);
            ASSERT_EQ(events.events_size(), static_cast<int>(batch.events.size()));
            for (int j = 0; j < events.events_size(); ++j) {
                const v1::Event& event = events.events(j);
                const live::Event& expected = batch.events[static_cast<size_t>(j)];
                EXPECT_EQ(event.kind(), static_cast<int>(expected.kind));
                EXPECT_EQ(event.sequence(), batch.sequence.value());
                EXPECT_EQ(tables::EncodeRow(FromProto(event.key())), expected.key);
                EXPECT_EQ(tables::EncodeRow(FromProto(event.row())), expected.row);
                EXPECT_EQ(tables::EncodeRow(FromProto(event.old_row())), expected.old_row);
                EXPECT_EQ(event.token(), live::TokenAfter(batch, static_cast<size_t>(j)));
                EXPECT_EQ(event.merged(), expected.merged);
            }
        }
    }
}

TEST(LiveWireTest, CutsBetweenEvents) {
    Random random(1);
    const auto batch = RandomBatch(random, 10);
    const std::string_view whole = EncodedEvents(*batch);
    for (size_t max = 0; max <= whole.size() + 1; ++max) {
        size_t count = 0;
        for (std::string_view rest = whole; !rest.empty();) {
            const EventsCut cut = CutEvents(rest, max);
            ASSERT_GT(cut.count, 0u);
            ASSERT_TRUE(cut.count == 1 || cut.events.size() <= max);
            count += cut.count;
            rest.remove_prefix(cut.events.size());
        }
        EXPECT_EQ(count, batch->events.size());
    }
}

TEST(LiveWireTest, Errors) {
    LiveAnswer answer;
    answer.AddError(3, MakeError(StatusCode::kInvalidArgument, "LIVE_REFUSED", "no \xff"));
    const v1::SubscribeResponse response = Parsed(answer.Take());
    EXPECT_EQ(response.events(0).subscription(), 3u);
    EXPECT_EQ(response.events(0).events(0).kind(), v1::Event::ERROR);
    EXPECT_EQ(response.events(0).events(0).reason(), "LIVE_REFUSED");
    EXPECT_EQ(response.events(0).events(0).message(), "no \\xff");
}

}  // namespace
}  // namespace blasty::rpc
