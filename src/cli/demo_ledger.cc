#include "cli/demo_ledger.h"

#include "base/clock.h"
#include "base/strings.h"

namespace blasty::cli {

void DemoLedger::AddReader(const std::string& name, std::set<std::string> topics) {
    MutexLock lock(mutex_);
    readers_[name].topics = std::move(topics);
}

void DemoLedger::SetInbox(const std::string& name, const std::string& topic) {
    MutexLock lock(mutex_);
    inbox_ = name;
    inbox_topic_ = topic;
}

void DemoLedger::Stored(const std::string& topic, uint64_t sequence, const std::string& text) {
    MutexLock lock(mutex_);
    stored_[sequence] = {topic, text};
    changed_.SignalAll();
}

void DemoLedger::ReaderGot(const std::string& reader, uint64_t sequence, const std::string& text) {
    MutexLock lock(mutex_);
    Reader& who = readers_[reader];
    if (!who.got.empty() && sequence < who.got.rbegin()->first) ++who.out_of_order;
    if (!who.got.emplace(sequence, text).second) ++who.repeated;
    changed_.SignalAll();
}

bool DemoLedger::MemberGot(uint64_t sequence, const std::string&) {
    MutexLock lock(mutex_);
    ++handled_[sequence];
    const bool back = acked_.contains(sequence);
    if (back) ++came_back_;
    changed_.SignalAll();
    return !back;
}

void DemoLedger::AckConfirmed(uint64_t sequence) {
    MutexLock lock(mutex_);
    acked_.insert(sequence);
    changed_.SignalAll();
}

void DemoLedger::AckUncertain(uint64_t sequence) {
    MutexLock lock(mutex_);
    uncertain_.insert(sequence);
    changed_.SignalAll();
}

uint64_t DemoLedger::stored() const {
    MutexLock lock(mutex_);
    return stored_.size();
}

uint64_t DemoLedger::MissingLocked(const Reader& reader) const {
    uint64_t missing = 0;
    for (const auto& [sequence, entry] : stored_) {
        if (!reader.topics.contains(entry.topic)) continue;
        const auto it = reader.got.find(sequence);
        if (it == reader.got.end() || it->second != entry.text) ++missing;
    }
    return missing;
}

uint64_t DemoLedger::UnhandledLocked() const {
    uint64_t missing = 0;
    for (const auto& [sequence, entry] : stored_)
        if (entry.topic == inbox_topic_ && !acked_.contains(sequence) &&
            !uncertain_.contains(sequence))
            ++missing;
    return missing;
}

bool DemoLedger::CompleteLocked() const {
    for (const auto& [name, reader] : readers_)
        if (MissingLocked(reader) > 0) return false;
    return UnhandledLocked() == 0;
}

bool DemoLedger::WaitComplete(uint64_t messages, int64_t timeout_us,
                              const std::function<bool()>& give_up) {
    const int64_t end = SystemClock().MonotonicMicros() + timeout_us;
    MutexLock lock(mutex_);
    while (stored_.size() < messages || !CompleteLocked()) {
        if (SystemClock().MonotonicMicros() > end || give_up()) return false;
        changed_.WaitFor(mutex_, 50'000);
    }
    return true;
}

std::vector<ReckoningLine> DemoLedger::Reckon(uint64_t expected) const {
    MutexLock lock(mutex_);
    std::vector<ReckoningLine> out;
    out.push_back(
        {stored_.size() == expected, StrCat(stored_.size(), " of ", expected,
                                            " messages were acknowledged as stored, none twice")});
    for (const auto& [name, reader] : readers_) {
        const uint64_t missing = MissingLocked(reader);
        out.push_back({missing == 0 && reader.repeated == 0 && reader.out_of_order == 0,
                       StrCat(name, " got ", reader.got.size(), ": ", missing, " lost, ",
                              reader.repeated, " twice, ", reader.out_of_order, " out of order")});
    }
    const uint64_t unhandled = UnhandledLocked();
    out.push_back(
        {unhandled == 0, StrCat("inbox ", inbox_, ": ", handled_.size(),
                                " messages shared by two members, ", unhandled, " forgotten")});
    out.push_back({came_back_ == 0, StrCat(acked_.size(), " acks confirmed, ", came_back_,
                                           " of those messages came back")});
    return out;
}

}  // namespace blasty::cli
