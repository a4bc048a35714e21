#include "server/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace blasty::server {
namespace {

class ConfigTest : public ::testing::Test {
  protected:
    ConfigTest() {
        char path[] = "/tmp/blasty-config-XXXXXX";
        close(mkstemp(path));
        path_ = path;
        sources_.environment = [this](const std::string& name) -> std::optional<std::string> {
            const auto it = environment_.find(name);
            return it == environment_.end() ? std::nullopt : std::optional(it->second);
        };
    }
    ~ConfigTest() override { unlink(path_.c_str()); }
    void File(const std::string& text) {
        std::ofstream(path_) << text;
        sources_.file = path_;
    }
    Status Error() { return LoadConfig(sources_).status(); }
    bool Says(const std::string& text) {
        const Status error = Error();
        return MessageOf(error).find(text) != std::string_view::npos;
    }
    std::string path_;
    std::map<std::string, std::string> environment_;
    ConfigSources sources_;
};

TEST_F(ConfigTest, DefaultsFileEnvironmentFlags) {
    EXPECT_EQ(LoadConfig(sources_)->data, "blasty-data");
    EXPECT_EQ(LoadConfig(sources_)->message_bytes_max, 8u << 20);
    File("data = \"from-file\"\nauto_create_topics = false\n[log]\nsegment_bytes = \"1MiB\"\n");
    Result<ServeOptions> options = LoadConfig(sources_);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->data, "from-file");
    EXPECT_FALSE(options->auto_create_topics);
    EXPECT_EQ(options->log_segment_bytes, 1u << 20);
    environment_["BLASTY_DATA"] = "from-environment";
    environment_["BLASTY_LOG_SEGMENT_BYTES"] = "2MiB";
    EXPECT_EQ(LoadConfig(sources_)->data, "from-environment");
    EXPECT_EQ(LoadConfig(sources_)->log_segment_bytes, 2u << 20);
    sources_.flags["data"] = "from-flag";
    EXPECT_EQ(LoadConfig(sources_)->data, "from-flag");
}

TEST_F(ConfigTest, WhatNewTopicsKeep) {
    File("[topics]\ndefault_retention_age = \"7d\"\ndefault_retention_bytes = \"1GiB\"\n");
    environment_["BLASTY_TOPICS_DEFAULT_RETENTION_COUNT"] = "1000";
    const Result<ServeOptions> options = LoadConfig(sources_);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->default_retention_age_us, 7 * 86'400'000'000);
    EXPECT_EQ(options->default_retention_bytes, 1u << 30);
    EXPECT_EQ(options->default_retention_count, 1000u);
    sources_.flags["topics.default_retention_count"] = "-1";
    EXPECT_TRUE(Says("flag --topics-default-retention-count")) << Error();
    sources_.flags["topics.default_retention_count"] = "0";
    EXPECT_EQ(LoadConfig(sources_)->default_retention_count, 0u);
}

TEST_F(ConfigTest, LimitsOfTablesAndLiveQueries) {
    File(
        "[tables]\nstatement_timeout = \"5s\"\nhistory_age = \"30d\"\n[live]\n"
        "buffer_bytes = \"64KiB\"\n");
    environment_["BLASTY_TABLES_READERS"] = "2";
    sources_.flags["live.subscriptions_max"] = "10";
    const Result<ServeOptions> options = LoadConfig(sources_);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->tables_statement_timeout_us, 5'000'000);
    EXPECT_EQ(options->tables_history_age_us, 30 * 86'400'000'000);
    EXPECT_EQ(options->live_buffer_bytes, 64u << 10);
    EXPECT_EQ(options->tables_readers, 2u);
    EXPECT_EQ(options->live_subscriptions_max, 10u);
    environment_["BLASTY_TABLES_READERS"] = "0";
    EXPECT_TRUE(Says("environment BLASTY_TABLES_READERS")) << Error();
    EXPECT_TRUE(Says("between 1 and 64")) << Error();
}

TEST_F(ConfigTest, UnknownKeysNameKeyFileAndLine) {
    File("data = \"x\"\n\n[log]\nsegment_bites = 1\n");
    EXPECT_EQ(ReasonOf(Error()), "UNKNOWN_SETTING");
    EXPECT_TRUE(Says("log.segment_bites"));
    EXPECT_TRUE(Says(path_ + ":4"));
}

TEST_F(ConfigTest, BadValuesNameTheirPlace) {
    File("[log]\nsegment_bytes = \"huge\"\n");
    EXPECT_EQ(ReasonOf(Error()), "INVALID_SETTING");
    EXPECT_TRUE(Says(path_ + ":2"));
    File("grpc = [1]\n");
    EXPECT_EQ(ReasonOf(Error()), "CONFIG_SYNTAX");
    File("data = \n");
    EXPECT_EQ(ReasonOf(Error()), "CONFIG_SYNTAX");
    EXPECT_TRUE(Says(path_ + ":1"));
    File("");
    environment_["BLASTY_UNSAFE"] = "perhaps";
    EXPECT_TRUE(Says("environment BLASTY_UNSAFE"));
    environment_.clear();
    sources_.flags["message_bytes_max"] = "1GiB";
    EXPECT_TRUE(Says("flag --message-bytes-max"));
    sources_.flags.clear();
    sources_.file = "/nonexistent/blasty.toml";
    EXPECT_EQ(ReasonOf(Error()), "CONFIG_UNREADABLE");
}

TEST_F(ConfigTest, EverySettingShowsWhatItApplies) {
    for (const Setting& setting : Settings()) {
        ServeOptions options;
        EXPECT_FALSE(setting.show(options).empty()) << setting.key;
        EXPECT_TRUE(setting.apply(options, setting.show(options)).ok()) << setting.key;
    }
}

TEST(AddressTest, Parses) {
    EXPECT_EQ(ParseAddress("127.0.0.1:6868")->port, 6868);
    EXPECT_EQ(ParseAddress("[::1]:0")->host, "::1");
    for (const char* text : {"", "x", ":1", "1", "::1:5", "h:99999", "h:-1", "h:1x", "[]:1"})
        EXPECT_EQ(ReasonOf(ParseAddress(text).status()), "INVALID_ADDRESS") << text;
}

TEST(AddressTest, OnlyLoopbackWithoutInsecure) {
    ServeOptions options;
    for (const char* text : {"127.0.0.1:1", "127.8.9.10:1", "localhost:1", "[::1]:1"}) {
        options.grpc = text;
        EXPECT_TRUE(CheckListenAddress(options).ok()) << text;
    }
    for (const char* text :
         {"0.0.0.0:1", "[::]:1", "192.168.0.1:1", "example.org:1", "127.evil.example:1"}) {
        options.grpc = text;
        options.insecure = false;
        EXPECT_EQ(ReasonOf(CheckListenAddress(options)), "INSECURE_ADDRESS") << text;
        options.insecure = true;
        EXPECT_TRUE(CheckListenAddress(options).ok()) << text;
    }
}

}  // namespace
}  // namespace blasty::server
