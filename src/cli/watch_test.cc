#include <gtest/gtest.h>

#include <sstream>

#include "base/strings.h"
#include "cli/output.h"
#include "cli/watch_format.h"
#include "cli/watch_screen.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

using client::IntegerValue;
using client::TextValue;

constexpr int64_t kStart = 1'000'000;

v1::Event MakeEvent(v1::Event::Kind kind, uint64_t sequence, int64_t id = 0,
                    const std::string& name = "") {
    v1::Event event;
    event.set_kind(kind);
    event.set_sequence(sequence);
    if (id == 0) return event;
    *event.mutable_key()->add_values() = IntegerValue(id);
    v1::Row& row = kind == v1::Event::LEAVE ? *event.mutable_old_row() : *event.mutable_row();
    if (kind == v1::Event::LEAVE && name.empty()) {
        event.clear_old_row();
        return event;
    }
    *row.add_values() = IntegerValue(id);
    *row.add_values() = TextValue(name);
    return event;
}

std::vector<v1::Column> Columns() {
    std::vector<v1::Column> columns(2);
    columns[0].set_name("id");
    columns[1].set_name("name");
    return columns;
}

std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        while (line.ends_with(' ')) line.pop_back();
        lines.push_back(line);
    }
    return lines;
}

class ScreenTest : public testing::Test {
  protected:
    ScreenTest() { screen_.SetColumns(Columns()); }
    void Apply(v1::Event::Kind kind, uint64_t sequence, int64_t id = 0,
               const std::string& name = "", int64_t at = kStart) {
        screen_.Apply(MakeEvent(kind, sequence, id, name), at);
    }
    std::vector<std::string> Draw(size_t columns = 80, size_t lines = 24) {
        return Lines(screen_.Draw({columns, lines, false}));
    }

    WatchScreen screen_{"SELECT * FROM users"};
};

TEST_F(ScreenTest, MarksWhatHappensAndForgetsTheMarks) {
    Apply(v1::Event::ROW, 5, 1, "ged");
    Apply(v1::Event::READY, 5);
    Apply(v1::Event::ENTER, 6, 2, "tenar");
    Apply(v1::Event::CHANGE, 7, 1, "sparrowhawk");
    EXPECT_EQ(Draw(), (std::vector<std::string>{
                          "SELECT * FROM users", "  id  name", "~  1  sparrowhawk", "+  2  tenar",
                          "", "#7 · 2 rows · 1 entered, 1 changed, 0 left · Ctrl-C stops"}));
    EXPECT_FALSE(screen_.changed());
    Apply(v1::Event::LEAVE, 8, 1);
    EXPECT_EQ(Draw()[2], "-  1  sparrowhawk");
    EXPECT_EQ(screen_.rows(), 1u);
    EXPECT_EQ(screen_.Rows().size(), 1u);
    EXPECT_FALSE(screen_.Expire(kStart + 1));
    EXPECT_TRUE(screen_.Expire(kStart + WatchScreen::kMarkUs));
    EXPECT_TRUE(screen_.changed());
    EXPECT_EQ(Draw()[2], "   2  tenar");
    EXPECT_EQ(Draw().back(), "#8 · 1 row · 1 entered, 1 changed, 1 left · Ctrl-C stops");
}

TEST_F(ScreenTest, ARowThatComesBackIsThere) {
    Apply(v1::Event::ROW, 1, 1, "a");
    Apply(v1::Event::READY, 1);
    Apply(v1::Event::LEAVE, 2, 1);
    Apply(v1::Event::ENTER, 3, 1, "b");
    EXPECT_EQ(screen_.rows(), 1u);
    screen_.Expire(kStart + WatchScreen::kMarkUs);
    EXPECT_EQ(Draw()[2], "   1  b");
    Apply(v1::Event::LEAVE, 4, 99);  // not known: nothing
    EXPECT_EQ(screen_.rows(), 1u);
}

