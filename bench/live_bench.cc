// Live queries over gRPC; started by run_live. See kUsage.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "bench/h2_readers.h"
#include "bench/measure.h"
#include "bench/rpc_streams.h"
#include "blasty/v1/live.grpc.pb.h"
#include "blasty/v1/sql.grpc.pb.h"

namespace blasty::bench {
namespace {

constexpr char kUsage[] = R"(usage: live_bench ADDRESS WHAT [NUMBER...]
  filters N R  N streams, each with a filter of its own; R row changes a second, each matches 10
  hot N        N streams with one and the same query; changes as fast as they are delivered
  subscribe N  N subscriptions with a snapshot of 100 rows each, over one stream
)";
constexpr double kRunSeconds = 6;
constexpr size_t kConnections = 100;
// One stream in so many is read in full, for latencies: the load shares its cores with the server.
constexpr size_t kLookedAt = 8;
constexpr char kSubscribe[] = "/blasty.v1.Live/Subscribe";

void Sleep(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

class Writer {
  public:
    explicit Writer(const std::string& address) : stub_(v1::Sql::NewStub(NewChannel(address))) {}

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

std::string SubscribeBytes(uint64_t id, const std::string& sql,
                           const std::vector<int64_t>& numbers) {
    v1::SubscribeRequest request;
    v1::Subscribe* subscribe = request.mutable_subscribe();
    subscribe->set_subscription(id);
    subscribe->mutable_query()->set_sql(sql);
    for (const int64_t number : numbers) {
        subscribe->mutable_query()->add_parameters()->mutable_value()->set_integer(number);
    }
    return request.SerializeAsString();
}

// Kinds of the events of a response, counted without decoding the rows.
struct Counted {
    uint64_t rows = 0, ready = 0, changes = 0, errors = 0;
};

Counted Count(std::string_view response) {
    Counted counted;
    ByteReader outer(response);
    while (outer.ok() && !outer.rest().empty()) {
        outer.Varint();  // one field only: the events of a subscription
        ByteReader events(outer.Sized());
        while (events.ok() && !events.rest().empty()) {
            const uint64_t tag = events.Varint();
            if ((tag & 7) == 0) {
                events.Varint();
                continue;
            }
            const std::string_view bytes = events.Sized();
            if (tag >> 3 != 2) continue;
            ByteReader event(bytes);
            const bool has_kind = event.Varint() == (1 << 3);
            const uint64_t kind = has_kind ? event.Varint() : 0;
            if (kind == v1::Event::ROW) ++counted.rows;
            if (kind == v1::Event::READY) ++counted.ready;
            if (kind == v1::Event::ENTER || kind == v1::Event::CHANGE || kind == v1::Event::LEAVE) {
                ++counted.changes;
            }
            if (kind == v1::Event::ERROR) ++counted.errors;
        }
    }
    return counted;
}

// Subscribers, a stream each; counts what they get. `look` sees every response of one stream in
// kLookedAt.
class Subscribers {
  public:
    using Look = std::function<void(std::string_view response)>;
    Subscribers(const std::string& address, Look look)
        : look_(std::move(look)),
          streams_(address, kConnections, kSubscribe,
                   [this](size_t stream, std::string_view response) { Take(stream, response); }) {}

    // Opens `count` streams and waits until each is ready.
    template <typename Bytes>
    void Begin(int count, Bytes bytes) {
        for (int i = 0; i < count; ++i) streams_.Open(bytes(i));
        const double end = NowSeconds() + 120;
        while (ready_.load() < count && NowSeconds() < end) Sleep(10);
        BLASTY_CHECK(ready_.load() == count) << ready_.load() << " of " << count << " are ready";
    }
    uint64_t changes() const { return changes_.load(); }
    // False: not in time.
    bool WaitForChanges(uint64_t count, double seconds) const {
        const double end = NowSeconds() + seconds;
        while (changes() < count && NowSeconds() < end) Sleep(1);
        return changes() >= count;
    }

  private:
    void Take(size_t stream, std::string_view response) {
        const Counted counted = Count(response);
        BLASTY_CHECK(counted.errors == 0) << "a subscription ended";
        if (counted.ready > 0) ready_.fetch_add(static_cast<int>(counted.ready));
        changes_.fetch_add(counted.changes, std::memory_order_relaxed);
        if (look_ && stream % kLookedAt == 0) look_(response);
    }

    const Look look_;
    std::atomic<int> ready_{0};
    std::atomic<uint64_t> changes_{0};
    H2Readers streams_;  // the last: its threads use the rest
};

// Milliseconds to the delivery of changes, whose rows say when they were due and when the request
// that made them was sent.
class Latencies {
  public:
    struct Times {
        std::vector<double> from_due, from_sent;
    };
    void Look(std::string_view bytes) {
        const double now = NowSeconds();
        v1::SubscribeResponse response;
        BLASTY_CHECK(response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        MutexLock lock(mutex_);
        for (const v1::Events& events : response.events()) {
            for (const v1::Event& event : events.events()) {
                if (event.kind() != v1::Event::CHANGE && event.kind() != v1::Event::ENTER) continue;
                times_.from_due.push_back((now - event.row().values(2).real()) * 1e3);
                times_.from_sent.push_back((now - event.row().values(3).real()) * 1e3);
            }
        }
    }
    Times Take() {
        MutexLock lock(mutex_);
        return times_;
    }

  private:
    Mutex mutex_;
    Times times_ ABSL_GUARDED_BY(mutex_);
};

void Filters(const std::string& address, int count, int rate) {
    constexpr int kPerRequest = 20, kMatches = 10;
    const int groups = count / kMatches;
    Writer writer(address);
    writer.Run(
        "CREATE TABLE points (id INTEGER PRIMARY KEY, grp INTEGER, due REAL, sent REAL, "
        "value INTEGER)");
    writer.Run(
        StrCat("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ",
               groups, ") INSERT INTO points SELECT i, i, 0.0, 0.0, 1000000 FROM n"));
    Latencies latencies;
    Subscribers subscribers(address, [&latencies](std::string_view read) { latencies.Look(read); });
    // Ten filters a group, no two the same.
    subscribers.Begin(count, [groups](int i) {
        return SubscribeBytes(1, "SELECT * FROM points WHERE grp = ?1 AND value > ?2",
                              {i % groups, i / groups});
    });
    uint64_t sent = 0;
    const double start = NowSeconds();
    while (NowSeconds() < start + kRunSeconds) {
        const auto due = static_cast<uint64_t>((NowSeconds() - start) * rate);
        if (due < sent + kPerRequest) {
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            continue;
        }
        v1::TransactionRequest request;
        const double now = NowSeconds();
        while (sent < due) {
            v1::Statement* statement = request.add_statements();
            statement->set_sql(
                "UPDATE points SET due = ?1, sent = ?3, value = value + 1 WHERE id = ?2");
            statement->add_parameters()->mutable_value()->set_real(
                start + static_cast<double>(sent) / rate);
            statement->add_parameters()->mutable_value()->set_integer(
                static_cast<int64_t>(sent % static_cast<uint64_t>(groups)));
            statement->add_parameters()->mutable_value()->set_real(now);
            ++sent;
        }
        writer.Run(request);
    }
    const double elapsed = NowSeconds() - start;
    subscribers.WaitForChanges(sent * kMatches, 10);
    // A row changed twice in one commit is one change.
    const std::string name = StrCat("filters_", rate, "_");
    Report(StrCat(name, "changes_rate"), static_cast<double>(sent) / elapsed, "1/s");
    Report(StrCat(name, "deliveries_rate"), static_cast<double>(subscribers.changes()) / elapsed,
           "1/s");
    Report(StrCat(name, "missing"),
           static_cast<double>(sent * kMatches) - static_cast<double>(subscribers.changes()), "");
    Latencies::Times times = latencies.Take();
    for (const int percent : {50, 99}) {
        Report(StrCat(name, "due_p", percent), Percentile(times.from_due, percent), "ms");
        Report(StrCat(name, "sent_p", percent), Percentile(times.from_sent, percent), "ms");
    }
}

void Hot(const std::string& address, int count) {
    Writer writer(address);
    writer.Run("CREATE TABLE hot (id INTEGER PRIMARY KEY, value INTEGER)");
    writer.Run(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
        "INSERT INTO hot SELECT i, 0 FROM n");
    Subscribers subscribers(address, nullptr);
    subscribers.Begin(
        count, [](int) { return SubscribeBytes(1, "SELECT * FROM hot WHERE value >= 0", {}); });
    uint64_t made = 0;
    const auto streams = static_cast<uint64_t>(count);
    const double start = NowSeconds();
    while (NowSeconds() < start + kRunSeconds) {
        if (made * streams > subscribers.changes() + 400 * streams) {
            Sleep(1);
            continue;
        }
        writer.Run("UPDATE hot SET value = value + 1");
        made += 100;
    }
    BLASTY_CHECK(subscribers.WaitForChanges(made * streams, 60))
        << subscribers.changes() << " of " << made * streams;
    Report("hot_deliveries", static_cast<double>(subscribers.changes()) / (NowSeconds() - start),
           "1/s");
}

void SubscribeMany(const std::string& address, int count) {
    constexpr int kGroups = 1000;
    Writer writer(address);
    writer.Run("CREATE TABLE many (id INTEGER PRIMARY KEY, grp INTEGER, name TEXT, value INTEGER)");
    writer.Run("CREATE INDEX many_grp ON many (grp)");
    writer.Run(
        StrCat("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ",
               kGroups * 100, ") INSERT INTO many SELECT i, i % ", kGroups,
               ", 'a name of some length', i FROM n"));
    std::atomic<uint64_t> ready{0}, rows{0};
    RawStream stream(NewChannel(address), kSubscribe,
                     [&](RawStream&, const grpc::ByteBuffer& read) {
                         const Counted counted = Count(ToString(read));
                         BLASTY_CHECK(counted.errors == 0) << "a subscription ended";
                         rows.fetch_add(counted.rows);
                         ready.fetch_add(counted.ready);
                     });
    const double start = NowSeconds();
    for (int i = 0; i < count; ++i) {
        while (static_cast<uint64_t>(i) > ready.load() + 256) {
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
        stream.Write(SubscribeBytes(static_cast<uint64_t>(i) + 1,
                                    "SELECT * FROM many WHERE grp = ?1 AND value > ?2",
                                    {i % kGroups, -1 - i / kGroups}));
    }
    const double end = NowSeconds() + 60;
    while (ready.load() < static_cast<uint64_t>(count) && NowSeconds() < end) Sleep(1);
    BLASTY_CHECK(rows.load() == static_cast<uint64_t>(count) * 100) << rows.load();
    Report("subscribe_rate", count / (NowSeconds() - start), "1/s");
    stream.Cancel();
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    using namespace blasty::bench;  // NOLINT(google-build-using-namespace): a program, not a header
    if (argc < 3) {
        std::cerr << kUsage;
        return 2;
    }
    UseReleaseLocks();
    const std::string address = argv[1], what = argv[2];
    const int number = argc > 3 ? std::atoi(argv[3]) : 10'000;
    if (what == "filters") Filters(address, number, argc > 4 ? std::atoi(argv[4]) : 5000);
    if (what == "hot") Hot(address, number);
    if (what == "subscribe") SubscribeMany(address, number);
    return 0;
}
