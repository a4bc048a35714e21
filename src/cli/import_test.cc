#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "base/random.h"
#include "base/strings.h"
#include "cli/column_types.h"
#include "cli/csv_reader.h"
#include "cli/import_plan.h"
#include "cli/import_source.h"
#include "cli/json_rows.h"
#include "cli/output_file.h"
#include "cli/value_text.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

// Records as text: fields in [] (quoted ones in ""), "!" before a problem.
std::vector<std::string> ReadCsv(const std::string& text, size_t piece = SIZE_MAX,
                                 char delimiter = ',') {
    size_t at = 0;
    CsvReader reader(
        [&](std::string* out) {
            if (at >= text.size()) return false;
            out->append(text, at, piece);
            at += std::min(piece, text.size() - at);
            return true;
        },
        delimiter);
    std::vector<CsvField> fields;
    std::string problem;
    std::vector<std::string> out;
    while (reader.Next(&fields, &problem)) {
        std::string record = StrCat(reader.line(), ":");
        for (const CsvField& field : fields)
            StrAppend(record, field.quoted ? "\"" : "[", field.text, field.quoted ? "\"" : "]");
        out.push_back(problem.empty() ? record : StrCat(reader.line(), "!", problem));
    }
    return out;
}

using Texts = std::vector<std::string>;

TEST(CsvTest, FollowsRfc4180) {
    EXPECT_EQ(ReadCsv("a,b\r\n1,\"x, \"\"y\"\"\n z\"\r\n,\"\"\n"),
              (Texts{"1:[a][b]", "2:[1]\"x, \"y\"\n z\"", "4:[]\"\""}));
    EXPECT_EQ(ReadCsv("\xef\xbb\xbfid\n1"), (Texts{"1:[id]", "2:[1]"}));
    EXPECT_EQ(ReadCsv("\"\xef\xbb\xbf\"\n"), (Texts{"1:\"\xef\xbb\xbf\""}));
    EXPECT_EQ(ReadCsv("a\tb,c\n", SIZE_MAX, '\t'), (Texts{"1:[a][b,c]"}));
    EXPECT_EQ(ReadCsv("a\rb\r"), (Texts{"1:[a]", "2:[b]"}));
    EXPECT_EQ(ReadCsv("a\n\nb"), (Texts{"1:[a]", "2:[]", "3:[b]"}));
    EXPECT_EQ(ReadCsv("a,"), (Texts{"1:[a][]"}));
    EXPECT_EQ(ReadCsv(""), Texts());
    EXPECT_EQ(ReadCsv("say \"x\",1\n"), (Texts{"1:[say \"x\"][1]"}));
}

TEST(CsvTest, MalformedRecordsHaveALineAndTheNextOnesAreRead) {
    EXPECT_EQ(
        ReadCsv("a,b\n\"x\"y,1\n2,3\n"),
        (Texts{"1:[a][b]", "2!something follows the closing quote of field 'x'", "3:[2][3]"}));
    EXPECT_EQ(ReadCsv("a\n\"never\nclosed"),
              (Texts{"1:[a]", "2!the quote of field 'never\\x0aclosed' is never closed"}));
}

TEST(CsvTest, AnyCutOfTheInputGivesTheSame) {
    const std::string text = "a,\"b \"\"c\"\"\r\nd\",e\r\n\"\",,\"x\"\nlast,\"\",1\r\n";
    const Texts whole = ReadCsv(text);
    for (size_t piece = 1; piece < text.size(); ++piece) EXPECT_EQ(ReadCsv(text, piece), whole);
}

