// The whole engine in a seeded simulation: publishers and members as tasks, time, power cuts and
// disk faults, and an oracle that knows what was promised. One thread; the same seed gives the same
// run. BLASTY_SIM_SEED=n replays one, BLASTY_SIM_SEEDS=n runs that many.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "engine/engine.h"
#include "exec/sim_executor.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"

namespace blasty {
namespace {

constexpr int kPublishers = 3;
constexpr int kMembers = 3;
constexpr int kLives = 4;  // of the server; the last ends in peace
constexpr int64_t kLifeUs = 400'000;

struct SimOptions {
    uint64_t seed = 1;
    // The canary: takes a publish for stored when it was sent, an ack when it was asked for.
    bool trust_before_durable = false;
};

class Simulation {
  public:
    explicit Simulation(const SimOptions& options)
        : options_(options), random_(options.seed), executor_(options.seed * 7919) {
        engine_options_.data_directory = "data";
        engine_options_.topics.log.manual_commit = true;
        engine_options_.topics.log.salt_seed = options.seed;
        engine_options_.topics.log.segment_bytes = 128 << 10;
        engine_options_.topics.checkpoint_every_bytes = 64 << 10;
    }

    // What was promised and not kept; empty: nothing.
    const std::vector<std::string>& Run() {
        for (int life = 1; life <= kLives && violations_.empty(); ++life) Live(life == kLives);
        return violations_;
    }

  private:
    struct Publisher {
        int sending = 0;  // number of the message on its way; sent again until it is acknowledged
        bool waiting = false;
    };
    struct Worker {
        std::unique_ptr<topics::Member> member;
        std::map<uint64_t, std::string> held;
    };

    void Violated(std::string what) { violations_.push_back(std::move(what)); }

    void Live(bool last) {
        auto opened = engine::Engine::Open(disk_, engine_options_, executor_, executor_.clock());
        if (!opened.ok()) return Violated(StrCat("start: ", opened.status().ToString()));
        engine_ = *std::move(opened);
        ++life_;
        stopping_ = false;
        if (!last && random_.Chance(1, 2)) {
            io::Fault fault;
            fault.operations = io::kWrite | io::kSync;
            fault.at = 20 + random_.Below(300);
            fault.kind = static_cast<io::FaultKind>(random_.Below(3));
            disk_.Set(fault);
        }
        for (int p = 0; p < kPublishers; ++p) publishers_[p].waiting = false;
        for (int p = 0; p < kPublishers; ++p) Later([this, p] { Publish(p); });
        for (int m = 0; m < kMembers; ++m) Later([this, m] { Work(m); });
        Later([this] { Commit(); });
        Later([this] { Administrate(); });
        executor_.RunFor(kLifeUs + static_cast<int64_t>(random_.Below(kLifeUs)));
        if (last) {
            Finish();
        } else {
            Die();
        }
    }

    void Later(std::function<void()> task) {
        executor_.PostAfter(static_cast<int64_t>(random_.Below(3000)),
                            [this, life = life_, task = std::move(task)] {
                                if (life == life_ && !stopping_) task();
                            });
    }

    void Die() {
        disk_.FailEverything();
        stopping_ = true;
        for (Worker& worker : workers_) worker = Worker();
        engine_.reset();
        executor_.DropAll();
        memory_.Crash(io::CrashMode::kMix, random_.Next());
        disk_.Heal();
    }

    static std::string Name(int publisher, int number) { return StrCat(publisher, "/", number); }

    void Publish(int p) {
        Publisher& publisher = publishers_[p];
        Later([this, p] { Publish(p); });
        if (publisher.waiting) return;
        publisher.waiting = true;
        const std::string name = Name(p, publisher.sending), key = StrCat("k", p);
        topics::NewMessage message;
        message.payload = name;
        message.key = key;
        message.id = name;  // so that sending again is safe
        sent_.insert(name);
        if (options_.trust_before_durable) stored_.insert({name, 0});
        engine_->topics().Publish(
            StrCat("t.", p % 2), {&message, 1},
            [this, p, name, life = life_](Result<std::span<const topics::Published>> result) {
                if (life != life_) return;
                publishers_[p].waiting = false;
                if (!result.ok()) return;
                stored_[name] = result->front().sequence.value();
                ++publishers_[p].sending;
            });
    }

    void Commit() {
        engine_->topics().CommitQueued();
        Later([this] { Commit(); });
    }

    void Administrate() {
        Later([this] { Administrate(); });
        if (random_.Chance(1, 40)) (void)engine_->topics().Checkpoint();
        if (random_.Chance(1, 40)) (void)engine_->topics().Clean();
        if (random_.Chance(1, 20)) (void)engine_->health();
    }

    void Work(int m) {
        Later([this, m] { Work(m); });
        Worker& worker = workers_[m];
        if (!worker.member) {
            topics::JoinOptions join;
            join.inbox = "in";
            join.config.patterns = {"t.*"};
            join.config.ack_wait_us = 50'000;
            join.config.max_in_flight = 20;
            auto joined = engine_->topics().Join(join, nullptr);
            if (joined.ok()) worker.member = *std::move(joined);
            return;
        }
        if (random_.Chance(1, 30)) {
            worker = Worker();
            return;
        }
        std::vector<topics::Delivery> out;
        const Status status = worker.member->Fetch({1 + random_.Below(8), 1 << 20}, &out);
        if (!status.ok()) return Violated(StrCat("fetch: ", status.ToString()));
        for (const topics::Delivery& d : out) {
            Delivered(d);
            worker.held[d.message.sequence.value()] = std::string(d.message.payload);
        }
        Answer(worker);
    }

