#include "cli/sql_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cli/result_printer.h"
#include "cli/sql_parameters.h"
#include "cli/sql_words.h"
#include "cli/value_text.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

using client::BlobValue;
using client::IntegerValue;
using client::NullValue;
using client::RealValue;
using client::TextValue;

std::vector<std::string> Split(std::string_view script) {
    SqlScript parts = SplitStatements(script);
    if (!parts.rest.empty()) parts.statements.push_back("…" + parts.rest);
    return parts.statements;
}

TEST(SplitTest, CutsAtTheEndsOfStatementsOnly) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(Split("SELECT 1; SELECT 2;"), (Texts{"SELECT 1", "SELECT 2"}));
    EXPECT_EQ(Split("SELECT ';', \";\", `;`, [;] -- ;\n/* ; */ ; x"),
              (Texts{"SELECT ';', \";\", `;`, [;] -- ;\n/* ; */", "… x"}));
    EXPECT_EQ(Split("SELECT 'it''s; so';"), (Texts{"SELECT 'it''s; so'"}));
    EXPECT_EQ(Split(" ;; -- nothing\n ; "), Texts());
    EXPECT_EQ(Split("SELECT 'open; "), (Texts{"…SELECT 'open; "}));
    const std::string trigger =
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET n = 1; DELETE FROM c; END";
    EXPECT_EQ(Split(trigger + "; SELECT 1;"), (Texts{trigger, "SELECT 1"}));
}

TEST(SplitTest, LinesWithADotAreCommandsBetweenStatementsOnly) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(Split(".tables\n  .mode json  \r\nSELECT 1;.schema a;b\nSELECT\n.5;"),
              (Texts{".tables", ".mode json", "SELECT 1", ".schema a;b", "SELECT\n.5"}));
    EXPECT_EQ(Split("-- x\n/* y */ .help -- z"), (Texts{".help -- z"}));
    EXPECT_EQ(Split("SELECT 'a\n.b\n'"), (Texts{"…SELECT 'a\n.b\n'"}));
    EXPECT_EQ(Split(".quit"), (Texts{".quit"}));
}

