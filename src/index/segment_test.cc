// Segments: what was put in comes out, from builders and from merges; damage is noticed.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>

#include "index/internal/segment_merger.h"
#include "index/internal/test_corpus.h"

namespace blasty::index::internal {
namespace {

using Positions = std::vector<uint32_t>;
// Term -> document -> positions.
using Lists = std::map<std::string, std::map<uint32_t, Positions>>;

Lists ListsOf(const std::vector<TestDocument>& documents) {
    Lists lists;
    for (uint32_t doc = 0; doc < documents.size(); ++doc) {
        const auto& words = documents[doc].words;
        for (uint32_t i = 0; i < words.size(); ++i) lists[words[i]][doc].push_back(i);
    }
    return lists;
}

Lists ListsOf(const Segment& segment) {
    Lists lists;
    const SegmentField* field = segment.Field("body");
    if (field == nullptr || field->dictionary() == nullptr) return lists;
    TermCursor cursor(*field->dictionary());
    for (bool more = cursor.First(); more; more = cursor.Next()) {
        TermMeta meta;
        EXPECT_TRUE(cursor.Meta(&meta));
        Postings list = field->List(meta);
        while (list.Next() != kEnd) {
            Positions positions;
            list.Positions(&positions);
            EXPECT_EQ(positions.size(), list.occurrences());
            lists[std::string(cursor.term())][list.doc()] = positions;
        }
        EXPECT_FALSE(list.damaged());
    }
    return lists;
}

void ExpectSame(const Segment& segment, const std::vector<TestDocument>& documents) {
    ASSERT_EQ(segment.documents(), documents.size());
    EXPECT_EQ(ListsOf(segment), ListsOf(documents));
    for (uint32_t doc = 0; doc < documents.size(); ++doc) {
        EXPECT_EQ(segment.Key(doc), documents[doc].key);
        EXPECT_EQ(segment.Find(documents[doc].key), doc);
        const LengthColumn* lengths = segment.Field("body")->lengths();
        ASSERT_NE(lengths, nullptr);
        EXPECT_EQ((*lengths)[doc], documents[doc].words.size());
        const SegmentField& tag = *segment.Field("tag");
        std::vector<std::string> tags;
        TermCursor terms(*tag.dictionary());
        const ColumnShape& shape = tag.ordinals()->shape();
        for (uint32_t i = shape.begin(doc); i < shape.end(doc); ++i) {
            ASSERT_TRUE(terms.SeekOrdinal(tag.ordinals()->Value(i)));
            tags.emplace_back(terms.term());
        }
        EXPECT_EQ(tags, documents[doc].tags);
        const NumberColumn& numbers = *segment.Field("size")->numbers();
        ASSERT_EQ(numbers.shape().Has(doc), !documents[doc].numbers.empty());
        if (numbers.shape().Has(doc)) {
            EXPECT_EQ(numbers.Value(numbers.shape().begin(doc)), documents[doc].numbers[0]);
        }
        const PointColumn& points = *segment.Field("place")->points();
        ASSERT_EQ(points.shape().Has(doc), !documents[doc].points.empty());
        if (points.shape().Has(doc)) {
            const Point point = points.Value(points.shape().begin(doc));
            EXPECT_NEAR(point.latitude, documents[doc].points[0].latitude, 1e-7);
            EXPECT_NEAR(point.longitude, documents[doc].points[0].longitude, 1e-7);
        }
    }
    EXPECT_EQ(segment.Find("nobody"), kEnd);
    EXPECT_FALSE(segment.damaged());
}

std::vector<TestDocument> RandomDocuments(std::mt19937& random, uint32_t count,
                                          const std::string& prefix) {
    std::vector<TestDocument> documents;
    for (uint32_t i = 0; i < count; ++i)
        documents.push_back(RandomDocument(random, prefix + std::to_string(i)));
    return documents;
}

TEST(SegmentTest, HoldsWhatWasPutIn) {
    std::mt19937 random(1);
    for (const uint32_t count : {0u, 1u, 2u, 127u, 128u, 129u, 1000u, 5000u}) {
        SCOPED_TRACE(count);
        const auto documents = RandomDocuments(random, count, "key");
        const SegmentPtr segment = BuildSegment(documents);
        ASSERT_NE(segment, nullptr);
        ExpectSame(*segment, documents);
    }
}

TEST(SegmentTest, ListsAdvanceLikeTheyStep) {
    std::mt19937 random(2);
    const auto documents = RandomDocuments(random, 20'000, "k");
    const SegmentPtr segment = BuildSegment(documents);
    ASSERT_NE(segment, nullptr);
    const SegmentField& field = *segment->Field("body");
    for (const auto& [word, list] : ListsOf(documents)) {
        TermMeta meta;
        ASSERT_TRUE(field.dictionary()->Find(word, &meta));
        ASSERT_EQ(meta.documents, list.size());
        Postings postings = field.List(meta);
        uint32_t target = 0;
        while (true) {
            target += random() % (random() % 3 == 0 ? 3000 : 20);
            const auto expected = list.lower_bound(target);
            if (postings.HasImpacts()) {
                const uint32_t last = postings.ShallowAdvance(target);
                if (expected == list.end()) {
                    EXPECT_EQ(last, kEnd);
                } else {
                    EXPECT_GE(last, expected->first);
                }
            }
            const uint32_t doc = postings.Advance(target);
            if (expected == list.end()) {
                ASSERT_EQ(doc, kEnd);
                break;
            }
            ASSERT_EQ(doc, expected->first);
            ASSERT_EQ(postings.occurrences(), expected->second.size());
            Positions positions;
            postings.Positions(&positions);
            ASSERT_EQ(positions, expected->second);
            target = doc + (random() % 2);
        }
        ASSERT_FALSE(postings.damaged());
    }
}

// Blocks promise at least what their documents can score, whatever the average length.
TEST(SegmentTest, ImpactsBoundTheirBlocks) {
    std::mt19937 random(3);
    const auto documents = RandomDocuments(random, 20'000, "k");
    const SegmentPtr segment = BuildSegment(documents);
    const SegmentField& field = *segment->Field("body");
    TermMeta meta;
    ASSERT_TRUE(field.dictionary()->Find("w0", &meta));
    Postings postings = field.List(meta), blocks = field.List(meta);
    ASSERT_TRUE(postings.HasImpacts());
    while (postings.Next() != kEnd) {
        ASSERT_NE(blocks.ShallowAdvance(postings.doc()), kEnd);
        const uint32_t count = postings.occurrences();
        const uint32_t length = (*field.lengths())[postings.doc()];
        for (const Impact impact : {blocks.shallow_impact(), blocks.list_impact()}) {
            EXPECT_GE(impact.occurrences, std::min<uint32_t>(count, 255));
            EXPECT_LE(impact.ratio, length * 16 / count);
        }
    }
}

TEST(SegmentTest, LongAndOddTerms) {
    std::vector<TestDocument> documents;
    std::vector<std::string> words = {"",
                                      std::string(1, '\0'),
                                      std::string("a\0", 2),
                                      "a",
                                      "aaaaaaaa",
                                      "aaaaaaaab",
                                      "\xff",
                                      "ünïcödé",
                                      std::string(5000, 'x'),
                                      "aaaaaaa"};
    for (const std::string& word : words)
        documents.push_back({.key = "k" + word, .words = {word, "both"}});
    const SegmentPtr segment = BuildSegment(documents);
    ASSERT_NE(segment, nullptr);
    EXPECT_EQ(ListsOf(*segment), ListsOf(documents));
    TermMeta meta;
    for (const std::string& word : words)
        EXPECT_TRUE(segment->Field("body")->dictionary()->Find(word, &meta)) << word;
    EXPECT_FALSE(segment->Field("body")->dictionary()->Find("aaa", &meta));
    EXPECT_FALSE(segment->Field("body")->dictionary()->Find("zzz", &meta));
}

struct MergeCase {
    std::vector<MergeSource> sources;
    std::vector<TestDocument> left;
};

TEST(SegmentTest, MergesAreTheDocumentsThatStay) {
    for (uint32_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        MergeCase it;
        for (uint32_t i = 0; i < 1 + random() % 5; ++i) {
            const auto documents =
                RandomDocuments(random, random() % 600, "s" + std::to_string(i) + "-");
            MergeSource source{.segment = BuildSegment(documents)};
            if (random() % 2 == 0) {
                source.deleted.resize(documents.size() / 64 + 1);
                for (uint32_t doc = 0; doc < documents.size(); ++doc) {
                    if (random() % 3 == 0) source.deleted[doc / 64] |= uint64_t{1} << (doc % 64);
                }
            }
            for (uint32_t doc = 0; doc < documents.size(); ++doc) {
                if (!Has(source.deleted, doc)) it.left.push_back(documents[doc]);
            }
            it.sources.push_back(std::move(source));
        }
        SegmentSink sink;
        const std::atomic<bool> cancelled{false};
        const auto numbers = Merge(it.sources, sink, cancelled);
        ASSERT_TRUE(numbers.ok()) << numbers.status();
        auto bytes = SegmentBytes::Open(sink.TakeBytes(), false);
        ASSERT_TRUE(bytes.ok()) << bytes.status();
        const auto merged = Segment::Open(*std::move(bytes));
        ASSERT_TRUE(merged.ok()) << merged.status();
        ExpectSame(**merged, it.left);
        const std::atomic<bool> stop{true};
        SegmentSink other;
        EXPECT_EQ(Merge(it.sources, other, stop).status().code(), StatusCode::kCancelled);
    }
}

// How many living documents hold a term is known whatever was deleted and merged when.
TEST(SegmentTest, CorrectionsKeepTheNumberOfLivingDocuments) {
    std::mt19937 random(7);
    std::map<std::string, TestDocument> living;
    std::vector<MergeSource> segments;
    for (int round = 0; round < 60; ++round) {
        SegmentBuilder builder(TestFields());
        for (int i = 0; i < 5; ++i) {
            const std::string key = "k" + std::to_string(random() % 60);
            const auto old = living.find(key);
            if (old != living.end()) {
                bool found = false;
                for (MergeSource& source : segments) {
                    const uint32_t doc = source.segment->Find(key);
                    if (doc == kEnd || Has(source.deleted, doc)) continue;
                    source.deleted.resize(source.segment->documents() / 64 + 1);
                    source.deleted[doc / 64] |= uint64_t{1} << (doc % 64);
                    found = true;
                }
                if (!found) continue;  // made in this very round
                builder.BeginRemoved();
                AddValues(builder, old->second);
            }
            living[key] = RandomDocument(random, key, 40);
            builder.Begin(key);
            AddValues(builder, living[key]);
        }
        segments.push_back({.segment = BuildSegment(builder)});
        if (random() % 3 == 0 && segments.size() > 2) {
            const size_t first = random() % (segments.size() - 1);
            const size_t count = 2 + random() % (segments.size() - first - 1);
            const std::vector<MergeSource> sources(
                segments.begin() + static_cast<ptrdiff_t>(first),
                segments.begin() + static_cast<ptrdiff_t>(first + count));
            SegmentSink sink;
            ASSERT_TRUE(Merge(sources, sink, std::atomic<bool>(false)).ok());
            auto bytes = SegmentBytes::Open(sink.TakeBytes(), false);
            segments.erase(segments.begin() + static_cast<ptrdiff_t>(first) + 1,
                           segments.begin() + static_cast<ptrdiff_t>(first + count));
            segments[first] = {.segment = *Segment::Open(*std::move(bytes))};
        }
        std::map<std::string, int64_t> expected, counted;
        for (const auto& [key, document] : living) {
            for (const auto& word :
                 std::set<std::string>(document.words.begin(), document.words.end()))
                ++expected[word];
        }
        for (const MergeSource& source : segments) {
            TermCursor cursor(*source.segment->Field("body")->dictionary());
            for (bool more = cursor.First(); more; more = cursor.Next()) {
                TermMeta meta;
                ASSERT_TRUE(cursor.Meta(&meta));
                counted[std::string(cursor.term())] += meta.documents + meta.correction;
            }
        }
        std::erase_if(counted, [](const auto& item) { return item.second == 0; });
        ASSERT_EQ(counted, expected) << round;
    }
}

TEST(SegmentTest, EveryChangedByteIsNoticedOrMeansNothing) {
    std::mt19937 random(4);
    const auto documents = RandomDocuments(random, 300, "k");
    std::string bytes;
    ASSERT_NE(BuildSegment(documents, &bytes), nullptr);
    for (int i = 0; i < 300; ++i) {
        std::string changed = bytes;
        const size_t at =
            i < 40 ? changed.size() - 1 - static_cast<size_t>(i) : random() % changed.size();
        changed[at] = static_cast<char>(changed[at] ^ (1 << random() % 8));
        auto opened = SegmentBytes::Open(std::move(changed), false);
        if (!opened.ok()) {
            EXPECT_EQ(ReasonOf(opened.status()), "SEGMENT_DAMAGED");
            continue;
        }
        const auto segment = Segment::Open(*std::move(opened));
        if (!segment.ok()) continue;
        ListsOf(**segment);
        EXPECT_TRUE((*segment)->damaged()) << "byte " << at;
    }
    for (size_t size = 0; size < bytes.size(); size += 97)
        EXPECT_FALSE(SegmentBytes::Open(bytes.substr(0, size), false).ok());
}

TEST(SegmentTest, TermsOutOfOrderAreNotMerged) {
    std::string bytes;
    ASSERT_NE(BuildSegment({{.key = "k", .words = {"aa", "bb"}}}, &bytes), nullptr);
    const size_t at = bytes.find(
        "\x02"
        "bb");
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, 3,
                  "\x02"
                  "a0");
    auto opened = SegmentBytes::Open(std::move(bytes), true);
    ASSERT_TRUE(opened.ok());
    const auto segment = Segment::Open(*std::move(opened));
    ASSERT_TRUE(segment.ok());
    SegmentSink sink;
    const std::atomic<bool> never{false};
    EXPECT_EQ(ReasonOf(Merge({{.segment = *segment}}, sink, never).status()), "SEGMENT_DAMAGED");
}

// As a fuzzer would: bytes that checksums do not guard must not lead outside.
TEST(SegmentTest, UncheckedDamageIsSurvived) {
    std::mt19937 random(5);
    const auto documents = RandomDocuments(random, 400, "k");
    std::string bytes;
    ASSERT_NE(BuildSegment(documents, &bytes), nullptr);
    for (int i = 0; i < 400; ++i) {
        std::string changed = bytes;
        for (uint32_t n = 1 + random() % 8; n > 0; --n)
            changed[random() % (changed.size() * 9 / 10)] = static_cast<char>(random());
        auto opened = SegmentBytes::Open(std::move(changed), true);
        if (!opened.ok()) continue;
        const auto segment = Segment::Open(*std::move(opened));
        if (!segment.ok()) continue;
        for (const auto& field : (*segment)->fields()) {
            if (field->dictionary() == nullptr) continue;
            TermCursor cursor(*field->dictionary());
            for (bool more = cursor.First(); more; more = cursor.Next()) {
                TermMeta meta;
                if (!cursor.Meta(&meta)) break;
                Postings list = field->List(meta);
                std::vector<uint32_t> positions;
                while (list.Next() != kEnd && !list.damaged()) {
                    EXPECT_LT(list.doc(), (*segment)->documents());
                    if (list.occurrences() < 100) list.Positions(&positions);
                }
            }
        }
        for (uint32_t doc = 0; doc < (*segment)->documents(); ++doc) (*segment)->Key(doc);
    }
}

}  // namespace
}  // namespace blasty::index::internal
