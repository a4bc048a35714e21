#include "cli/demo_cast.h"

#include <algorithm>
#include <chrono>

#include "base/strings.h"

namespace blasty::cli {
namespace {

constexpr int64_t kTimeoutUs = 30'000'000;

// The server may be down when somebody speaks for the first time.
client::PublisherOptions PublisherOptions() { return {.wait_for_server = true}; }

Colour ColourOf(const std::string& who) {
    constexpr Colour kColours[] = {Colour::kCyan, Colour::kYellow, Colour::kMagenta, Colour::kBlue,
                                   Colour::kGreen};
    return kColours[static_cast<unsigned char>(who.front()) % 5];
}

std::string Padded(const std::string& text, size_t width) {
    const size_t used = DisplayWidth(text);
    return used < width ? text + std::string(width - used, ' ') : text;
}

}  // namespace

void DemoStage::Title(std::string_view text) {
    MutexLock lock(mutex_);
    out_.Line(StrCat("\n", Paint(colour_, Colour::kBold, text)));
    out_.Flush();
}

void DemoStage::Line(std::string_view text) {
    MutexLock lock(mutex_);
    out_.Line(text);
    out_.Flush();
}

void DemoStage::Event(const std::string& who, std::string_view arrow, const std::string& topic,
                      const std::string& text, std::string_view note) {
    const std::string quoted = StrCat("“", Printable(text, 60), "”");
    const std::string line = StrCat("  ", Paint(colour_, ColourOf(who), Padded(who, 6)), " ", arrow,
                                    " ", Padded(topic, 9), "  ", Padded(quoted, 34), "  ",
                                    Paint(colour_, Colour::kDim, note));
    Line(line);
}

void DemoStage::Pause() const {
    if (pause_us_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause_us_));
}

DemoCast::DemoCast(DemoStage& stage, DemoLedger& ledger, const std::string& server)
    : stage_(stage), ledger_(ledger), server_(server) {}

DemoCast::~DemoCast() {
    Stop();
    publishers_.clear();
}

Status DemoCast::Start() {
    const auto person = [this](auto& list, const std::string& name) -> Person& {
        Person& added = *list.emplace_back(std::make_unique<Person>());
        added.name = name;
        added.client = std::make_unique<client::Client>(client::ClientOptions{.server = server_});
        return added;
    };
    for (const char* name : {"Ada", "Ben", "Cleo"}) {
        Person& added = person(publishers_, name);
        added.publisher = std::make_unique<client::Publisher>(*added.client, PublisherOptions());
    }
    for (const auto& [name, topics] : std::vector<std::pair<std::string, std::set<std::string>>>{
             {"Radio", {kGreetings}}, {"Diary", {kGreetings, kAnswers}}}) {
        Person& added = person(readers_, name);
        ledger_.AddReader(name, topics);
        client::ConsumerOptions options;
        options.topics.assign(topics.begin(), topics.end());
        options.start.emplace().set_oldest(true);
        added.consumer = std::make_unique<client::Consumer>(*added.client, std::move(options));
        BLASTY_RETURN_IF_ERROR(added.consumer->WaitStarted(kTimeoutUs));
        added.thread = std::thread([this, &added] { Read(added); });
    }
    ledger_.SetInbox(kInbox, kGreetings);
    for (const char* name : {"Dora", "Emil"}) {
        Person& added = person(members_, name);
        added.publisher = std::make_unique<client::Publisher>(*added.client, PublisherOptions());
        client::ConsumerOptions options;
        options.topics = {kGreetings};
        options.inbox = kInbox;
        options.credit = 1;  // one at a time, so that both get some
        added.consumer = std::make_unique<client::Consumer>(*added.client, std::move(options));
        BLASTY_RETURN_IF_ERROR(added.consumer->WaitStarted(kTimeoutUs));
        added.thread = std::thread([this, &added] { Work(added); });
    }
    return OkStatus();
}

Status DemoCast::Publish(Person& person, const std::string& topic, const std::string& text) {
    client::OutMessage message;
    message.payload = text;
    return person.publisher->Publish(
        topic, message, [this, name = person.name, topic, text](Result<client::Published> result) {
            if (!result.ok()) {
                stage_.Line(StrCat("  ", name, " could not publish: ", MessageOf(result.status())));
                return;
            }
            ledger_.Stored(topic, result->sequence, text);
            stage_.Event(name, "──▶", topic, text, StrCat("stored as #", result->sequence));
        });
}

Status DemoCast::Say(size_t turn, const std::string& text, bool waiting) {
    Person& person = *publishers_[turn % publishers_.size()];
    if (waiting) stage_.Event(person.name, "··▶", kGreetings, text, "waits for a server");
    return Publish(person, kGreetings, text);
}

void DemoCast::Read(Person& person) {
    client::ConsumedBatch batch;
    while (!stop_.load()) {
        const auto next = person.consumer->Next(&batch, 100'000);
        if (!next.ok()) return;
        if (*next != client::NextResult::kBatch) continue;
        for (const client::InMessage& message : batch.messages) {
            const std::string text(message.payload);
            ledger_.ReaderGot(person.name, message.sequence, text);
            stage_.Event(person.name, "◀──", std::string(message.topic), text,
                         StrCat("reads #", message.sequence));
        }
    }
}

void DemoCast::Work(Person& person) {
    client::ConsumedBatch batch;
    while (!stop_.load()) {
        const auto next = person.consumer->Next(&batch, 100'000);
        if (!next.ok()) return;
        if (*next != client::NextResult::kBatch) continue;
        for (const client::InMessage& message : batch.messages) Handle(person, message);
    }
}

void DemoCast::Handle(Person& person, const client::InMessage& message) {
    const std::string text(message.payload);
    const bool fresh = ledger_.MemberGot(message.sequence, text);
    bool first = false;
    {
        MutexLock lock(answered_mutex_);
        first = answered_.emplace(message.sequence, true).second;
    }
    if (first) (void)Publish(person, kAnswers, StrCat("thanks for ", text));
    person.consumer->Ack(std::vector<uint64_t>{message.sequence});
    const Status acked = person.consumer->FlushAcks(kTimeoutUs);
    if (acked.ok()) {
        ledger_.AckConfirmed(message.sequence);
    } else {
        ledger_.AckUncertain(message.sequence);
    }
    stage_.Event(
        person.name, "◀──", std::string(message.topic), text,
        StrCat("inbox ", kInbox, " #", message.sequence, acked.ok() ? ", acked" : ", ack unsure",
               message.attempt > 1 ? StrCat(", attempt ", message.attempt) : "",
               fresh ? "" : " CAME BACK"));
}

void DemoCast::Stop() {
    stop_.store(true);
    for (auto* list : {&readers_, &members_}) {
        for (const auto& person : *list) {
            if (person->consumer) person->consumer->Cancel();
            if (person->thread.joinable()) person->thread.join();
        }
        list->clear();
    }
}

}  // namespace blasty::cli
