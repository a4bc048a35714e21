// Random operations against a plain model. Every failure prints its seed; BLASTY_MODEL_SEED replays
// one.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/random.h"
#include "base/strings.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::FetchAll;
using internal::Reading;
using internal::TestBus;

constexpr int kTopics = 3;
constexpr int kInboxes = 3;

struct Known {
    uint64_t sequence;
    std::string payload, key;
};

struct ModelMember {
    std::unique_ptr<Member> member;
    std::map<uint64_t, std::string> out;  // in flight: sequence, key (with topic)
};

struct ModelInbox {
    std::string name;
    InboxConfig config;
    std::map<int, ModelMember> members;
    std::set<uint64_t> confirmed, asked;  // acks
    std::set<uint64_t> delivered;
};

class Model {
  public:
    explicit Model(uint64_t seed) : random_(seed), bus_(TopicsOptions(), seed) {
        for (int i = 0; i < kInboxes; ++i) {
            ModelInbox& inbox = inboxes_[i];
            inbox.name = StrCat("in", i);
            inbox.config = Reading({i == 0 ? "t.*" : StrCat("t.", i)});
            inbox.config.max_in_flight = i == 2 ? 5 : 100;
            if (i == 2) inbox.config.max_deliveries = 3;
        }
    }

    void Run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) Step();
        if (!testing::Test::HasFailure()) Drain();
    }

  private:
    void Step() {
        const uint64_t dice = random_.Below(100);
        if (dice < 35) {
            Publish();
        } else if (dice < 42) {
            Join();
        } else if (dice < 60) {
            WithMember([&](ModelInbox& inbox, ModelMember& m) { Fetch(inbox, m); });
        } else if (dice < 74) {
            WithMember([&](ModelInbox& inbox, ModelMember& m) { Ack(inbox, m); });
        } else if (dice < 79) {
            WithMember([&](ModelInbox& inbox, ModelMember& m) { Nack(inbox, m); });
        } else if (dice < 84) {
            Leave();
        } else if (dice < 87) {
            Expire();
        } else if (dice < 89) {
            Reset();
        } else if (dice < 90) {
            DeleteTopic();
        } else if (dice < 93) {
            bus_.Settle();
            EXPECT_TRUE(bus_.topics->Checkpoint().ok());
        } else if (dice < 94) {
            EXPECT_TRUE(bus_.topics->Clean().ok());
        } else if (dice < 97) {
            Restart();
        } else {
            bus_.Settle();
        }
    }

    std::string TopicName() { return StrCat("t.", random_.Below(kTopics)); }

    void Publish() {
        const std::string topic = TopicName();
        const size_t count = 1 + random_.Below(3);
        std::vector<std::string> payloads, keys, ids;
        for (size_t i = 0; i < count; ++i) {
            payloads.push_back(StrCat("m", ++made_));
            keys.push_back(random_.Chance(1, 3) ? "" : StrCat("k", random_.Below(3)));
            ids.push_back(random_.Chance(1, 2) ? "" : payloads.back());
        }
        std::vector<NewMessage> messages(count);
        for (size_t i = 0; i < count; ++i) {
            messages[i].payload = payloads[i];
            messages[i].key = keys[i];
            messages[i].id = ids[i];
        }
        const auto sent = bus_.Send(topic, messages);
        const auto repeated = random_.Chance(1, 4) ? bus_.Send(topic, messages) : nullptr;
        if (random_.Chance(1, 8)) {
            // Unanswered when the power goes: stored whole or not at all.
            for (size_t i = 0; i < count; ++i) maybe_[topic].insert(payloads[i]);
            return Crash();
        }
        bus_.Settle();
        ASSERT_TRUE(sent->done && sent->status.ok()) << sent->status;
        std::vector<Known>& known = topics_[topic];
        for (size_t i = 0; i < count; ++i) {
            EXPECT_FALSE(sent->results[i].duplicate);
            known.push_back({sent->results[i].sequence.value(), payloads[i], keys[i]});
        }
        if (repeated == nullptr) return;
        ASSERT_TRUE(repeated->done && repeated->status.ok());
        for (size_t i = 0; i < count; ++i) {
            EXPECT_EQ(repeated->results[i].duplicate, !ids[i].empty());
            if (!ids[i].empty()) {
                EXPECT_EQ(repeated->results[i].sequence, sent->results[i].sequence);
            } else {
                known.push_back({repeated->results[i].sequence.value(), payloads[i], keys[i]});
            }
        }
    }

    void Join() {
        ModelInbox& inbox = inboxes_[random_.Below(kInboxes)];
        if (inbox.members.size() >= 3) return;
        inbox.members[++member_ids_].member = bus_.Join(inbox.name, inbox.config);
    }

    template <typename Do>
    void WithMember(Do&& action) {
        ModelInbox& inbox = inboxes_[random_.Below(kInboxes)];
        if (inbox.members.empty()) return Join();
        auto at = inbox.members.begin();
        std::advance(at, random_.Below(inbox.members.size()));
        action(inbox, at->second);
    }

    void Fetch(ModelInbox& inbox, ModelMember& m) {
        std::vector<Delivery> out;
        const Status status = m.member->Fetch({1 + random_.Below(6), 1 << 20}, &out);
        ASSERT_TRUE(status.ok()) << status;
        for (const Delivery& d : out) Delivered(inbox, m, d);
        size_t in_flight = 0;
        for (const auto& [id, member] : inbox.members) in_flight += member.out.size();
        EXPECT_LE(in_flight, inbox.config.max_in_flight);
    }

    void Delivered(ModelInbox& inbox, ModelMember& m, const Delivery& d) {
        const uint64_t sequence = d.message.sequence.value();
        EXPECT_FALSE(inbox.confirmed.count(sequence))
            << inbox.name << ": " << sequence << " came after its confirmed ack";
        EXPECT_GE(d.attempt, 1u);
        for (const auto& [id, member] : inbox.members) {
            EXPECT_FALSE(member.out.count(sequence)) << sequence << " is out twice";
        }
        const std::string topic(d.message.topic);
        const std::string key = d.message.key.empty() ? "" : StrCat(topic, "/", d.message.key);
        if (!key.empty()) {
            for (const Known& known : topics_[topic]) {
                if (known.key != d.message.key || known.sequence >= sequence) continue;
                if (inbox.asked.count(known.sequence) || m.out.count(known.sequence)) continue;
                if (inbox.config.max_deliveries > 0) continue;  // may be a dead letter by now
                ADD_FAILURE() << inbox.name << ": " << sequence << " of key " << key << " before "
                              << known.sequence;
            }
        }
        inbox.delivered.insert(sequence);
        m.out[sequence] = key;
    }

    void Ack(ModelInbox& inbox, ModelMember& m) {
        std::vector<Sequence> some;
        for (const auto& [sequence, key] : m.out) {
            if (random_.Chance(1, 2)) some.push_back(Sequence(sequence));
        }
        if (some.empty()) return;
        auto answer = std::make_shared<Status>(StatusCode::kUnknown, "");
        m.member->Ack(some, [answer](const Status& s) { *answer = s; });
        for (const Sequence s : some) {
            m.out.erase(s.value());
            inbox.asked.insert(s.value());
        }
        if (random_.Chance(1, 8)) return Crash();
        bus_.Settle();
        // A topic may have been deleted meanwhile; nothing else makes an ack fail here.
        EXPECT_TRUE(answer->ok()) << *answer;
        for (const Sequence s : some) inbox.confirmed.insert(s.value());
    }

    void TakeBack(ModelMember& m, uint64_t sequence) {
        const std::string key = m.out[sequence];
        m.out.erase(sequence);
        if (key.empty()) return;
        std::erase_if(m.out, [&](const auto& o) { return o.first > sequence && o.second == key; });
    }

    void Nack(ModelInbox&, ModelMember& m) {
        if (m.out.empty()) return;
        auto at = m.out.begin();
        std::advance(at, random_.Below(m.out.size()));
        const uint64_t sequence = at->first;
        const int64_t delay = random_.Chance(1, 2) ? 0 : 1000;
        const Status status = m.member->Nack(Sequence(sequence), delay);
        EXPECT_TRUE(status.ok()) << status;
        TakeBack(m, sequence);
        if (delay > 0) bus_.RunFor(delay + 1);
        bus_.Settle();
    }

    void Leave() {
        ModelInbox& inbox = inboxes_[random_.Below(kInboxes)];
        if (inbox.members.empty()) return;
        inbox.members.erase(inbox.members.begin());
        bus_.Settle();
    }

    void Expire() {
        bus_.RunFor(2 * kAckWaitDefaultUs);
        for (ModelInbox& inbox : inboxes_) {
            for (auto& [id, m] : inbox.members) m.out.clear();
        }
    }

    void Reset() {
        ModelInbox& inbox = inboxes_[random_.Below(kInboxes)];
        const auto reset = bus_.topics->ResetInbox(inbox.name, {Start::Kind::kOldest, {}, 0});
        if (!reset.ok()) {
            EXPECT_EQ(ReasonOf(reset.status()), "INBOX_NOT_FOUND");
            return;
        }
        inbox.confirmed.clear();
        inbox.asked.clear();
        inbox.delivered.clear();
        for (auto& [id, m] : inbox.members) m.out.clear();
    }

    void DeleteTopic() {
        const std::string topic = TopicName();
        if (!bus_.topics->DeleteTopic(topic, topic).ok()) return;
        for (const Known& known : topics_[topic]) gone_.insert(known.sequence);
        topics_[topic].clear();
        maybe_[topic].clear();
        for (ModelInbox& inbox : inboxes_) {
            for (auto& [id, m] : inbox.members) m.out.clear();
        }
        // Acks of what was in flight there would be refused or not: begin anew.
        bus_.RunFor(2 * kAckWaitDefaultUs);
    }

    void DropMembers() {
        for (ModelInbox& inbox : inboxes_) inbox.members.clear();
    }

    void Restart() {
        bus_.Settle();
        DropMembers();
        bus_.Settle();
        if (random_.Chance(1, 2)) {
            CompareWithFullReplay();
        } else {
            bus_.Restart();
        }
        CheckTopics();
    }

    void CompareWithFullReplay() {
        bus_.topics.reset();
        bus_.executor.DropAll();
        const auto other_fs = bus_.memory.Clone();
        (void)other_fs->Remove("db/topics.checkpoint");
        (void)other_fs->Remove("db/topics.checkpoint.previous");
        bus_.OpenAgain();
        auto other = Topics::Open(*other_fs, bus_.options, bus_.executor, bus_.clock());
        // Cleaning may have removed what a full replay needs: then it must say so.
        if (!other.ok()) {
            EXPECT_EQ(ReasonOf(other.status()), "CHECKPOINT_DAMAGED") << other.status();
            return;
        }
        EXPECT_EQ(Describe(*bus_.topics), Describe(**other));
        (*other)->Close();
    }

    static std::string Describe(Topics& topics) {
        std::string out;
        const std::vector<TopicInfo> list = topics.ListTopics({}).value();
        for (const TopicInfo& t : list) {
            StrAppend(out, t.name, " ", t.id.value(), " ", t.messages, " ", t.bytes, " ",
                      t.first.value(), " ", t.last.value(), " ", t.inboxes, "\n");
        }
        const std::vector<InboxInfo> inboxes = topics.ListInboxes({}).value();
        for (const InboxInfo& i : inboxes) {
            StrAppend(out, i.name, " ", i.ack_floor.value(), " ", i.pending, "\n");
        }
        return out;
    }

    void Crash() {
        bus_.PowerOff();
        DropMembers();
        bus_.PowerOn(random_.Next());
        CheckTopics();
    }

    // What was acknowledged is there, once and in order; the rest only if it was sent.
    void CheckTopics() {
        for (auto& [topic, known] : topics_) {
            const auto read = FetchAll(*bus_.Read(topic));
            std::vector<Known> found;
            size_t next = 0;
            for (const Message& m : read) {
                found.push_back({m.sequence.value(), std::string(m.payload), std::string(m.key)});
                if (next < known.size() && known[next].sequence == m.sequence.value()) {
                    EXPECT_EQ(known[next].payload, m.payload);
                    ++next;
                } else {
                    EXPECT_TRUE(maybe_[topic].count(std::string(m.payload))) << m.payload;
                }
            }
            EXPECT_EQ(next, known.size())
                << topic << ": an acknowledged message is missing: " << List(known)
                << "; there is: " << List(found);
            known = std::move(found);
        }
    }

    static std::string List(const std::vector<Known>& list) {
        std::string out;
        for (const Known& k : list) StrAppend(out, k.sequence, ":", k.payload, " ");
        return out;
    }

    void Drain() {
        DropMembers();
        bus_.Settle();
        CheckTopics();
        for (ModelInbox& inbox : inboxes_) {
            inbox.members[++member_ids_].member = bus_.Join(inbox.name, inbox.config);
            ModelMember& m = inbox.members.begin()->second;
            for (int empty = 0; empty < 3;) {
                std::vector<Delivery> out;
                ASSERT_TRUE(m.member->Fetch({}, &out).ok());
                std::vector<Sequence> all;
                for (const Delivery& d : out) {
                    Delivered(inbox, m, d);
                    all.push_back(d.message.sequence);
                }
                m.member->Ack(all, [](const Status& s) { EXPECT_TRUE(s.ok()) << s; });
                for (const Sequence s : all) {
                    m.out.erase(s.value());
                    inbox.asked.insert(s.value());
                }
                bus_.RunFor(2 * kAckWaitDefaultUs);
                empty = out.empty() ? empty + 1 : 0;
            }
            std::set<std::string> dead;
            if (inbox.config.max_deliveries > 0) {
                for (const Message& d : FetchAll(*bus_.Read(StrCat(inbox.name, ".dead")))) {
                    dead.insert(std::string(d.payload));
                }
            }
            for (auto& [topic, known] : topics_) {
                if (!Matches(inbox.config.patterns[0], topic)) continue;
                for (const Known& k : known) {
                    EXPECT_TRUE(inbox.asked.count(k.sequence) || dead.count(k.payload))
                        << inbox.name << ": " << k.sequence << " was never acked";
                }
            }
            EXPECT_EQ(bus_.topics->GetInbox(inbox.name)->pending, 0u);
        }
    }

    static bool Matches(const std::string& pattern, const std::string& topic) {
        return pattern == "t.*" || pattern == topic;
    }

    Random random_;
    TestBus bus_;
    std::map<std::string, std::vector<Known>> topics_;
    std::map<std::string, std::set<std::string>> maybe_;
    std::set<uint64_t> gone_;
    ModelInbox inboxes_[kInboxes];
    int made_ = 0;
    int member_ids_ = 0;
};

TEST(ModelTest, RandomOperations) {
    uint64_t first = 1, last = 150;
    if (const char* seed = std::getenv("BLASTY_MODEL_SEED")) {
        first = last = std::strtoull(seed, nullptr, 10);
    }
    for (uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE(StrCat("BLASTY_MODEL_SEED=", seed));
        Model(seed).Run(150);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::topics