TEST_F(ScreenTest, FitsTheWindowAndShowsWhatChanged) {
    for (int64_t id = 1; id <= 100; ++id) Apply(v1::Event::ROW, 1, id, std::string(200, 'x'));
    Apply(v1::Event::READY, 1);
    Apply(v1::Event::CHANGE, 2, 77, "changed");
    const auto lines = Draw(40, 10);
    ASSERT_LE(lines.size(), 10u);
    for (const std::string& line : lines) EXPECT_LE(DisplayWidth(line), 40u) << line;
    std::string all;
    for (const std::string& line : lines) StrAppend(all, line, "\n");
    EXPECT_NE(all.find("~  77  changed"), std::string::npos) << all;
    EXPECT_NE(all.find("… 95 more rows"), std::string::npos) << all;
    for (const size_t size : {1, 2, 5}) EXPECT_LE(Draw(size, size).size(), size);
}

TEST_F(ScreenTest, ColoursOnlyWhenAsked) {
    Apply(v1::Event::ENTER, 1, 1, "x");
    EXPECT_EQ(screen_.Draw({80, 24, false}).find('\x1b'), std::string::npos);
    EXPECT_NE(screen_.Draw({80, 24, true}).find("\x1b[32m+"), std::string::npos);
    Apply(v1::Event::CHANGE, 2, 1, "\x1b[2J");
    EXPECT_NE(screen_.Draw({80, 24, false}).find("\\x1b[2J"), std::string::npos);
}

TEST_F(ScreenTest, AResetBeginsAnew) {
    Apply(v1::Event::ROW, 1, 1, "x");
    Apply(v1::Event::READY, 1);
    v1::Event reset = MakeEvent(v1::Event::RESET, 2);
    reset.set_reason("SCHEMA_CHANGED");
    reset.set_message("the table has other columns");
    screen_.Apply(reset, kStart);
    EXPECT_EQ(screen_.rows(), 0u);
    EXPECT_NE(Draw().back().find("loading"), std::string::npos);
    Apply(v1::Event::ROW, 3, 5, "y");
    Apply(v1::Event::READY, 3);
    EXPECT_EQ(Draw()[2], "   5  y");
}

TEST(ScreenOrderTest, FollowsOrderBy) {
    WatchScreen screen("SELECT id, name FROM t ORDER BY name DESC LIMIT 3");
    screen.SetColumns(Columns());
    for (const auto& [id, name] : {std::pair(1, "b"), std::pair(2, "c"), std::pair(3, "a")})
        screen.Apply(MakeEvent(v1::Event::ROW, 1, id, name), kStart);
    std::string order;
    for (const v1::Row& row : screen.Rows()) order += row.values(1).text();
    EXPECT_EQ(order, "cba");
}

TEST(CompareTest, LikeSqlite) {
    const std::vector<v1::Value> ascending = {
        client::NullValue(), client::RealValue(-1.5), IntegerValue(2), client::RealValue(2.5),
        TextValue(""),       TextValue("B"),          TextValue("a"),  client::BlobValue("")};
    for (size_t i = 0; i < ascending.size(); ++i)
        for (size_t j = 0; j < ascending.size(); ++j)
            EXPECT_EQ(CompareValues(ascending[i], ascending[j]) < 0, i < j) << i << " " << j;
    EXPECT_GT(CompareValues(IntegerValue(INT64_MAX), IntegerValue(INT64_MAX - 1)), 0);
}

TEST(EventTextTest, Lines) {
    const std::vector<std::string> names = {"id", "name"};
    v1::Event change = MakeEvent(v1::Event::CHANGE, 17, 1, "bob\n");
    *change.mutable_old_row() = change.row();
    *change.mutable_old_row()->mutable_values(1) = TextValue("ged");
    EXPECT_EQ(EventLine(change, names, false), "#17  change  id=1  name=ged→bob\\n");
    EXPECT_EQ(EventLine(MakeEvent(v1::Event::ENTER, 17, 1, "x"), names, false),
              "#17  enter   id=1  name=x");
    EXPECT_EQ(EventLine(MakeEvent(v1::Event::LEAVE, 18, 1), names, false), "#18  leave   key=1");
    EXPECT_EQ(EventLine(MakeEvent(v1::Event::LEAVE, 18, 1, "x"), names, false),
              "#18  leave   id=1  name=x");
    EXPECT_EQ(EventLine(MakeEvent(v1::Event::READY, 18), names, false), "#18  ready ");
}

v1::Event Hit(v1::Event::Kind kind, const std::string& key, uint32_t position, double score = 0) {
    v1::Event event;
    event.set_kind(kind);
    event.set_sequence(17);
    *event.mutable_key()->add_values() = TextValue(key);
    event.mutable_row();
    event.set_position(position);
    event.set_score(score);
    return event;
}

