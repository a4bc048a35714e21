#include <fcntl.h>
#include <gtest/gtest.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "blasty/v1/topics.pb.h"
#include "cli/ack_commands.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/latency.h"
#include "cli/line_reader.h"
#include "cli/message_format.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/standard_streams.h"

namespace blasty::cli {
namespace {

// A message with one header, as it comes in.
client::InMessage Sample(std::string* encoded) {
    v1::Message message;
    message.set_payload("pay\nload");
    v1::Header& header = *message.add_headers();
    header.set_name("type");
    header.set_value("te\"xt");
    *encoded = message.SerializeAsString();
    client::InMessage out;
    out.sequence = 17;
    out.topic = "orders";
    out.payload = "pay\nload";
    out.key = "k";
    out.event_time_us = 1'700'000'000'250'000;
    out.attempt = 2;
    out.has_headers = true;
    out.encoded = *encoded;
    return out;
}

TEST(MessageFormatTest, Human) {
    std::string encoded;
    const int64_t now = Sample(&encoded).event_time_us + 1000;
    const std::string text = FormatHuman(Sample(&encoded), false, now);
    EXPECT_NE(text.find(".250  orders  #17  [k]  (attempt 2)  pay\\x0aload  type=te\"xt"),
              std::string::npos)
        << text;
    EXPECT_NE(FormatHuman(Sample(&encoded), true, now).find("\x1b[36morders"), std::string::npos);
}

TEST(MessageFormatTest, TheDateIsThereUnlessItIsToday) {
    std::string encoded;
    const client::InMessage message = Sample(&encoded);
    const auto begins = [&message](int64_t now_us) {
        return FormatHuman(message, false, now_us).substr(0, 5);
    };
    constexpr int64_t kDayUs = 86'400'000'000;
    EXPECT_EQ(begins(message.event_time_us)[2], ':');
    EXPECT_EQ(begins(message.event_time_us + 2 * kDayUs), "2023-");
    EXPECT_EQ(begins(message.event_time_us - 2 * kDayUs), "2023-");
    EXPECT_EQ(begins(message.event_time_us + 365 * kDayUs), "2023-");
}

TEST(MessageFormatTest, Json) {
    std::string encoded;
    client::InMessage message = Sample(&encoded);
    EXPECT_EQ(FormatJson(message),
              "{\"sequence\":17,\"topic\":\"orders\",\"time\":\"2023-11-14T22:13:20.250000Z\","
              "\"key\":\"k\",\"attempt\":2,\"headers\":{\"type\":\"te\\\"xt\"},"
              "\"payload\":\"pay\\nload\"}");
    message.payload = "\xff";
    EXPECT_NE(FormatJson(message).find("\"payload_base64\":\"/w==\""), std::string::npos);
}

TEST(TableTest, AlignsByCharactersNotBytes) {
    Table table({"NAME", "N"}, "lr");
    table.Add({"grüß", "7"});
    table.Add({"a", "1,000"});
    EXPECT_EQ(table.Text(), "NAME      N\ngrüß      7\na     1,000\n");
}

TEST(TableTest, KnowsWideCharacters) {
    EXPECT_EQ(DisplayWidth("abc"), 3u);
    EXPECT_EQ(DisplayWidth("grüß"), 4u);
    EXPECT_EQ(DisplayWidth("こんにちは"), 10u);
    EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
    EXPECT_EQ(DisplayWidth("\xff"), 1u);
}

TEST(DidYouMeanTest, FindsNearWordsOnly) {
    const std::vector<std::string> known = {"pub", "sub", "topics", "inboxes", "status"};
    EXPECT_EQ(DidYouMean("topic", known), "topics");
    EXPECT_EQ(DidYouMean("statsu", known), "status");
    EXPECT_EQ(DidYouMean("inbox", known), "inboxes");
    EXPECT_EQ(DidYouMean("frobnicate", known), "");
}

TEST(AckCommandTest, Parses) {
    EXPECT_EQ(ParseAckCommand("ack 1 #2 3")->sequences, (std::vector<uint64_t>{1, 2, 3}));
    EXPECT_EQ(ParseAckCommand("nack 7 5s")->delay_us, 5'000'000);
    EXPECT_EQ(ParseAckCommand(" nack  7 ")->sequences, (std::vector<uint64_t>{7}));
    EXPECT_EQ(ParseAckCommand("extend 9")->kind, AckCommand::Kind::kExtend);
    for (const char* line : {"", "ack", "ack x", "ack 0", "nack 1 2 3", "nack 1 soon", "ok 1"})
        EXPECT_FALSE(ParseAckCommand(line).ok()) << line;
}

TEST(StartTest, Parses) {
    EXPECT_TRUE(ParseStart("oldest")->oldest());
    EXPECT_TRUE(ParseStart("newest")->newest());
    EXPECT_EQ(ParseStart("17")->sequence(), 17u);
    EXPECT_EQ(ParseStart("1970-01-01T00:00:01Z")->time_us(), 1'000'000);
    EXPECT_EQ(ReasonOf(ParseStart("soon").status()), "INVALID_START");
}

TEST(ExitCodeTest, FollowsCodeAndReason) {
    EXPECT_EQ(ExitCodeOf(OkStatus()), 0);
    EXPECT_EQ(ExitCodeOf(MakeError(StatusCode::kInvalidArgument, "X", "")), 2);
    EXPECT_EQ(ExitCodeOf(MakeError(StatusCode::kDataLoss, "LOG_DAMAGED", "")), 3);
    EXPECT_EQ(ExitCodeOf(MakeError(StatusCode::kUnavailable, "SERVER_UNREACHABLE", "")), 4);
    EXPECT_EQ(ExitCodeOf(MakeError(StatusCode::kUnavailable, "LOG_STOPPED", "")), 1);
    EXPECT_EQ(ExitCodeOf(MakeError(StatusCode::kNotFound, "TOPIC_NOT_FOUND", "")), 5);
}

TEST(LatencyTest, QuantilesAreNear) {
    LatencyHistogram histogram;
    EXPECT_EQ(histogram.Quantile(0.5), 0);
    for (int64_t us = 1; us <= 100'000; ++us) histogram.Add(us);
    EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.5)), 50'000, 2'000);
    EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.99)), 99'000, 3'500);
    LatencyHistogram small;
    small.Add(3);
    EXPECT_EQ(small.Quantile(0.99), 3);
}

