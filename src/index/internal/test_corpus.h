// Random documents for tests, and the same documents as plain maps to compare with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "index/document_sink.h"
#include "index/fields.h"
#include "index/internal/segment.h"
#include "index/internal/segment_builder.h"

namespace blasty::index::internal {

struct TestDocument {
    std::string key = {};
    std::vector<std::string> words = {};  // of the field "body", at positions 0, 1, …
    std::vector<std::string> tags = {};   // of "tag", each once
    std::vector<double> numbers = {};     // of "size"
    std::vector<Point> points = {};       // of "place"
};

inline const std::vector<FieldInfo>& TestFields() {
    static const auto* const fields = new std::vector<FieldInfo>{
        {.name = "body", .kind = FieldKind::kText},
        {.name = "tag", .kind = FieldKind::kKeyword},
        {.name = "size", .kind = FieldKind::kNumber},
        {.name = "place", .kind = FieldKind::kPoint},
    };
    return *fields;
}

// Words w0, w1, … of which small numbers are frequent.
inline std::string RandomWord(std::mt19937& random, uint32_t vocabulary) {
    const double u = std::uniform_real_distribution<double>(0, 1)(random);
    return "w" + std::to_string(static_cast<uint32_t>(u * u * u * vocabulary));
}

inline TestDocument RandomDocument(std::mt19937& random, std::string key,
                                   uint32_t vocabulary = 300) {
    TestDocument document{.key = std::move(key)};
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    for (uint32_t i = below(30); i > 0; --i)
        document.words.push_back(RandomWord(random, vocabulary));
    for (uint32_t i = below(4); i > 1; --i) {
        const std::string tag = "tag" + std::to_string(below(20));
        if (std::find(document.tags.begin(), document.tags.end(), tag) == document.tags.end())
            document.tags.push_back(tag);
    }
    if (below(4) != 0) document.numbers.push_back(static_cast<double>(below(1000)) - 200);
    if (below(3) != 0) {
        document.points.push_back(
            {.latitude = below(1800) / 10.0 - 90, .longitude = below(3600) / 10.0 - 180});
    }
    return document;
}

inline void FillDocument(DocumentSink& sink, const TestDocument& document) {
    for (size_t i = 0; i < document.words.size(); ++i)
        sink.AddToken(0, document.words[i], static_cast<uint32_t>(i));
    for (const std::string& tag : document.tags) sink.AddKeyword(1, tag);
    for (const double number : document.numbers) sink.AddNumber(2, number);
    for (const Point& point : document.points) sink.AddPoint(3, point);
}

inline void AddValues(SegmentBuilder& builder, const TestDocument& document) {
    for (size_t i = 0; i < document.words.size(); ++i)
        builder.AddToken(0, document.words[i], static_cast<uint32_t>(i));
    for (const std::string& tag : document.tags) builder.AddKeyword(1, tag);
    for (const double number : document.numbers) builder.AddNumber(2, number);
    for (const Point& point : document.points) builder.AddPoint(3, point);
    builder.End();
}

inline SegmentPtr BuildSegment(SegmentBuilder& builder, std::string* bytes = nullptr) {
    SegmentSink sink;
    const Status finished = builder.Finish(sink);
    std::string made = sink.TakeBytes();
    if (bytes != nullptr) *bytes = made;
    auto opened = SegmentBytes::Open(std::move(made), false);
    if (!finished.ok() || !opened.ok()) return nullptr;
    auto segment = Segment::Open(*std::move(opened));
    return segment.ok() ? *segment : nullptr;
}

inline SegmentPtr BuildSegment(const std::vector<TestDocument>& documents,
                               std::string* bytes = nullptr) {
    SegmentBuilder builder(TestFields());
    for (const TestDocument& document : documents) {
        builder.Begin(document.key);
        AddValues(builder, document);
    }
    return BuildSegment(builder, bytes);
}

}  // namespace blasty::index::internal