TEST(CsvTest, WhatIsWrittenIsReadAgain) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    constexpr std::string_view kLetters = "ab,\"\n\r é;";
    for (int round = 0; round < 500; ++round) {
        std::string line, wanted = "1:";
        const uint64_t fields = 1 + random.Below(4);
        for (uint64_t i = 0; i < fields; ++i) {
            std::string text;
            for (uint64_t n = random.Below(6); n > 0; --n)
                text += kLetters[random.Below(kLetters.size())];
            const bool null = random.Chance(1, 4);
            if (i > 0) line += ',';
            const size_t before = line.size();
            AppendCsv(line, null ? client::NullValue() : client::TextValue(text), ',');
            const bool quoted = line.size() > before && line[before] == '"';
            StrAppend(wanted, quoted ? "\"" : "[", null ? "" : text, quoted ? "\"" : "]");
        }
        ASSERT_EQ(ReadCsv(line + "\n"), Texts{wanted}) << Printable(line);
    }
}

std::string ParseJson(const std::string& line) {
    JsonRows rows;
    JsonRows::Fields fields;
    const Status status = rows.Parse(line, &fields);
    if (!status.ok()) return ReasonOf(status);
    std::string out;
    for (const auto& [name, value] : fields)
        StrAppend(out, name, "=",
                  value.has_text() ? StrCat("'", value.text(), "'") : CellText(value), " ");
    return out;
}

TEST(JsonRowsTest, ValuesStayExact) {
    EXPECT_EQ(ParseJson("{\"a\":9007199254740993,\"b\":-9223372036854775808,\"c\":1.5e3}"),
              "a=9007199254740993 b=-9223372036854775808 c=1500.0 ");
    EXPECT_EQ(ParseJson("{\"big\":123456789012345678901234567890, \"z\": 0 }"),
              "big='123456789012345678901234567890' z=0 ");
    EXPECT_EQ(ParseJson("{\"t\":true,\"f\":false,\"n\":null,\"e\":\"\",\"u\":\"\\u00e9\\n\"}"),
              "t=1 f=0 n=NULL e='' u='é\n' ");
    EXPECT_EQ(ParseJson("{\"inf\":9e999}"), "inf=9e999 ");
    EXPECT_EQ(ParseJson("{\"o\":{\"x\": [1, 2]},\"l\":[ ],\"d\":{}}"),
              "o='{\"x\": [1, 2]}' l='[ ]' d='{}' ");
    EXPECT_EQ(ParseJson("{\"b\":{\"$base64\":\"AP8=\"},\"c\":{\"$base64\":\"AA==\",\"x\":1}}"),
              "b=x'00ff' c='{\"$base64\":\"AA==\",\"x\":1}' ");
}

TEST(JsonRowsTest, RefusesWhatIsNoObject) {
    for (const char* line : {"",
                             "1",
                             "[1]",
                             "\"x\"",
                             "{",
                             "{\"a\":}",
                             "{\"a\":1}}",
                             "{\"a\":1} x",
                             "{\"a\":1}{\"b\":2}",
                             "{\"a\":01}",
                             "{\"a\":tru}",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{\"a\":[1,]}",
                             "{\"a\":{\"b\":nul}}",
                             "{\"a\":\"\\x\"}",
                             "{\"a\":\"open}",
                             "{\"a\":1.}",
                             "{\"a\":{\"$base64\":\"?\"}}",
                             "{\"a\":\"\xff\"}"})
        EXPECT_EQ(ParseJson(line), "INVALID_JSON") << line;
    EXPECT_EQ(ParseJsonValue("\"007\"")->text(), "007");
    EXPECT_FALSE(ParseJsonValue("1, 2").ok());
    EXPECT_FALSE(ParseJsonValue("1}").ok());
}

TEST(JsonRowsTest, WhatIsWrittenIsReadAgain) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    JsonRows rows;
    for (int round = 0; round < 500; ++round) {
        v1::Value value;
        switch (random.Below(5)) {
            case 0:
                value = client::IntegerValue(static_cast<int64_t>(random.Next()));
                break;
            case 1:
                value = client::RealValue(static_cast<double>(random.Next()) / 1e5);
                break;
            case 2:
                value = client::TextValue(random.Bytes(random.Below(8)));
                break;
            case 3:
                value = client::BlobValue(random.Bytes(random.Below(8)));
                break;
            default:
                break;
        }
        std::string json;
        AppendJson(json, value);
        const auto read = rows.ParseValue(json);
        ASSERT_TRUE(read.ok()) << json << read.status();
        ASSERT_EQ(read->SerializeAsString(), value.SerializeAsString()) << json;
    }
}