TEST(SqlTextTest, KnowsQueriesAndNames) {
    EXPECT_TRUE(LooksLikeQuery(" -- x\n select 1"));
    EXPECT_TRUE(LooksLikeQuery("WITH a AS (SELECT 1) SELECT * FROM a"));
    EXPECT_FALSE(LooksLikeQuery("selection"));
    EXPECT_FALSE(LooksLikeQuery(""));
    EXPECT_TRUE(IsBlank(" /* x */ ; -- y"));
    EXPECT_FALSE(IsBlank("x"));
    EXPECT_EQ(Unquoted(Tokens("\"a \"\"b\"")[0]), "a \"b");
    EXPECT_EQ(Unquoted(Tokens("[a b]")[0]), "a b");
    EXPECT_EQ(Unquoted(Tokens("'text'")[0]), "");
    EXPECT_EQ(SqlName("users"), "users");
    EXPECT_EQ(SqlName("order"), "\"order\"");
    EXPECT_EQ(SqlName("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(SqlName("7up"), "\"7up\"");
}

TEST(SqlTextTest, FindsTheOrderOfResultColumns) {
    const std::vector<std::string> columns = {"name", "n"};
    const auto order = OrderOf("SELECT name, n FROM t ORDER BY n DESC, 1 LIMIT 3", columns);
    ASSERT_EQ(order.size(), 2u);
    EXPECT_EQ(order[0].column, 1u);
    EXPECT_TRUE(order[0].descending);
    EXPECT_EQ(order[1].column, 0u);
    EXPECT_FALSE(order[1].descending);
    EXPECT_TRUE(OrderOf("SELECT name, n FROM t ORDER BY n + 1", columns).empty());
    EXPECT_TRUE(OrderOf("SELECT name, n FROM t ORDER BY other", columns).empty());
    EXPECT_TRUE(OrderOf("SELECT name, sum(n) OVER (ORDER BY n) FROM t", columns).empty());
    EXPECT_TRUE(OrderOf("SELECT 'order by n'", columns).empty());
}

TEST(TypedValueTest, OnlyNumbersAsSqlitePrintsThemAreNumbers) {
    for (const char* text : {"42", "-1", "0", "9223372036854775807", "-9223372036854775808"})
        EXPECT_TRUE(TypedValue(text).has_integer()) << text;
    for (const char* text : {"1.5", "-0.25", "1.0", "1234567.125"})
        EXPECT_TRUE(TypedValue(text).has_real()) << text;
    for (const char* text : {"007", "+1", "1.50", "1e5", "", " 1", "9223372036854775808", "0x1f",
                             "NULL", ".5", "1.", "-0", "nan", "inf"})
        EXPECT_EQ(TypedValue(text).text(), text);
}

TEST(ParametersTest, PositionalNamedAndJson) {
    const auto words =
        ParseParameters({"42", "007", "n=x=y", "=a=b", "m:=\"007\"", ":=null", "a b=c"},
                        "SELECT ?, ?, :n, ?, @m, ?, ?");
    ASSERT_TRUE(words.ok()) << words.status();
    EXPECT_EQ((*words)[0].value().integer(), 42);
    EXPECT_EQ((*words)[1].value().text(), "007");
    EXPECT_EQ((*words)[2].name(), ":n");
    EXPECT_EQ((*words)[2].value().text(), "x=y");
    EXPECT_EQ((*words)[3].name(), "");
    EXPECT_EQ((*words)[3].value().text(), "a=b");
    EXPECT_EQ((*words)[4].name(), "@m");
    EXPECT_EQ((*words)[4].value().text(), "007");
    EXPECT_TRUE(client::IsNull((*words)[5].value()));
    EXPECT_EQ((*words)[6].value().text(), "a b=c");
    const auto blob = ParseParameters({":={\"$base64\":\"AP8=\"}"}, "SELECT ?");
    EXPECT_EQ((*blob)[0].value().blob(), std::string("\0\xff", 2));
}

TEST(ParametersTest, MistakesNameTheWordAndTheRemedy) {
    const auto unknown = ParseParameters({"nam=x"}, "SELECT :name, ':nam'");
    EXPECT_EQ(ReasonOf(unknown.status()), "INVALID_PARAMETER");
    EXPECT_NE(MessageOf(unknown.status()).find("(it has :name)"), std::string::npos);
    EXPECT_NE(MessageOf(unknown.status()).find("'=nam=x'"), std::string::npos);
    const auto json = ParseParameters({"a:=007"}, "SELECT :a");
    EXPECT_EQ(ReasonOf(json.status()), "INVALID_PARAMETER");
    EXPECT_EQ(ReasonOf(MakeStatement("SELECT '\xff'", {}).status()), "USAGE");
}

TEST(ValueTextTest, Cells) {
    EXPECT_EQ(CellText(NullValue()), "NULL");
    EXPECT_EQ(CellText(RealValue(1)), "1.0");
    EXPECT_EQ(CellText(RealValue(0.1)), "0.1");
    EXPECT_EQ(CellText(RealValue(1e300)), "1e+300");
    EXPECT_EQ(CellText(RealValue(std::numeric_limits<double>::infinity())), "9e999");
    EXPECT_EQ(CellText(BlobValue(std::string("\0\xab", 2))), "x'00ab'");
    EXPECT_EQ(CellText(TextValue("a\nb\tc\x1b[31m\xc2\x9b\xff é")),
              "a\\nb\\tc\\x1b[31m\\xc2\\x9b\\xff é");
    EXPECT_EQ(CellText(TextValue("aéé"), 4), "aé…");
    EXPECT_EQ(CutToWidth("日本語", 5), "日本…");
    EXPECT_EQ(CutToWidth("日本語", 6), "日本語");
    EXPECT_EQ(CutToWidth("日本語", 4), "日…");
    EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(ValueTextTest, JsonKeepsEveryValue) {
    v1::Row row;
    *row.add_values() = IntegerValue(std::numeric_limits<int64_t>::max());
    *row.add_values() = RealValue(2);
    *row.add_values() = TextValue("a\"\n\x01");
    *row.add_values() = NullValue();
    *row.add_values() = BlobValue("\xff");
    *row.add_values() = TextValue("\xff");
    EXPECT_EQ(JsonRow(UniqueNames({"id", "id", "t", "n", "b", "id_2"}), row),
              "{\"id\":9223372036854775807,\"id_3\":2.0,\"t\":\"a\\\"\\n\\u0001\",\"n\":null,"
              "\"b\":{\"$base64\":\"/w==\"},\"id_2\":{\"$text_base64\":\"/w==\"}}");
}

TEST(ValueTextTest, CsvFields) {
    const auto field = [](const v1::Value& value) {
        std::string out;
        AppendCsv(out, value, ',');
        return out;
    };
    EXPECT_EQ(field(NullValue()), "");
    EXPECT_EQ(field(TextValue("")), "\"\"");
    EXPECT_EQ(field(TextValue("a,b")), "\"a,b\"");
    EXPECT_EQ(field(TextValue("say \"x\"\r\n")), "\"say \"\"x\"\"\r\n\"");
    EXPECT_EQ(field(TextValue("a;b")), "a;b");
    EXPECT_EQ(field(TextValue(" a")), "\" a\"");
    EXPECT_EQ(field(IntegerValue(7)), "7");
    EXPECT_EQ(field(BlobValue("\x01")), "x'01'");
}

TEST(ValueTextTest, ShellWords) {
    EXPECT_EQ(ShellWord("main:17"), "main:17");
    EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
    EXPECT_EQ(ShellWord(""), "''");
}

std::vector<v1::Row> SomeRows() {
    std::vector<v1::Row> rows(2);
    *rows[0].add_values() = IntegerValue(1);
    *rows[0].add_values() = TextValue("short");
    *rows[1].add_values() = IntegerValue(-1000);
    *rows[1].add_values() = TextValue("two\nlines that are long");
    return rows;
}

TEST(ResultPrinterTest, Tables) {
    EXPECT_EQ(RowsAsTable({"n", "text"}, SomeRows(), 0),
              "    n  text\n"
              "-----  ------------------------\n"
              "    1  short\n"
              "-1000  two\\nlines that are long\n");
    EXPECT_EQ(RowsAsTable({"n", "text"}, SomeRows(), 20),
              "    n  text\n"
              "-----  -------------\n"
              "    1  short\n"
              "-1000  two\\nlines t…\n");
    EXPECT_EQ(RowsAsTable({"n"}, {}, 0), "n\n-\n");
}

TEST(ResultPrinterTest, WidestColumnsGiveWayFirst) {
    EXPECT_EQ(FitWidths({5, 100, 10}, 60), (std::vector<size_t>{5, 45, 10}));
    EXPECT_EQ(FitWidths({50, 50}, 40), (std::vector<size_t>{20, 20}));
    EXPECT_EQ(FitWidths({3, 4}, 40), (std::vector<size_t>{3, 4}));
    EXPECT_EQ(FitWidths({30, 30, 30}, 5), (std::vector<size_t>{8, 8, 8}));
}

v1::GetSchemaResponse SomeSchema() {
    v1::GetSchemaResponse schema;
    auto* users = schema.add_objects();
    users->set_type("table");
    users->set_name("users");
    for (const char* name : {"id", "firstname", "fingers"}) users->add_columns()->set_name(name);
    auto* orders = schema.add_objects();
    orders->set_type("table");
    orders->set_name("order");
    return schema;
}

TEST(CompletionTest, WordsFitTheirPlace) {
    using Words = std::vector<std::string>;
    const auto schema = SomeSchema();
    EXPECT_EQ(CompleteSql("sele", schema), Words{"select"});
    EXPECT_EQ(CompleteSql("SELE", schema), Words{"SELECT"});
    EXPECT_EQ(CompleteSql("SELECT * FROM u", schema), Words{"users"});
    EXPECT_EQ(CompleteSql("SELECT * FROM ", schema), (Words{"\"order\"", "users"}));
    EXPECT_EQ(CompleteSql("SELECT fi", schema), (Words{"filter", "fingers", "firstname"}));
    EXPECT_EQ(CompleteSql("SELECT users.fi", schema), (Words{"users.fingers", "users.firstname"}));
    EXPECT_EQ(CompleteSql("SELECT users.", schema),
              (Words{"users.fingers", "users.firstname", "users.id"}));
    EXPECT_EQ(CompleteSql(".sch", schema), Words{".schema"});
    EXPECT_EQ(CompleteSql(".watch SELECT * FROM us", schema), Words{"users"});
    EXPECT_TRUE(CompleteSql("SELECT 'sel", schema).empty());
}

}  // namespace
}  // namespace blasty::cli