TEST(LineReaderTest, GivesLinesWhole) {
    char path[] = "/tmp/blasty-lines-XXXXXX";
    close(mkstemp(path));
    const std::string large(600'000, 'x');
    std::ofstream(path) << "one\n\n" << large << "\nlast";
    const std::atomic<bool> stop = false;
    LineReader reader(stop);
    ASSERT_TRUE(reader.Open(path).ok());
    std::vector<std::string> lines;
    for (std::string_view line; reader.Next(&line);) lines.emplace_back(line);
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", large, "last"}));
    EXPECT_EQ(reader.read(), reader.size());
    unlink(path);
}

TEST(LineReaderTest, Stops) {
    const std::atomic<bool> stop = true;
    LineReader reader(stop);
    ASSERT_TRUE(reader.Open("/dev/zero").ok());
    std::string_view line;
    EXPECT_FALSE(reader.Next(&line));
    EXPECT_EQ(ReasonOf(LineReader(stop).Open("/nonexistent")), "FILE_NOT_FOUND");
    EXPECT_EQ(ReasonOf(LineReader(stop).Open("/tmp")), "USAGE");
}

// The master of a terminal whose other side is gone reads what is left, then fails.
int TerminalThatBreaksAfter(std::string_view text) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT_EQ(grantpt(master) | unlockpt(master), 0);
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    termios raw = {};
    EXPECT_EQ(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    EXPECT_EQ(tcsetattr(slave, TCSANOW, &raw), 0);
    EXPECT_EQ(write(slave, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(slave);
    return master;
}

TEST(LineReaderTest, AReadErrorIsNotTheEnd) {
    const int saved = dup(STDIN_FILENO);
    const int master = TerminalThatBreaksAfter("one\ntwo\nhalf a li");
    dup2(master, STDIN_FILENO);
    close(master);
    const std::atomic<bool> stop = false;
    LineReader reader(stop);
    ASSERT_TRUE(reader.Open("-").ok());
    std::vector<std::string> lines;
    for (std::string_view line; reader.Next(&line);) lines.emplace_back(line);
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(ReasonOf(reader.status()), "IO_ERROR");
    EXPECT_EQ(MessageOf(reader.status()),
              "cannot read line 3 of standard input: Input/output error");
    const Result<std::string> whole = ReadStandardInput(100);
    EXPECT_EQ(ReasonOf(whole.status()), "IO_ERROR");
    dup2(saved, STDIN_FILENO);
    close(saved);
}

TEST(StandardStreamsTest, AClosedInputIsAnErrorAndItsNumberIsNotTakenByAFile) {
    const int saved = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    EXPECT_EQ(ReasonOf(CheckStandardInput("--lines")), "USAGE");
    HoldStandardStreams();
    EXPECT_EQ(ReasonOf(CheckStandardInput("--lines")), "USAGE");
    const int file = open("/dev/zero", O_RDONLY);
    EXPECT_NE(file, STDIN_FILENO);
    close(file);
    const std::atomic<bool> stop = false;
    EXPECT_EQ(ReasonOf(LineReader(stop).Open("-")), "USAGE");
    EXPECT_EQ(ReasonOf(ReadStandardInput(100).status()), "IO_ERROR");
    dup2(saved, STDIN_FILENO);
    close(saved);
}

TEST(StandardStreamsTest, ReadsInputWholeUpToALimit) {
    const int saved = dup(STDIN_FILENO);
    const std::string text(700'000, 'x');
    char path[] = "/tmp/blasty-input-XXXXXX";
    close(mkstemp(path));
    std::ofstream(path) << text;
    const auto read_with = [&path](uint64_t bytes_max) {
        const int file = open(path, O_RDONLY);
        dup2(file, STDIN_FILENO);
        close(file);
        return ReadStandardInput(bytes_max);
    };
    EXPECT_EQ(*read_with(text.size()), text);
    EXPECT_EQ(ReasonOf(read_with(text.size() - 1).status()), "FILE_TOO_LARGE");
    dup2(saved, STDIN_FILENO);
    close(saved);
    unlink(path);
}

TEST(ProgressTest, Line) {
    EXPECT_EQ(ProgressLine(50, 100, 1234, "messages", 1'000'000),
              "[##############..............]  50 %  1,234 messages  1,234/s");
    EXPECT_EQ(ProgressLine(0, 0, 10, "messages", 2'000'000), "10 messages  5/s");
}

}  // namespace
}  // namespace blasty::cli