TEST(Base64Test, Decodes) {
    EXPECT_EQ(*DecodeBase64("YQ=="), "a");
    EXPECT_EQ(*DecodeBase64("YWI"), "ab");
    EXPECT_EQ(*DecodeBase64(""), "");
    EXPECT_FALSE(DecodeBase64("Y").ok());
    EXPECT_FALSE(DecodeBase64("Y Q").ok());
}

std::string TypeOf(const Texts& texts) {
    ColumnType type;
    for (const std::string& text : texts) type.SeeText(text);
    return type.Type();
}

TEST(ColumnTypeTest, OfText) {
    EXPECT_EQ(TypeOf({"1", "-20", "0"}), "INTEGER");
    EXPECT_EQ(TypeOf({"1", "2.50"}), "REAL");
    EXPECT_EQ(TypeOf({"1", "007"}), "TEXT");
    EXPECT_EQ(TypeOf({"9223372036854775808"}), "TEXT");
    EXPECT_EQ(TypeOf({"9007199254740993", "0.5"}), "NUMERIC");
    EXPECT_EQ(TypeOf({}), "TEXT");
    for (const char* text : {"+1", "1e5", " 1", "1 ", "", "0x10", "1.2.3", "00.5", "1.", ".5", "-",
                             "1.23456789012345678901"})
        EXPECT_EQ(TypeOf({"1", text}), "TEXT") << text;
}

TEST(ColumnTypeTest, OfValues) {
    const auto type_of = [](const std::vector<v1::Value>& values) {
        ColumnType type;
        for (const v1::Value& value : values) type.See(value);
        return type.Type();
    };
    EXPECT_EQ(type_of({client::IntegerValue(1), client::NullValue()}), "INTEGER");
    EXPECT_EQ(type_of({client::IntegerValue(1), client::RealValue(2)}), "REAL");
    EXPECT_EQ(type_of({client::IntegerValue(1), client::TextValue("1")}), "");
    EXPECT_EQ(type_of({client::BlobValue("x")}), "BLOB");
    EXPECT_EQ(type_of({client::NullValue()}), "TEXT");
}

TEST(CreateTableTest, HasAPrimaryKey) {
    const std::vector<NewColumn> columns = {{"name", "TEXT"}, {"Id", "INTEGER"}, {"order", ""}};
    EXPECT_EQ(CreateTableSql("t", columns, {}),
              "CREATE TABLE t (name TEXT, Id INTEGER PRIMARY KEY, \"order\")");
    EXPECT_EQ(CreateTableSql("a b", columns, {"name"}),
              "CREATE TABLE \"a b\" (name TEXT PRIMARY KEY NOT NULL, Id INTEGER, \"order\")");
    EXPECT_EQ(CreateTableSql("t", columns, {"name", "id"}),
              "CREATE TABLE t (name TEXT NOT NULL, Id INTEGER NOT NULL, \"order\", "
              "PRIMARY KEY (name, id))");
    EXPECT_EQ(CreateTableSql("t", {{"x", "REAL"}}, {}),
              "CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL)");
}

class FileTest : public testing::Test {
  protected:
    FileTest() { EXPECT_NE(mkdtemp(folder_), nullptr); }
    ~FileTest() override {
        for (const std::string& path : made_) unlink(path.c_str());
        rmdir(folder_);
    }
    std::string Write(const std::string& name, const std::string& text) {
        made_.push_back(StrCat(std::string_view(folder_), "/", name));
        std::ofstream(made_.back(), std::ios::binary) << text;
        return made_.back();
    }
    std::unique_ptr<ImportSource> Open(ImportSourceOptions options) {
        auto source = ImportSource::Open(options, stop_);
        EXPECT_TRUE(source.ok()) << source.status();
        return source.ok() ? *std::move(source) : nullptr;
    }

