// What CREATE VIRTUAL TABLE … USING search(…) may say, and how values are read.
#include "search/definition.h"

#include <gtest/gtest.h>

#include "search/internal/time_text.h"
#include "search/mapping.h"

namespace blasty::search {
namespace {

TEST(DefinitionTest, ReadsFields) {
    const auto definition = ParseStatement(
        "CREATE VIRTUAL TABLE x USING search(\"my, table\", name TEXT BOOST 3, description text "
        "language english, section FACET, [odd name] NUMERIC AS odd, place GEO, free BOOL,\n"
        "body ANALYZER 'unicode | fold | stop english', updated DATE)");
    ASSERT_TRUE(definition.ok()) << definition.status();
    EXPECT_EQ(definition->table, "my, table");
    ASSERT_EQ(definition->fields.size(), 8u);
    EXPECT_EQ(definition->fields[0].boost, 3);
    EXPECT_EQ(definition->fields[0].type, FieldType::kText);
    EXPECT_NE(definition->fields[1].analyzer, definition->fields[0].analyzer);
    EXPECT_EQ(definition->fields[3].column, "odd name");
    EXPECT_EQ(definition->fields[3].name, "odd");
    EXPECT_EQ(definition->fields[4].type, FieldType::kGeo);
    EXPECT_EQ(definition->fields[5].type, FieldType::kBoolean);
    EXPECT_EQ(definition->fields[6].type, FieldType::kText);
    EXPECT_EQ(definition->fields[7].type, FieldType::kDate);
}

TEST(DefinitionTest, SaysWhatIsWrong) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"t"}, "at least one column"},
        {{"t", ""}, "a field is empty"},
        {{"t x", "a"}, "should be the name of a table"},
        {{"t", "a TEXTT"}, "is no option"},
        {{"t", "a TEXT BOOST"}, "needs a value"},
        {{"t", "a TEXT BOOST x"}, "above 0"},
        {{"t", "a TEXT BOOST -1"}, "above 0"},
        {{"t", "a TEXT LANGUAGE klingon"}, "klingon"},
        {{"t", "a FACET LANGUAGE english"}, "is for TEXT"},
        {{"t", "a TEXT", "a FACET"}, "with AS"},
        {{"t", "a TEXT AS 'b"}, "not closed"},
        {{"t", "a->'b' TEXT"}, "is no path into JSON"},
        {{"t", "a -> TEXT"}, "is no path into JSON"},
        {{"t", "->'$.b' TEXT"}, "is no path into JSON"},
        {{"t", "a JSON", "b JSON AS a.c"}, "could be the same"},
    };
    for (const auto& [arguments, message] : cases) {
        const auto definition = ParseDefinition(arguments);
        ASSERT_FALSE(definition.ok()) << message;
        EXPECT_EQ(ReasonOf(definition.status()), "BAD_INDEX_DEFINITION");
        EXPECT_NE(MessageOf(definition.status()).find(message), std::string_view::npos)
            << definition.status();
    }
}

tables::ValueView Text(std::string_view text) { return {tables::ValueType::kText, 0, 0, text}; }

TEST(MappingTest, ReadsValues) {
    EXPECT_EQ(AsNumber(Text(" 12.5 ")), 12.5);
    EXPECT_EQ(AsNumber(Text("12x")), std::nullopt);
    EXPECT_EQ(AsNumber({tables::ValueType::kInteger, 7, 0, {}}), 7.0);
    EXPECT_EQ(AsNumber({}), std::nullopt);
    EXPECT_EQ(AsBoolean(Text("true")), true);
    EXPECT_EQ(AsBoolean({tables::ValueType::kInteger, 0, 0, {}}), false);
    EXPECT_EQ(AsBoolean(Text("maybe")), std::nullopt);
    EXPECT_EQ(AsPoint(Text("48.2, 16.4")), (index::Point{48.2, 16.4}));
    EXPECT_EQ(AsPoint(Text("[16.4, 48.2]")), (index::Point{48.2, 16.4}));
    EXPECT_EQ(AsPoint(Text("{\"lat\": 48.2, \"lng\": 16.4}")), (index::Point{48.2, 16.4}));
    EXPECT_EQ(AsPoint(Text("91, 0")), std::nullopt);
    EXPECT_EQ(AsPoint(Text("[16.4")), std::nullopt);
    EXPECT_EQ(AsDate({tables::ValueType::kInteger, 10, 0, {}}), 10e6);
    EXPECT_EQ(AsDate(Text("1970-01-02")), 86400e6);
    EXPECT_EQ(AsDate(Text("1970-01-01T01:00:00.5+01:00")), 0.5e6);
    EXPECT_EQ(AsDate(Text("1970-02-30")), std::nullopt);
}

TEST(TimeTextTest, GoesThereAndBack) {
    for (const char* text : {"1970-01-01T00:00:00Z", "2016-02-29T23:59:59.25Z",
                             "1901-12-13T20:45:52Z", "2262-04-11T23:47:16.854775Z"}) {
        const auto time = internal::ParseTime(text);
        ASSERT_TRUE(time.has_value()) << text;
        EXPECT_EQ(internal::FormatTime(time.value_or(internal::TimeText()).us), text);
    }
    for (const char* text : {"2016", "2016-1-1", "2016-01-01T", "2016-01-01T25:00",
                             "2016-01-01T10:00+25:00", "2016-13-01", "2016-01-01x"}) {
        EXPECT_FALSE(internal::ParseTime(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace blasty::search