v1::Event Counts() {
    v1::Event counts;
    counts.set_kind(v1::Event::COUNTS);
    counts.set_sequence(17);
    counts.set_total(1234);
    v1::Facet& facet = *counts.add_facets();
    facet.set_name("section");
    facet.set_field("section");
    facet.set_total(9);
    for (const auto& [name, count] : {std::pair("web", 7), std::pair("doc", 2)}) {
        v1::Facet::Bucket& bucket = *facet.add_buckets();
        bucket.set_name(name);
        bucket.set_count(static_cast<uint64_t>(count));
    }
    return counts;
}

TEST(EventTextTest, SearchesTellPlaceScoreAndCounts) {
    v1::Event enter = Hit(v1::Event::ENTER, "nginx", 1, 8.12345);
    EXPECT_EQ(EventLine(enter, {}, false), "#17  enter   2. nginx  (8.123)");
    EXPECT_EQ(EventJson(enter, {}),
              "{\"kind\":\"enter\",\"sequence\":17,\"key\":[\"nginx\"],\"position\":1,"
              "\"score\":8.12345}");
    *enter.mutable_row()->add_values() = IntegerValue(12);
    v1::SearchHit::Fragments& fragments = *enter.add_fragments();
    fragments.set_field("text");
    fragments.add_texts("a \x1b[1;31mweb\x1b[0m\nserver");
    EXPECT_EQ(EventLine(enter, {"size"}, false),
              "#17  enter   2. nginx  (8.123)  size=12  text: a web server");
    enter.set_score(0);
    enter.mutable_fragments(0)->set_texts(0, "a <mark>web</mark>");
    EXPECT_EQ(EventJson(enter, {"size"}),
              "{\"kind\":\"enter\",\"sequence\":17,\"key\":[\"nginx\"],\"row\":{\"size\":12},"
              "\"position\":1,\"fragments\":{\"text\":[\"a <mark>web</mark>\"]}}");
    EXPECT_EQ(EventLine(Counts(), {}, false), "#17  counts  1,234 hits  section: web 7, doc 2");
    EXPECT_EQ(EventJson(Counts(), {}),
              "{\"kind\":\"counts\",\"sequence\":17,\"total\":1234,\"facets\":[{\"kind\":\"facet\","
              "\"name\":\"section\",\"field\":\"section\",\"total\":9,\"missing\":0,\"other\":0,"
              "\"buckets\":[{\"name\":\"web\",\"count\":7},{\"name\":\"doc\",\"count\":2}]}]}");
    v1::Event error;
    for (const auto& [reason, code] : {std::pair("INDEX_NOT_FOUND", StatusCode::kNotFound),
                                       std::pair("BAD_QUERY", StatusCode::kInvalidArgument),
                                       std::pair("INDEX_BUILDING", StatusCode::kUnavailable)}) {
        error.set_reason(reason);
        EXPECT_EQ(ErrorOf(error).code(), code) << reason;
    }
}

TEST(EventTextTest, Json) {
    const std::vector<std::string> names = {"id", "name"};
    v1::Event change = MakeEvent(v1::Event::CHANGE, 17, 1, "b");
    *change.mutable_old_row() = change.row();
    change.set_token("main:17");
    change.set_merged(2);
    EXPECT_EQ(EventJson(change, names),
              "{\"kind\":\"change\",\"sequence\":17,\"key\":[1],\"row\":{\"id\":1,\"name\":\"b\"},"
              "\"old\":{\"id\":1,\"name\":\"b\"},\"token\":\"main:17\",\"merged\":2}");
    v1::Event reset = MakeEvent(v1::Event::RESET, 18);
    reset.set_reason("HISTORY_GONE");
    reset.set_message("gone");
    EXPECT_EQ(
        EventJson(reset, names),
        "{\"kind\":\"reset\",\"sequence\":18,\"reason\":\"HISTORY_GONE\",\"message\":\"gone\"}");
    reset.set_reason("LIVE_REFUSED");
    EXPECT_EQ(ReasonOf(ErrorOf(reset)), "LIVE_REFUSED");
    EXPECT_EQ(ErrorOf(reset).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace blasty::cli