    char folder_[32] = "/tmp/blasty-import-XXXXXX";
    std::vector<std::string> made_;
    const std::atomic<bool> stop_ = false;
};

TEST_F(FileTest, CsvRowsKnowTheirLinesAndProblems) {
    const auto source =
        Open({.path = Write("a.csv", "id,name\n1,x\n\n2\n3,\"a\nb\"\n4,y,z\n\"q\"r,1\n5,\n")});
    EXPECT_EQ(source->columns(), (Texts{"id", "name"}));
    std::string told;
    for (ImportRow row; source->Next(&row);)
        StrAppend(told, row.line, row.problem.empty() ? " ok" : " " + row.problem, "; ");
    EXPECT_EQ(
        told,
        "2 ok; 4 1 field, but there are 2 columns; 5 ok; 7 3 fields, but there are 2 columns; "
        "8 something follows the closing quote of field 'q'; 9 ok; ");
}

TEST_F(FileTest, CsvColumnsByNameAndPosition) {
    const std::string path = Write("a.csv", "1,x,2\n3,y,4\n");
    ImportSourceOptions options{.path = path, .header = false, .fallback = {"a", "b"}};
    EXPECT_EQ(Open(options)->columns(), (Texts{"a", "b", "column3"}));
    options.columns = {"n", "-", "m"};
    const auto source = Open(options);
    EXPECT_EQ(source->columns(), (Texts{"n", "m"}));
    ImportRow row;
    ASSERT_TRUE(source->Next(&row));
    EXPECT_EQ(row.values[1].text(), "2");
    for (const char* text : {"", "a,a\n", "a,\n", "\"a\n"}) {
        options = {.path = Write("bad.csv", text)};
        EXPECT_EQ(ReasonOf(ImportSource::Open(options, stop_).status()), "BAD_LINE") << text;
    }
}

TEST_F(FileTest, WhatIsNoCsvIsNamed) {
    const std::pair<std::string, const char*> kCases[] = {
        {"\x1f\x8b\x08 packed", "zcat"},
        {"\xff\xfei", "UTF-16"},
        {"id;name\n1;x\n", "--delimiter ';'"},
        {"id\tname\n1\tx\n", "--delimiter tab"},
    };
    for (const auto& [text, word] : kCases) {
        const Status status = ImportSource::Open({.path = Write("a.csv", text)}, stop_).status();
        EXPECT_EQ(ReasonOf(status), "BAD_LINE") << text;
        EXPECT_NE(MessageOf(status).find(word), std::string_view::npos) << status;
    }
    const auto packed =
        Open({.path = Write("a.ndjson", "\x1f\x8b\x08 packed"), .format = ImportFormat::kNdjson});
    ImportRow row;
    ASSERT_TRUE(packed->Next(&row));
    EXPECT_NE(row.problem.find("zcat"), std::string::npos) << row.problem;
    // A single column is one as soon as it is said so.
    EXPECT_EQ(Open({.path = Write("b.csv", "a;b\n"), .columns = {"x"}})->columns(), Texts{"x"});
}

TEST_F(FileTest, InfersATableFromEveryRow) {
    std::string text = "zip,n,x,empty\n";
    for (int i = 0; i < 20'000; ++i) StrAppend(text, 10'000 + i, ",", i, ",", i, ".5,\n");
    text += "01234,1,2,\n";
    const auto source = Open({.path = Write("a.csv", text)});
    const auto table = InferTable(*source, {.written = true});
    ASSERT_TRUE(table.ok());
    EXPECT_EQ(CreateTableSql("t", table->columns, {"zip"}),
              "CREATE TABLE t (zip TEXT PRIMARY KEY NOT NULL, n INTEGER, x REAL, empty TEXT)");
    const auto json = Open({.path = Write("a.ndjson", "{\"a\":1}\n{\"b\":\"x\",\"a\":2.5}\n"),
                            .format = ImportFormat::kNdjson});
    const auto kept = InferTable(*json, {.keep = true, .types = {{"B", "BLOB"}}});
    EXPECT_EQ(CreateTableSql("t", kept->columns, {}),
              "CREATE TABLE t (id INTEGER PRIMARY KEY, a REAL, b BLOB)");
    EXPECT_EQ(kept->kept.size(), 2u);
    EXPECT_TRUE(kept->ended);
    const auto again = Open({.path = made_.back(), .format = ImportFormat::kNdjson});
    EXPECT_EQ(ReasonOf(InferTable(*again, {.types = {{"nope", "TEXT"}}}).status()),
              "UNKNOWN_COLUMN");
}

