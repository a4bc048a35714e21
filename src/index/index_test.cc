// An index through changes, merges, flushes, restarts, power cuts and damage.
#include "index/index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "index/internal/manifest.h"
#include "index/internal/test_index.h"
#include "index/search.h"

namespace blasty::index::internal {
namespace {

std::set<std::string> KeysOf(const Snapshot& snapshot) {
    const auto result = Search(snapshot, {.query = MakeQuery(AllQuery()), .size = 10'000});
    std::set<std::string> keys;
    if (!result.ok()) return keys;
    for (const Hit& hit : result->hits) keys.insert(hit.key);
    EXPECT_EQ(keys.size(), snapshot.documents);
    return keys;
}

std::set<std::string> KeysOf(const std::map<std::string, TestDocument>& documents) {
    std::set<std::string> keys;
    for (const auto& [key, document] : documents) keys.insert(key);
    return keys;
}

void ExpectTotals(const Snapshot& snapshot, const std::map<std::string, TestDocument>& documents) {
    uint64_t tokens = 0, with_body = 0, with_tag = 0;
    for (const auto& [key, document] : documents) {
        tokens += document.words.size();
        with_body += document.words.empty() ? 0 : 1;
        with_tag += document.tags.empty() ? 0 : 1;
    }
    if (documents.empty()) return;
    EXPECT_EQ(snapshot.Field("body")->tokens, tokens);
    EXPECT_EQ(snapshot.Field("body")->documents_with, with_body);
    EXPECT_EQ(snapshot.Field("tag")->documents_with, with_tag);
}

TEST(IndexTest, HoldsTheLastVersionOfEveryDocument) {
    std::mt19937 random(1);
    TestIndex index;
    for (int round = 0; round < 120; ++round) {
        index.ChangeSome(random, random() % 20, 120);
        if (random() % 5 == 0) index.Maintain();
        if (random() % 9 == 0) index.Flush();
        ASSERT_EQ(KeysOf(*index.snapshot()), KeysOf(index.documents())) << round;
        ExpectTotals(*index.snapshot(), index.documents());
        EXPECT_EQ(index.snapshot()->sequence, Sequence(index.sequence()));
    }
    index.Maintain();
    EXPECT_LT(index.snapshot()->segments.size(), 20u);
}

TEST(IndexTest, SnapshotsStayAsTheyWere) {
    std::mt19937 random(2);
    TestIndex index;
    std::vector<std::pair<SnapshotPtr, std::set<std::string>>> kept;
    for (int round = 0; round < 40; ++round) {
        index.ChangeSome(random, 30, 100);
        kept.emplace_back(index.snapshot(), KeysOf(index.documents()));
        if (round % 7 == 0) index.Flush();
        index.Maintain();
    }
    for (const auto& [snapshot, keys] : kept) ASSERT_EQ(KeysOf(*snapshot), keys);
}

TEST(IndexTest, ComesBackAtItsCheckpoint) {
    std::mt19937 random(3);
    TestIndex index;
    for (int round = 0; round < 20; ++round) {
        index.ChangeSome(random, 40, 200);
        index.Flush();
        const auto documents = index.documents();
        const uint64_t sequence = index.sequence();
        index.ChangeSome(random, 40, 200);
        if (round % 2 == 0) index.Maintain();
        index.Open();
        EXPECT_EQ(index.snapshot()->sequence, Sequence(sequence));
        EXPECT_EQ(KeysOf(*index.snapshot()), KeysOf(documents));
        ExpectTotals(*index.snapshot(), documents);
        index.documents() = documents;
        index.set_sequence(sequence);
    }
    // No file is left that nothing needs.
    size_t files = 0;
    const auto entries = index.fs().List("index");
    ASSERT_TRUE(entries.ok());
    for (const auto& entry : *entries) files += SegmentIdOf(entry.name) != 0 ? 1 : 0;
    EXPECT_LE(files, index.snapshot()->segments.size());
}

TEST(IndexTest, PowerCutsLeaveACheckpointOrTheOneBefore) {
    for (uint32_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        TestIndex index;
        std::map<uint64_t, std::set<std::string>> at;
        at[0] = {};
        for (uint32_t round = 0; round < 1 + random() % 6; ++round) {
            index.ChangeSome(random, 30, 100);
            at[index.sequence()] = KeysOf(index.documents());
            if (random() % 2 == 0) index.Maintain();
            if (random() % 2 == 0) index.Flush();
        }
        const Sequence checkpoint = index.index().stats().checkpoint;
        index.fs().Crash(io::CrashMode::kMix, seed);
        index.Open();
        EXPECT_EQ(index.snapshot()->sequence, checkpoint);
        EXPECT_EQ(KeysOf(*index.snapshot()), at[checkpoint.value()]);
    }
}

TEST(IndexTest, DamageIsNoticed) {
    std::mt19937 random(4);
    TestIndex index;
    for (int i = 0; i < 3; ++i) {
        index.ChangeSome(random, 100, 300);
        index.Flush();
    }
    const auto entries = index.fs().List("index");
    ASSERT_TRUE(entries.ok());
    for (const auto& entry : *entries) {
        const std::string path = "index/" + entry.name;
        const std::string good = *index.fs().Peek(path);
        for (int i = 0; i < 60; ++i) {
            std::string bad = good;
            const size_t at = random() % bad.size();
            bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
            if (i == 0) bad.resize(bad.size() / 2);
            ASSERT_TRUE(index.fs().Poke(path, bad).ok());
            auto opened = Index::Open(index.fs(), index.options());
            if (!opened.ok()) {
                const std::string reason = ReasonOf(opened.status());
                EXPECT_TRUE(reason == "INDEX_DAMAGED" || reason == "INDEX_OUTDATED") << reason;
                continue;
            }
            // Whatever is answered is right, or refused.
            SearchRequest request{.query = MakeQuery(PrefixQuery{.field = "body", .prefix = "w"}),
                                  .size = 1000};
            request.facets.push_back({.name = "t", .field = "tag", .size = 100});
            const auto before = Search(*index.snapshot(), request);
            const auto after = Search(*(*opened)->snapshot(), request);
            ASSERT_TRUE(before.ok());
            if (!after.ok()) {
                EXPECT_EQ(ReasonOf(after.status()), "INDEX_DAMAGED");
                continue;
            }
            EXPECT_EQ(after->total, before->total);
            EXPECT_EQ(after->facets[0].total, before->facets[0].total);
        }
        ASSERT_TRUE(index.fs().Poke(path, good).ok());
    }
    IndexOptions other = index.options();
    other.definition = "another";
    EXPECT_EQ(ReasonOf(Index::Open(index.fs(), other).status()), "INDEX_OUTDATED");
    ASSERT_TRUE(Index::Erase(index.fs(), "index").ok());
    auto fresh = Index::Open(index.fs(), other);
    ASSERT_TRUE(fresh.ok()) << fresh.status();
    EXPECT_EQ((*fresh)->snapshot()->documents, 0u);
}

TEST(IndexTest, ManifestsOfAnyBytesAreSurvived) {
    std::mt19937 random(5);
    Manifest manifest{.definition = "d", .sequence = Sequence(7), .next_id = 9};
    manifest.segments.push_back({.id = 3, .documents = 70, .deleted = {1, 2}});
    const std::string good = EncodeManifest(manifest);
    const auto same = DecodeManifest(good);
    ASSERT_TRUE(same.ok());
    EXPECT_EQ(same->segments[0].deleted, manifest.segments[0].deleted);
    for (size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(DecodeManifest(good.substr(0, size)).ok());
    for (int i = 0; i < 500; ++i) {
        std::string bad = good;
        bad[random() % bad.size()] ^= static_cast<char>(1 + random() % 255);
        EXPECT_FALSE(DecodeManifest(bad).ok());
    }
}

// One thread changes, one maintains, others search.
TEST(IndexTest, Threads) {
    TestIndex index;
    std::atomic<bool> stop{false};
    std::thread maintainer([&] {
        const std::atomic<bool> never{false};
        while (!stop) {
            EXPECT_TRUE(index.index().Maintain(never).ok());
            EXPECT_TRUE(index.index().Checkpoint(never).ok());
        }
    });
    std::vector<std::thread> searchers;
    for (int i = 0; i < 2; ++i) {
        searchers.emplace_back([&] {
            while (!stop) {
                const SnapshotPtr snapshot = index.snapshot();
                const auto all = Search(*snapshot, {.query = MakeQuery(AllQuery()), .size = 1000});
                ASSERT_TRUE(all.ok());
                EXPECT_EQ(all->hits.size(), snapshot->documents);
            }
        });
    }
    std::mt19937 random(6);
    for (int i = 0; i < 150; ++i) index.ChangeSome(random, 25, 300);
    stop = true;
    maintainer.join();
    for (std::thread& searcher : searchers) searcher.join();
    EXPECT_EQ(KeysOf(*index.snapshot()), KeysOf(index.documents()));
}

}  // namespace
}  // namespace blasty::index::internal
