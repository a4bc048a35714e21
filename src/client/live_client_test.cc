// LiveClient and Sql against a scripted server in this process.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <thread>

#include "base/mutex.h"
#include "base/strings.h"
#include "blasty/v1/live.grpc.pb.h"
#include "blasty/v1/sql.grpc.pb.h"
#include "client/live.h"
#include "client/sql.h"

namespace blasty::client {
namespace {

constexpr int64_t kLongUs = 30'000'000;

using LiveCall = grpc::ServerReaderWriter<v1::SubscribeResponse, v1::SubscribeRequest>;
using ChangesWriter = grpc::ServerWriter<v1::ChangesResponse>;
using Strings = std::vector<std::string>;

const grpc::Status kGone(grpc::StatusCode::UNAVAILABLE, "gone");

// Each call of a stream runs the next script.
class FakeLive : public v1::Live::Service {
  public:
    std::deque<std::function<grpc::Status(LiveCall&)>> scripts;

    grpc::Status Subscribe(grpc::ServerContext*, LiveCall* call) override {
        std::function<grpc::Status(LiveCall&)> script;
        {
            MutexLock lock(mutex_);
            if (scripts.empty()) return {grpc::StatusCode::INTERNAL, "no script is left"};
            script = std::move(scripts.front());
            scripts.pop_front();
        }
        return script(*call);
    }

  private:
    Mutex mutex_;
};

class FakeSql : public v1::Sql::Service {
  public:
    std::atomic<int> calls{0};
    std::vector<v1::ChangesRequest> changes;  // what was asked for

    grpc::Status Execute(grpc::ServerContext*, const v1::QueryRequest* request,
                         v1::ExecuteResponse* response) override {
        if (++calls == 1) return kGone;
        response->mutable_summary()->set_sequence(request->id().size());
        return grpc::Status::OK;
    }
    grpc::Status Query(grpc::ServerContext*, const v1::QueryRequest*,
                       grpc::ServerWriter<v1::QueryResponse>* writer) override {
        v1::QueryResponse response;
        response.add_rows();
        while (writer->Write(response)) {
        }
        return grpc::Status::CANCELLED;
    }
    grpc::Status Changes(grpc::ServerContext*, const v1::ChangesRequest* request,
                         ChangesWriter* writer) override {
        changes.push_back(*request);
        v1::ChangesResponse response;
        response.add_changes()->set_sequence(request->since() + 1);
        response.set_sequence(request->since() + 1);
        writer->Write(response);
        return kGone;
    }
};

class LiveClientTest : public ::testing::Test {
  protected:
    void Listen() {
        grpc::ServerBuilder builder;
        int port = 0;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&live_);
        builder.RegisterService(&sql_);
        server_ = builder.BuildAndStart();
        client_options_.server = "127.0.0.1:" + std::to_string(port);
        client_ = std::make_unique<Client>(client_options_);
    }
    void TearDown() override {
        client_.reset();
        if (server_) server_->Shutdown(std::chrono::system_clock::now());
    }
    // "kind token" of the next `count` events.
    static Strings Take(LiveClient& client, size_t count) {
        Strings out;
        LiveBatch batch;
        while (out.size() < count) {
            const auto next = client.Next(&batch, kLongUs);
            EXPECT_TRUE(next.ok()) << next.status();
            if (!next.ok() || *next != NextResult::kBatch) break;
            for (const v1::Event& event : batch.events) {
                out.push_back(v1::Event::Kind_Name(event.kind()) + " " + event.token() +
                              event.reason());
            }
        }
        return out;
    }

