// Live searches over gRPC; started by run_live_search. See kUsage.
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "blasty/v1/live.grpc.pb.h"
#include "blasty/v1/sql.grpc.pb.h"

namespace blasty::bench {
namespace {

constexpr char kUsage[] = R"(usage: live_search_bench ADDRESS ROWS SEARCHES
  a table of ROWS rows with an index, SEARCHES live searches on one stream, of two words each; one more
  that every new row enters: from the request of an insert to its event
)";
constexpr uint64_t kSeed = 20260202;
constexpr size_t kWords = 20'000, kWordsOfARow = 12, kInserts = 400;
constexpr int kEveryMs = 5;

std::string Word(Random& random) {
    // Rare and frequent ones, as in texts: the product of two even draws.
    return StrCat("w", random.Below(1 + random.Below(kWords)));
}

std::string Text(Random& random) {
    std::string text;
    for (size_t i = 0; i < kWordsOfARow; ++i) StrAppend(text, i == 0 ? "" : " ", Word(random));
    return text;
}

class Writer {
  public:
    explicit Writer(const std::shared_ptr<grpc::Channel>& channel)
        : stub_(v1::Sql::NewStub(channel)) {}

    void Run(const v1::TransactionRequest& request) {
        grpc::ClientContext context;
        v1::TransactionResponse response;
        const grpc::Status status = stub_->Transaction(&context, request, &response);
        BLASTY_CHECK(status.ok()) << status.error_message();
    }
    void Run(const std::string& sql) {
        v1::TransactionRequest request;
        request.add_statements()->set_sql(sql);
        Run(request);
    }

  private:
    std::unique_ptr<v1::Sql::Stub> stub_;
};

void AddInsert(v1::TransactionRequest* request, int64_t id, const std::string& text) {
    v1::Statement* statement = request->add_statements();
    statement->set_sql("INSERT INTO notes VALUES(?1, ?2)");
    statement->add_parameters()->mutable_value()->set_integer(id);
    statement->add_parameters()->mutable_value()->set_text(text);
}

v1::SubscribeRequest Subscribe(uint64_t id, const std::string& text) {
    v1::SubscribeRequest request;
    v1::Subscribe* subscribe = request.mutable_subscribe();
    subscribe->set_subscription(id);
    subscribe->mutable_search()->set_index("notes_text");
    subscribe->mutable_search()->set_text(text);
    subscribe->mutable_search()->set_all_words(true);
    subscribe->mutable_search()->set_timeout_us(60'000'000);
    return request;
}

// One stream with all subscriptions; the first one's events are timed.
class Stream {
  public:
    explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
        : stub_(v1::Live::NewStub(channel)),
          call_(stub_->Subscribe(&context_)),
          reader_([this] { Read(); }) {}
    ~Stream() {
        context_.TryCancel();
        reader_.join();
        call_->Finish();
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void Add(const v1::SubscribeRequest& request) { BLASTY_CHECK(call_->Write(request)); }
    void WaitReady(uint64_t count) {
        MutexLock lock(mutex_);
        while (ready_ < count) changed_.Wait(mutex_);
    }
    // When each event of the first subscription came, in order.
    std::vector<double> WaitEntered(size_t count) {
        MutexLock lock(mutex_);
        while (entered_.size() < count) changed_.Wait(mutex_);
        return entered_;
    }
    uint64_t events() const {
        MutexLock lock(mutex_);
        return events_;
    }

  private:
    void Read() {
        v1::SubscribeResponse response;
        while (call_->Read(&response)) {
            const double now = NowSeconds();
            MutexLock lock(mutex_);
            for (const v1::Events& part : response.events()) {
                for (const v1::Event& event : part.events()) {
                    BLASTY_CHECK(event.kind() != v1::Event::ERROR) << event.message();
                    ++events_;
                    if (event.kind() == v1::Event::READY) ++ready_;
                    if (event.kind() == v1::Event::ENTER && part.subscription() == 0)
                        entered_.push_back(now);
                }
            }
            changed_.SignalAll();
        }
    }

    grpc::ClientContext context_;
    std::unique_ptr<v1::Live::Stub> stub_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::SubscribeRequest, v1::SubscribeResponse>> call_;
    mutable Mutex mutex_;
    CondVar changed_;
    uint64_t ready_ ABSL_GUARDED_BY(mutex_) = 0, events_ ABSL_GUARDED_BY(mutex_) = 0;
    std::vector<double> entered_ ABSL_GUARDED_BY(mutex_);
    std::thread reader_;  // last: uses the others
};

void Fill(Writer& writer, Random& random, int64_t rows) {
    writer.Run("CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT)");
    for (int64_t id = 0; id < rows;) {
        v1::TransactionRequest request;
        for (int i = 0; i < 500 && id < rows; ++i) AddInsert(&request, id++, Text(random));
        writer.Run(request);
    }
    writer.Run("CREATE VIRTUAL TABLE notes_text USING search(notes, text TEXT)");
}

void Run(const std::string& address, int64_t rows, uint64_t searches) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    const auto channel =
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    Writer writer(channel);
    Random random(kSeed);
    Fill(writer, random, rows);
    Stream stream(channel);
    // Every new row is the best of the first: it alone has the word, the shortest first.
    stream.Add(Subscribe(0, "everyone"));
    stream.WaitReady(1);
    const double began = NowSeconds();
    for (uint64_t id = 1; id <= searches; ++id)
        stream.Add(Subscribe(id, StrCat(Word(random), " ", Word(random))));
    stream.WaitReady(searches + 1);
    const std::string name = StrCat("live_search_", searches, "_");
    if (searches > 0) {
        Report(name + "subscribe", static_cast<double>(searches) / (NowSeconds() - began), "1/s");
    }
    const uint64_t before = stream.events();
    std::vector<double> latencies;
    for (size_t i = 0; i < kInserts; ++i) {
        v1::TransactionRequest request;
        // Fewer than are followed at once, so that each enters.
        if (i % 8 == 0)
            request.add_statements()->set_sql("DELETE FROM notes WHERE id >= 1000000000");
        AddInsert(&request, 1'000'000'000 + static_cast<int64_t>(i),
                  StrCat("everyone ", Text(random)));
        const double sent = NowSeconds();
        writer.Run(request);
        latencies.push_back((stream.WaitEntered(i + 1).back() - sent) * 1e3);
        std::this_thread::sleep_for(std::chrono::milliseconds(kEveryMs));
    }
    Report(name + "p50", Percentile(latencies, 50), "ms");
    Report(name + "p99", Percentile(latencies, 99), "ms");
    Report(name + "events", static_cast<double>(stream.events() - before) / kInserts, "a row");
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << blasty::bench::kUsage;
        return 2;
    }
    blasty::bench::Run(argv[1], std::strtoll(argv[2], nullptr, 10),
                       std::strtoull(argv[3], nullptr, 10));
    return 0;
}