TEST_F(FileTest, PlansInserts) {
    ImportPlan plan("my table", {{"id", "INTEGER"}, {"data", "BLOB"}, {"t", "TEXT"}},
                    OnConflict::kReplace);
    EXPECT_TRUE(plan.CheckColumns({"ID", "data"}).ok());
    EXPECT_EQ(ReasonOf(plan.CheckColumns({"id", "nope"})), "UNKNOWN_COLUMN");
    ImportRow row{.line = 1, .columns = {0, 1}};
    row.values = {client::TextValue("7"), client::TextValue("x'00FF'")};
    const v1::Statement statement = plan.StatementOf({"id", "data"}, row);
    EXPECT_EQ(statement.sql(), "INSERT OR REPLACE INTO \"my table\"(\"id\",\"data\") VALUES (?,?)");
    EXPECT_EQ(statement.parameters(0).value().text(), "7");
    EXPECT_EQ(statement.parameters(1).value().blob(), std::string("\0\xff", 2));
    plan.CheckInferred();
    row = {.line = 2, .columns = {0}};
    row.values = {client::TextValue("007")};
    (void)plan.StatementOf({"id", "data"}, row);
    EXPECT_NE(row.problem.find("'007' does not fit type INTEGER"), std::string::npos)
        << row.problem;
    EXPECT_NE(row.problem.find("--type id=TEXT"), std::string::npos) << row.problem;
    row = {.line = 3, .columns = {0, 2}};
    row.values = {client::IntegerValue(1), client::IntegerValue(2)};
    (void)plan.StatementOf({"id", "x", "unknown"}, row);
    EXPECT_NE(row.problem.find("no column 'unknown'"), std::string::npos);
}

TEST_F(FileTest, NdjsonFieldsThatAreWanted) {
    const auto source = Open({.path = Write("a.ndjson",
                                            "\xef\xbb\xbf{\"a\":1,\"b\":2}\n\nnot\n"
                                            "{\"c\":1}\n{\"a\":1,\"a\":2}\n{\"A\":5}"),
                              .format = ImportFormat::kNdjson,
                              .columns = {"A"}});
    std::string told;
    for (ImportRow row; source->Next(&row);)
        StrAppend(told, row.line, row.problem.empty() ? StrCat(" ", row.values.size()) : " bad",
                  "; ");
    EXPECT_EQ(told, "1 1; 3 bad; 4 bad; 5 bad; 6 1; ");
}

TEST_F(FileTest, OutputFilesAppearWhole) {
    const std::string path = Write("out", "old");
    {
        OutputFile file;
        EXPECT_EQ(ReasonOf(file.Open(path, false)), "FILE_EXISTS");
        ASSERT_TRUE(file.Open(path, true).ok());
        ASSERT_TRUE(file.Write("half").ok());
    }
    const auto contents = [&path] {
        std::string text;
        std::getline(std::ifstream(path), text);
        return text;
    };
    EXPECT_EQ(contents(), "old");
    EXPECT_NE(access((path + ".part").c_str(), F_OK), 0);
    OutputFile file;
    ASSERT_TRUE(file.Open(path, true).ok());
    ASSERT_TRUE(file.Write("new").ok());
    ASSERT_TRUE(file.Commit().ok());
    EXPECT_EQ(contents(), "new");
    EXPECT_EQ(ReasonOf(OutputFile().Open("/nonexistent/x", false)), "IO_ERROR");
}

}  // namespace
}  // namespace blasty::cli