    void Delivered(const topics::Delivery& d) {
        const std::string name(d.message.payload);
        if (!sent_.count(name)) Violated(StrCat("'", name, "' was never sent"));
        if (confirmed_.count(name)) Violated(StrCat(name, " came after its confirmed ack"));
        const size_t slash = name.find('/');
        if (slash == std::string::npos) return;
        const int publisher = std::atoi(name.c_str());
        const int number = std::atoi(name.c_str() + slash + 1);
        int& next = next_[publisher];
        if (number > next) Violated(StrCat(name, " came before ", Name(publisher, next)));
        if (number == next) ++next;
        delivered_.insert(name);
    }

    void Answer(Worker& worker) {
        std::vector<Sequence> acks;
        std::vector<std::string> names;
        for (const auto& [sequence, name] : worker.held) {
            const uint64_t dice = random_.Below(10);
            if (dice < 6) {
                acks.push_back(Sequence(sequence));
                names.push_back(name);
            } else if (dice < 7) {
                (void)worker.member->Nack(Sequence(sequence),
                                          static_cast<int64_t>(random_.Below(5000)));
            } else if (dice < 8) {
                (void)worker.member->Extend(Sequence(sequence));
            }  // else forgotten: its ack wait ends
        }
        worker.held.clear();
        if (acks.empty()) return;
        if (options_.trust_before_durable) confirmed_.insert(names.begin(), names.end());
        worker.member->Ack(acks, [this, names, life = life_](const Status& status) {
            if (life == life_ && status.ok()) confirmed_.insert(names.begin(), names.end());
        });
    }

    // Everything that was promised must be there.
    void Finish() {
        stopping_ = true;
        for (Worker& worker : workers_) worker = Worker();
        executor_.RunReady();
        engine_->topics().CommitQueued();
        if (const Status health = engine_->topics().health(); !health.ok()) {
            return Violated(StrCat("health: ", health.ToString()));
        }
        CheckStored();
        Drain();
        engine_.reset();
        executor_.DropAll();
    }

    void CheckStored() {
        auto reader = engine_->topics().OpenReader(
            {{"t.*"}, {topics::Start::Kind::kOldest, Sequence(), 0}}, nullptr);
        if (!reader.ok()) return Violated(reader.status().ToString());
        std::map<std::string, uint64_t> found;
        for (std::vector<topics::Message> out;; out.clear()) {
            if (!(*reader)->Fetch({}, &out).ok()) return Violated("cannot read");
            if (out.empty()) break;
            for (const topics::Message& m : out) {
                const bool fresh = found.emplace(std::string(m.payload), m.sequence.value()).second;
                if (!fresh) Violated(StrCat(m.payload, " is stored twice"));
            }
        }
        for (const auto& [name, sequence] : stored_) {
            auto at = found.find(name);
            if (at == found.end()) {
                Violated(StrCat(name, " was acknowledged and is missing"));
            } else if (sequence != 0 && at->second != sequence) {
                Violated(StrCat(name, " is not where it was acknowledged"));
            }
        }
    }

    void Drain() {
        auto joined = engine_->topics().Join({"in", false, {}, {}}, nullptr);
        if (!joined.ok()) return Violated(joined.status().ToString());
        for (int empty = 0; empty < 3 && violations_.empty();) {
            std::vector<topics::Delivery> out;
            if (!(*joined)->Fetch({}, &out).ok()) return Violated("cannot fetch");
            std::vector<Sequence> acks;
            for (const topics::Delivery& d : out) {
                Delivered(d);
                acks.push_back(d.message.sequence);
            }
            (*joined)->Ack(acks, [](const Status&) {});
            engine_->topics().CommitQueued();
            executor_.RunFor(200'000);
            empty = out.empty() ? empty + 1 : 0;
        }
        for (const auto& [name, sequence] : stored_) {
            if (!delivered_.count(name)) Violated(StrCat(name, " was never delivered"));
        }
    }

    const SimOptions options_;
    Random random_;
    io::MemoryFileSystem memory_;
    io::FaultyFileSystem disk_{memory_};
    exec::SimExecutor executor_;
    engine::EngineOptions engine_options_;
    std::unique_ptr<engine::Engine> engine_;
    int life_ = 0;
    bool stopping_ = false;
    Publisher publishers_[kPublishers];
    Worker workers_[kMembers];
    std::set<std::string> sent_, confirmed_, delivered_;
    std::map<std::string, uint64_t> stored_;
    std::map<int, int> next_;
    std::vector<std::string> violations_;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SimTest, KeepsItsPromises) {
    const uint64_t only = FromEnvironment("BLASTY_SIM_SEED", 0);
    const uint64_t first = only != 0 ? only : 1;
    const uint64_t last = only != 0 ? only : FromEnvironment("BLASTY_SIM_SEEDS", 100);
    for (uint64_t seed = first; seed <= last; ++seed) {
        Simulation simulation({seed, false});
        const std::vector<std::string>& violations = simulation.Run();
        for (size_t i = 0; i < violations.size() && i < 5; ++i) {
            ADD_FAILURE() << "BLASTY_SIM_SEED=" << seed << ": " << violations[i];
        }
        if (!violations.empty()) return;
    }
}

// The oracle must see a system that answers before it is durable.
TEST(SimTest, Canary) {
    int caught = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        Simulation simulation({seed, true});
        if (!simulation.Run().empty()) ++caught;
    }
    EXPECT_GE(caught, 8);
}

}  // namespace
}  // namespace blasty
