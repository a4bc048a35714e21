#include "tests/crash/record.h"

#include <utility>

#include "base/strings.h"

namespace blasty::crash {
namespace {

constexpr size_t kViolationsMax = 20;

std::string Name(const Item& item) { return StrCat(item.key, " #", item.number); }

}  // namespace

void Record::Violation(std::string text) {
    if (violations_.size() < kViolationsMax) violations_.push_back(std::move(text));
}

void Record::Acknowledged(const Item& item, uint64_t sequence) {
    MutexLock lock(mutex_);
    if (keys_[item.key].acknowledged.emplace(item.number, sequence).second) ++acknowledged_;
}

void Record::Delivered(const Item& item, uint64_t sequence) {
    MutexLock lock(mutex_);
    ++delivered_;
    if (confirmed_.contains(sequence)) {
        Violation(
            StrCat(Name(item), " (sequence ", sequence, ") delivered after its ack was confirmed"));
    }
    Key& key = keys_[item.key];
    if (key.delivered.contains(item.number)) return;
    if (!key.delivered.empty() && key.delivered.rbegin()->first > item.number) {
        Violation(StrCat(Name(item), " first delivered after #", key.delivered.rbegin()->first));
    }
    key.delivered.emplace(item.number, sequence);
}

void Record::AckConfirmed(uint64_t sequence) {
    MutexLock lock(mutex_);
    confirmed_.emplace(sequence, true);
}

void Record::Read(const Item& item, uint64_t sequence) {
    MutexLock lock(mutex_);
    if (sequence <= last_read_) {
        Violation(StrCat(Name(item), " read at ", sequence, " after ", last_read_));
    }
    last_read_ = sequence;
    if (!keys_[item.key].read.emplace(item.number, sequence).second) {
        Violation(StrCat(Name(item), " is stored twice"));
    }
}

namespace {

template <typename Keys, typename Field>
uint64_t CountMissing(const Keys& keys, Field field) {
    uint64_t missing = 0;
    for (const auto& [name, key] : keys) {
        for (const auto& [number, sequence] : key.acknowledged)
            missing += !(key.*field).contains(number);
    }
    return missing;
}

}  // namespace

uint64_t Record::undelivered() const {
    MutexLock lock(mutex_);
    return CountMissing(keys_, &Key::delivered);
}

uint64_t Record::unread() const {
    MutexLock lock(mutex_);
    return CountMissing(keys_, &Key::read);
}

uint64_t Record::acknowledged() const {
    MutexLock lock(mutex_);
    return acknowledged_;
}

uint64_t Record::delivered() const {
    MutexLock lock(mutex_);
    return delivered_;
}

uint64_t Record::confirmed() const {
    MutexLock lock(mutex_);
    return confirmed_.size();
}

void Record::CheckComplete(const std::string& name, const Key& key,
                           std::vector<std::string>& out) const {
    for (const auto& [number, sequence] : key.acknowledged) {
        const std::string what = Name({name, number});
        for (const auto& [verb, seen] :
             {std::pair("delivered", &key.delivered), std::pair("read", &key.read)}) {
            const auto found = seen->find(number);
            if (found == seen->end()) {
                out.push_back(StrCat(what, " was acknowledged and never ", verb));
            } else if (found->second != sequence) {
                out.push_back(StrCat(what, " was acknowledged at ", sequence, " and ", verb, " at ",
                                     found->second));
            }
            if (out.size() >= kViolationsMax) return;
        }
    }
}

std::vector<std::string> Record::Violations() const {
    MutexLock lock(mutex_);
    std::vector<std::string> out = violations_;
    for (const auto& [name, key] : keys_) {
        if (out.size() < kViolationsMax) CheckComplete(name, key, out);
    }
    return out;
}

}  // namespace blasty::crash
