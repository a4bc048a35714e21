#include "rpc/test_server.h"

namespace blasty::rpc {
namespace {

TEST(AdminTest, Topics) {
    TestServer server;
    v1::Topic topic;
    v1::CreateTopicRequest create;
    create.set_name("t");
    create.mutable_config()->mutable_retention()->set_count(10);
    for (int i = 0; i < 2; ++i) {  // the same again is no error
        TestContext context;
        ASSERT_TRUE(server.topics().CreateTopic(&context, create, &topic).ok());
        EXPECT_EQ(topic.name(), "t");
        EXPECT_EQ(topic.config().retention().count(), 10u);
        EXPECT_GT(topic.created_us(), 0);
    }
    {
        TestContext context;
        create.mutable_config()->mutable_retention()->set_count(11);
        const auto status = server.topics().CreateTopic(&context, create, &topic);
        EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
        EXPECT_EQ(context.Reason(), "TOPIC_EXISTS");
    }
    {
        TestContext context;
        v1::UpdateTopicRequest update;
        update.set_name("t");
        update.mutable_config()->mutable_retention()->set_count(12);
        ASSERT_TRUE(server.topics().UpdateTopic(&context, update, &topic).ok());
        EXPECT_EQ(topic.config().retention().count(), 12u);
    }
    server.Publish("t", {"a", "b"});
    {
        TestContext context;
        v1::GetTopicRequest get;
        get.set_name("t");
        ASSERT_TRUE(server.topics().GetTopic(&context, get, &topic).ok());
        EXPECT_EQ(topic.messages(), 2u);
        EXPECT_EQ(topic.last_sequence(), topic.first_sequence() + 1);
    }
    v1::DeleteTopicRequest remove;
    v1::DeleteTopicResponse nothing;
    remove.set_name("t");
    {
        TestContext context;
        EXPECT_FALSE(server.topics().DeleteTopic(&context, remove, &nothing).ok());
        EXPECT_EQ(context.Reason(), "CONFIRMATION_MISSING");
    }
    {
        TestContext context;
        remove.set_confirm("t");
        EXPECT_TRUE(server.topics().DeleteTopic(&context, remove, &nothing).ok());
    }
    TestContext context;
    v1::GetTopicRequest get;
    get.set_name("t");
    EXPECT_EQ(server.topics().GetTopic(&context, get, &topic).error_code(),
              grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(context.Reason(), "TOPIC_NOT_FOUND");
}

TEST(AdminTest, ListsInPages) {
    TestServer server;
    for (const char* name : {"a", "b", "c", "d", "e"}) server.Publish(name, {"x"});
    v1::ListTopicsRequest list;
    list.set_limit(2);
    std::string names;
    for (int page = 0; page < 3; ++page) {
        TestContext context;
        v1::ListTopicsResponse response;
        ASSERT_TRUE(server.topics().ListTopics(&context, list, &response).ok());
        for (const auto& topic : response.topics()) names += topic.name();
        EXPECT_EQ(response.more(), page < 2);
        list.set_after(response.topics(response.topics_size() - 1).name());
    }
    EXPECT_EQ(names, "abcde");
    TestContext context;
    list.set_limit(1'000'000);
    v1::ListTopicsResponse response;
    EXPECT_FALSE(server.topics().ListTopics(&context, list, &response).ok());
    EXPECT_EQ(context.Reason(), "LIMIT_TOO_LARGE");
}

TEST(AdminTest, Inboxes) {
    TestServer server;
    const uint64_t first = server.Publish("t", {"a", "b"});
    v1::Inbox inbox;
    {
        TestContext context;
        v1::CreateInboxRequest create;
        create.set_name("in");
        create.mutable_config()->add_topics("t");
        create.mutable_config()->set_max_deliveries(3);
        create.mutable_start()->set_sequence(first + 1);
        ASSERT_TRUE(server.topics().CreateInbox(&context, create, &inbox).ok());
        EXPECT_EQ(inbox.config().max_deliveries(), 3u);
        EXPECT_EQ(inbox.config().ack_wait_us(), topics::kAckWaitDefaultUs);
    }
    {
        TestContext context;
        v1::UpdateInboxRequest update;
        update.set_name("in");
        *update.mutable_config() = inbox.config();
        update.mutable_config()->set_ack_wait_us(5'000'000);
        ASSERT_TRUE(server.topics().UpdateInbox(&context, update, &inbox).ok());
        EXPECT_EQ(inbox.config().ack_wait_us(), 5'000'000);
    }
    {
        TestConsumer member(server.topics(), JoinInbox("", "in"));
        const auto got = member.Take(1);
        ASSERT_EQ(got.size(), 1u);
        EXPECT_EQ(got[0].message().payload(), "b");
        TestContext context;
        v1::GetInboxRequest get;
        get.set_name("in");
        ASSERT_TRUE(server.topics().GetInbox(&context, get, &inbox).ok());
        EXPECT_EQ(inbox.members(), 1u);
        EXPECT_EQ(inbox.in_flight(), 1u);
    }
    v1::ResetInboxRequest reset;
    reset.set_name("in");
    {
        TestContext context;
        EXPECT_FALSE(server.topics().ResetInbox(&context, reset, &inbox).ok());
        EXPECT_EQ(context.Reason(), "INVALID_START");
    }
    {
        TestContext context;
        reset.mutable_start()->set_oldest(true);
        ASSERT_TRUE(server.topics().ResetInbox(&context, reset, &inbox).ok());
        TestConsumer member(server.topics(), JoinInbox("", "in"));
        const auto got = member.Take(1);
        ASSERT_FALSE(got.empty());
        EXPECT_EQ(got[0].message().payload(), "a");
    }
    {
        TestContext context;
        v1::ListInboxesResponse response;
        ASSERT_TRUE(server.topics().ListInboxes(&context, {}, &response).ok());
        EXPECT_EQ(response.inboxes_size(), 1);
        EXPECT_FALSE(response.more());
    }
    v1::DeleteInboxRequest remove;
    v1::DeleteInboxResponse nothing;
    remove.set_name("in");
    {
        TestContext context;
        EXPECT_FALSE(server.topics().DeleteInbox(&context, remove, &nothing).ok());
        EXPECT_EQ(context.Reason(), "CONFIRMATION_MISSING");
    }
    TestContext context;
    remove.set_confirm("in");
    EXPECT_TRUE(server.topics().DeleteInbox(&context, remove, &nothing).ok());
}

}  // namespace
}  // namespace blasty::rpc