    FakeLive live_;
    FakeSql sql_;
    std::unique_ptr<grpc::Server> server_;
    ClientOptions client_options_;
    std::unique_ptr<Client> client_;
};

v1::Subscribe Query(const std::string& sql) {
    v1::Subscribe subscribe;
    subscribe.mutable_query()->set_sql(sql);
    return subscribe;
}

// Reads one subscribe request, and gives its number and token.
v1::Subscribe ReadSubscribe(LiveCall& call) {
    v1::SubscribeRequest request;
    EXPECT_TRUE(call.Read(&request));
    EXPECT_TRUE(request.has_subscribe());
    return request.subscribe();
}

v1::Event Event(v1::Event::Kind kind, const std::string& token = "") {
    v1::Event event;
    event.set_kind(kind);
    event.set_token(token);
    return event;
}

void Tell(LiveCall& call, uint64_t subscription, const std::vector<v1::Event>& events,
          uint32_t skip = 0, bool more = false) {
    v1::SubscribeResponse response;
    v1::Events& part = *response.add_events();
    part.set_subscription(subscription);
    part.set_skip(skip);
    part.set_more(more);
    for (const v1::Event& event : events) *part.add_events() = event;
    call.Write(response);
}

// Until the client goes.
void Wait(LiveCall& call) {
    v1::SubscribeRequest request;
    while (call.Read(&request)) {
    }
}

TEST_F(LiveClientTest, ResumesWithTheLastTokenThatCameIn) {
    std::atomic<int> connections{0};
    live_.scripts.push_back([](LiveCall& call) {
        const v1::Subscribe request = ReadSubscribe(call);
        EXPECT_EQ(request.resume(), "");
        Tell(call, request.subscription(),
             {Event(v1::Event::ROW), Event(v1::Event::READY, "main:5")});
        Tell(call, request.subscription(),
             {Event(v1::Event::ENTER, "main:5-9.1"), Event(v1::Event::ENTER, "main:5-9.2")}, 0,
             true);
        return kGone;
    });
    live_.scripts.push_back([](LiveCall& call) {
        const v1::Subscribe request = ReadSubscribe(call);
        EXPECT_EQ(request.resume(), "main:5-9.2");
        Tell(call, request.subscription(),
             {Event(v1::Event::ENTER, "main:5-9.1"), Event(v1::Event::ENTER, "main:5-9.2"),
              Event(v1::Event::LEAVE, "main:9")},
             2);
        Wait(call);
        return grpc::Status::OK;
    });
    Listen();
    LiveClientOptions options;
    options.on_connection = [&](const Status&) { ++connections; };
    LiveClient client(*client_, std::move(options));
    const uint64_t id = client.Subscribe(Query("SELECT 1"));
    EXPECT_EQ(Take(client, 5), (Strings{"ROW ", "READY main:5", "ENTER main:5-9.1",
                                        "ENTER main:5-9.2", "LEAVE main:9"}));
    EXPECT_EQ(client.token(id), "main:9");
    // Lost, and back: told on a thread of its own.
    for (int i = 0; connections < 2 && i < 30'000; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(connections, 2);
}

TEST_F(LiveClientTest, SearchesResumeAsTheyWereAskedFor) {
    live_.scripts.push_back([](LiveCall& call) {
        Tell(call, ReadSubscribe(call).subscription(),
             {Event(v1::Event::ROW), Event(v1::Event::COUNTS), Event(v1::Event::READY, "main:5"),
              Event(v1::Event::ENTER, "main:5-6.1")});
        return kGone;
    });
    live_.scripts.push_back([](LiveCall& call) {
        const v1::Subscribe request = ReadSubscribe(call);
        EXPECT_EQ(request.resume(), "main:5-6.1");
        EXPECT_FALSE(request.has_query());
        EXPECT_EQ(request.search().index(), "words");
        EXPECT_EQ(request.search().facets(0).field(), "section");
        EXPECT_TRUE(request.all_matches());
        Tell(call, request.subscription(),
             {Event(v1::Event::ENTER, "main:5-6.1"), Event(v1::Event::COUNTS, "main:6")}, 1);
        Wait(call);
        return grpc::Status::OK;
    });
    Listen();
    LiveClient client(*client_);
    v1::Subscribe request;
    request.mutable_search()->set_index("words");
    request.mutable_search()->add_facets()->set_field("section");
    request.set_all_matches(true);
    client.Subscribe(request);
    EXPECT_EQ(Take(client, 5),
              (Strings{"ROW ", "COUNTS ", "READY main:5", "ENTER main:5-6.1", "COUNTS main:6"}));
}

TEST_F(LiveClientTest, ASnapshotThatIsCutOffBeginsAgain) {
    live_.scripts.push_back([](LiveCall& call) {
        Tell(call, ReadSubscribe(call).subscription(), {Event(v1::Event::ROW)});
        return kGone;
    });
    live_.scripts.push_back([](LiveCall& call) {
        const v1::Subscribe request = ReadSubscribe(call);
        EXPECT_EQ(request.resume(), "");
        Tell(call, request.subscription(),
             {Event(v1::Event::ROW), Event(v1::Event::READY, "main:6")});
        Wait(call);
        return grpc::Status::OK;
    });
    Listen();
    LiveClient client(*client_);
    client.Subscribe(Query("SELECT 1"));
    EXPECT_EQ(Take(client, 4),
              (Strings{"ROW ", "RESET SNAPSHOT_RESTARTED", "ROW ", "READY main:6"}));
}

TEST_F(LiveClientTest, ResetsArePassedOnAndVoidTheToken) {
    live_.scripts.push_back([](LiveCall& call) {
        const v1::Subscribe request = ReadSubscribe(call);
        EXPECT_EQ(request.resume(), "main:3");
        v1::Event reset = Event(v1::Event::RESET);
        reset.set_reason("HISTORY_GONE");
        Tell(call, request.subscription(), {reset});
        return kGone;
    });
    live_.scripts.push_back([](LiveCall& call) {
        const v1::Subscribe request = ReadSubscribe(call);
        EXPECT_EQ(request.resume(), "");
        Tell(call, request.subscription(), {Event(v1::Event::READY, "main:8")});
        Wait(call);
        return grpc::Status::OK;
    });
    Listen();
    LiveClient client(*client_);
    v1::Subscribe request = Query("SELECT 1");
    request.set_resume("main:3");
    client.Subscribe(request);
    EXPECT_EQ(Take(client, 2), (Strings{"RESET HISTORY_GONE", "READY main:8"}));
}

TEST_F(LiveClientTest, CallbacksUnsubscribeAndErrors) {
    std::promise<void> unsubscribed;
    live_.scripts.push_back([&unsubscribed](LiveCall& call) {
        const uint64_t first = ReadSubscribe(call).subscription();
        const uint64_t second = ReadSubscribe(call).subscription();
        v1::Event error = Event(v1::Event::ERROR);
        error.set_reason("LIVE_LIMIT");
        Tell(call, second, {Event(v1::Event::READY, "main:1"), error});
        Tell(call, first, {Event(v1::Event::READY, "main:1")});
        v1::SubscribeRequest request;
        EXPECT_TRUE(call.Read(&request));
        EXPECT_EQ(request.unsubscribe().subscription(), first);
        unsubscribed.set_value();
        Tell(call, first, {Event(v1::Event::ENTER, "main:2")});
        Wait(call);
        return grpc::Status::OK;
    });
    Listen();
    LiveClient client(*client_);
    Mutex mutex;
    Strings called;
    CondVar changed;
    const uint64_t first = client.Subscribe(Query("SELECT 1"), [&](LiveBatch& batch) {
        MutexLock lock(mutex);
        for (const v1::Event& event : batch.events) called.push_back(event.token());
        changed.SignalAll();
    });
    client.Subscribe(Query("SELECT 2"));
    EXPECT_EQ(Take(client, 2), (Strings{"READY main:1", "ERROR LIVE_LIMIT"}));
    LiveBatch batch;
    const auto end = client.Next(&batch, kLongUs);
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(*end, NextResult::kEnd);
    {
        MutexLock lock(mutex);
        while (called.empty()) changed.Wait(mutex);
    }
    client.Unsubscribe(first);
    unsubscribed.get_future().wait();
    MutexLock lock(mutex);
    EXPECT_EQ(called, Strings{"main:1"});
}

TEST_F(LiveClientTest, BuffersOnlyWhatItMay) {
    live_.scripts.push_back([](LiveCall& call) {
        const uint64_t id = ReadSubscribe(call).subscription();
        for (int i = 1; i <= 500; ++i) {
            v1::Event event = Event(v1::Event::ENTER, StrCat("main:", i));
            event.mutable_row()->add_values()->set_text(std::string(10'000, 'x'));
            Tell(call, id, {event});
        }
        Wait(call);
        return grpc::Status::OK;
    });
    Listen();
    LiveClientOptions options;
    options.buffer_bytes_max = 50'000;
    LiveClient client(*client_, std::move(options));
    client.Subscribe(Query("SELECT 1"));
    const Strings told = Take(client, 500);
    ASSERT_EQ(told.size(), 500u);
    for (int i = 0; i < 500; ++i) EXPECT_EQ(told[i], StrCat("ENTER main:", i + 1));
}

TEST_F(LiveClientTest, TheFirstConnectionMustWork) {
    Client nobody(ClientOptions{.server = "127.0.0.1:1"});
    LiveClient client(nobody);
    client.Subscribe(Query("SELECT 1"));
    LiveBatch batch;
    EXPECT_EQ(ReasonOf(client.Next(&batch, kLongUs).status()), "SERVER_UNREACHABLE");
    EXPECT_EQ(ReasonOf(client.status()), "SERVER_UNREACHABLE");
    client.Cancel();
    EXPECT_EQ(ReasonOf(client.Next(&batch, kLongUs).status()), "CANCELLED");
}

TEST_F(LiveClientTest, WritesAreRepeatedOnlyWithAnId) {
    Listen();
    Sql sql(*client_);
    v1::QueryRequest request;
    request.mutable_statement()->set_sql("INSERT …");
    EXPECT_EQ(ReasonOf(sql.Execute(request).status()), "SERVER_UNREACHABLE");
    sql_.calls = 0;
    request.set_id("four");
    const auto answer = sql.Execute(request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->summary().sequence(), 4u);
    EXPECT_EQ(sql_.calls, 2);
}

TEST_F(LiveClientTest, QueriesStopWhenTold) {
    Listen();
    Sql sql(*client_);
    int batches = 0;
    const auto stopped = sql.Query({}, [&](v1::QueryResponse&) { return ++batches < 3; });
    EXPECT_EQ(ReasonOf(stopped.status()), "CANCELLED");
    EXPECT_EQ(batches, 3);
    const auto cancelled = sql.Query({}, [&](v1::QueryResponse&) {
        sql.Cancel();
        return true;
    });
    EXPECT_EQ(ReasonOf(cancelled.status()), "CANCELLED");
    EXPECT_EQ(ReasonOf(sql.GetSchema().status()), "CANCELLED");
}

TEST_F(LiveClientTest, FollowedChangesGoOnAfterALostConnection) {
    Listen();
    Sql sql(*client_);
    v1::ChangesRequest request;
    request.set_table("t");
    request.set_follow(true);
    std::vector<uint64_t> sequences;
    const Status status = sql.Changes(request, [&](v1::ChangesResponse& response) {
        for (const auto& change : response.changes()) sequences.push_back(change.sequence());
        return sequences.size() < 3;
    });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(sequences, (std::vector<uint64_t>{1, 2, 3}));
    ASSERT_EQ(sql_.changes.size(), 3u);
    EXPECT_EQ(sql_.changes[2].since(), 2u);
}

TEST_F(LiveClientTest, AsynchronousCalls) {
    Listen();
    sql_.calls = 1;
    v1::QueryRequest request;
    request.set_id("abc");
    // The client goes as soon as the answers are there: a call that outlived its Sql dropped the
    // channel on a thread of gRPC, which then waited for itself.
    for (int round = 0; round < 200; ++round) {
        Mutex mutex;
        CondVar changed;
        int done = 0;
        {
            Client client(client_options_);
            Sql sql(client);
            for (int i = 0; i < 3; ++i) {
                sql.Execute(request, [&](const Result<v1::ExecuteResponse>& answer) {
                    EXPECT_TRUE(answer.ok()) << answer.status();
                    MutexLock lock(mutex);
                    ++done;
                    changed.SignalAll();
                });
            }
            MutexLock lock(mutex);
            while (done < 3) changed.Wait(mutex);
        }
        EXPECT_EQ(done, 3);
    }
}

TEST(ValuesTest, MakesAndReads) {
    EXPECT_TRUE(IsNull(NullValue()));
    EXPECT_EQ(IntegerValue(-1).integer(), -1);
    EXPECT_EQ(RealValue(0.5).real(), 0.5);
    EXPECT_EQ(TextValue("ü").text(), "ü");
    EXPECT_EQ(TextValue("\xff").raw_text(), "\xff");
    EXPECT_TRUE(IsText(TextValue("\xff")));
    EXPECT_EQ(BytesOf(BlobValue("abc")), "abc");
    EXPECT_EQ(BytesOf(IntegerValue(1)), "");
    v1::Statement statement = MakeStatement("SELECT ?1", IntegerValue(4), NullValue());
    AddParameter(&statement, ":x", TextValue("y"));
    ASSERT_EQ(statement.parameters_size(), 3);
    EXPECT_EQ(statement.parameters(0).value().integer(), 4);
    EXPECT_TRUE(IsNull(statement.parameters(1).value()));
    EXPECT_EQ(statement.parameters(2).name(), ":x");
}

}  // namespace
}  // namespace blasty::client
