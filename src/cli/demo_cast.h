// The people of `blasty demo`: publishers, plain readers, members of an inbox. Each is a real
// client with a connection of its own.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "cli/demo_ledger.h"
#include "cli/output.h"
#include "client/consumer.h"
#include "client/publisher.h"

namespace blasty::cli {

// Prints one event a line, from any thread.
class DemoStage {
  public:
    DemoStage(bool colour, int64_t pause_us) : colour_(colour), pause_us_(pause_us) {}
    void Title(std::string_view text);
    void Line(std::string_view text);
    // "  Ada   ──▶ greetings  “hello”      stored as #3"
    void Event(const std::string& who, std::string_view arrow, const std::string& topic,
               const std::string& text, std::string_view note);
    // So that eyes can follow; nothing when nobody watches.
    void Pause() const;
    bool colour() const { return colour_; }

  private:
    const bool colour_;
    const int64_t pause_us_;
    Mutex mutex_;
    Output out_ ABSL_GUARDED_BY(mutex_);
};

inline constexpr char kGreetings[] = "greetings";
inline constexpr char kAnswers[] = "answers";
inline constexpr char kInbox[] = "mail";

class DemoCast {
  public:
    DemoCast(DemoStage& stage, DemoLedger& ledger, const std::string& server);
    // Stops everyone.
    ~DemoCast();
    DemoCast(const DemoCast&) = delete;
    DemoCast& operator=(const DemoCast&) = delete;

    // Connects readers and members, and waits until the server has them all.
    Status Start();
    // Publishers take turns. Answered later: the ledger knows. `waiting`: shows that it was said,
    // because there is no server to answer.
    Status Say(size_t turn, const std::string& text, bool waiting);
    // Members leave.
    void Stop();
    // Messages published in all, answers included, once every greeting was answered.
    static uint64_t Expected(uint64_t greetings) { return 2 * greetings; }

  private:
    struct Person {
        std::string name;
        std::unique_ptr<client::Client> client;
        std::unique_ptr<client::Consumer> consumer;
        std::unique_ptr<client::Publisher> publisher;
        std::thread thread;
    };
    void Read(Person& person);
    void Work(Person& person);
    void Handle(Person& person, const client::InMessage& message);
    Status Publish(Person& person, const std::string& topic, const std::string& text);

    DemoStage& stage_;
    DemoLedger& ledger_;
    const std::string server_;
    std::atomic<bool> stop_ = false;
    std::vector<std::unique_ptr<Person>> publishers_, readers_, members_;
    Mutex answered_mutex_;
    std::map<uint64_t, bool> answered_ ABSL_GUARDED_BY(answered_mutex_);  // by greeting
};

}  // namespace blasty::cli
