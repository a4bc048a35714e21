#include "cli/search_screen.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/strings.h"
#include "cli/output.h"
#include "client/values.h"

namespace blasty::cli {
namespace {

constexpr int64_t kStart = 1'000'000;

using Strings = std::vector<std::string>;

v1::Subscribe Request(bool all_matches = false) {
    v1::Subscribe request;
    request.mutable_search()->set_index("packages_text");
    request.mutable_search()->set_text("web server");
    request.set_all_matches(all_matches);
    return request;
}

Strings Lines(const std::string& text) {
    Strings lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        while (line.ends_with(' ')) line.pop_back();
        lines.push_back(line);
    }
    return lines;
}

class SearchScreenTest : public testing::Test {
  protected:
    void Apply(v1::Event::Kind kind, const std::string& key = "", int position = -1,
               int64_t size = 0) {
        v1::Event event;
        event.set_kind(kind);
        event.set_sequence(++sequence_);
        if (!key.empty()) *event.mutable_key()->add_values() = client::TextValue(key);
        if (position >= 0) {
            event.set_position(static_cast<uint32_t>(position));
            event.set_score(10.0 / (position + 1));
        }
        if (size > 0) *event.mutable_row()->add_values() = client::IntegerValue(size);
        screen_.Apply(event, kStart);
    }
    void Count(uint64_t total, const std::vector<std::pair<std::string, uint64_t>>& buckets) {
        v1::Event event;
        event.set_kind(v1::Event::COUNTS);
        event.set_total(total);
        v1::Facet& facet = *event.add_facets();
        facet.set_name("section");
        for (const auto& [name, count] : buckets) {
            v1::Facet::Bucket& bucket = *facet.add_buckets();
            bucket.set_name(name);
            bucket.set_count(count);
        }
        facet.set_other(4);
        screen_.Apply(event, kStart);
    }
    Strings Draw(size_t columns = 80, size_t lines = 24) {
        return Lines(screen_.Draw({columns, lines, false}));
    }

    uint64_t sequence_ = 0;
    SearchScreen screen_{Request()};
};

TEST_F(SearchScreenTest, HitsStandWhereTheEventsPutThem) {
    std::vector<v1::Column> columns(1);
    columns[0].set_name("size");
    screen_.SetColumns(columns);
    EXPECT_TRUE(screen_.empty());
    Apply(v1::Event::ROW, "nginx", 0, 12);
    Apply(v1::Event::ROW, "apache2", 1, 7);
    Count(2, {{"httpd", 2}});
    Apply(v1::Event::READY);
    Apply(v1::Event::ENTER, "caddy", 1, 5);
    EXPECT_EQ(Draw(), (Strings{"packages_text: web server", "  KEY      SCORE  size",
                               "  nginx       10    12", "+ caddy        5     5",
                               "  apache2      5     7", "", "section  httpd 2  (others) 4",
                               "#4 · 3 of 2 hits · 1 entered, 0 changed, 0 left · Ctrl-C stops"}));
    EXPECT_FALSE(screen_.changed());
    // The first becomes the last; it is taken out before it is put in.
    Apply(v1::Event::CHANGE, "nginx", 2, 13);
    EXPECT_EQ(screen_.Keys(), (Strings{"caddy", "apache2", "nginx"}));
    EXPECT_EQ(Draw()[4], "~ nginx    3.333    13");
    Apply(v1::Event::LEAVE, "caddy");
    EXPECT_EQ(Draw()[2], "- caddy        5     5");
    EXPECT_EQ(screen_.Keys(), (Strings{"apache2", "nginx"}));
    // Positions count only who is there.
    Apply(v1::Event::ENTER, "lighttpd", 1, 1);
    EXPECT_EQ(screen_.Keys(), (Strings{"apache2", "lighttpd", "nginx"}));
    EXPECT_FALSE(screen_.Expire(kStart + 1));
    EXPECT_TRUE(screen_.Expire(kStart + LiveScreen::kMarkUs));
    EXPECT_EQ(Draw()[2], "  apache2       5     7");
    EXPECT_EQ(Draw().size(), 8u);
    Apply(v1::Event::LEAVE, "unknown");
    EXPECT_EQ(screen_.Keys().size(), 3u);
}

TEST_F(SearchScreenTest, AHitThatComesBackIsThereOnce) {
    Apply(v1::Event::ROW, "a", 0);
    Apply(v1::Event::ROW, "b", 1);
    Apply(v1::Event::READY);
    Apply(v1::Event::LEAVE, "a");
    Apply(v1::Event::ENTER, "a", 1);
    EXPECT_EQ(screen_.Keys(), (Strings{"b", "a"}));
    screen_.Expire(kStart + LiveScreen::kMarkUs);
    EXPECT_EQ(screen_.Keys(), (Strings{"b", "a"}));
}

TEST_F(SearchScreenTest, CountsThatMoveAreMarked) {
    Count(5, {{"web", 3}, {"doc", 2}});
    Apply(v1::Event::READY);
    const ScreenSize coloured{80, 24, true};
    EXPECT_EQ(screen_.Draw(coloured).find("\x1b[33m"), std::string::npos);
    Count(6, {{"web", 4}, {"doc", 2}});
    const std::string drawn = screen_.Draw(coloured);
    EXPECT_NE(drawn.find("\x1b[33mweb 4"), std::string::npos) << drawn;
    EXPECT_EQ(drawn.find("\x1b[33mdoc"), std::string::npos) << drawn;
    EXPECT_NE(drawn.find("0 of 6 hits"), std::string::npos) << drawn;
    EXPECT_TRUE(screen_.Expire(kStart + LiveScreen::kMarkUs));
    EXPECT_EQ(screen_.Draw(coloured).find("\x1b[33m"), std::string::npos);
}

TEST_F(SearchScreenTest, FitsTheWindow) {
    for (int i = 0; i < 50; ++i) {
        v1::Event event;
        event.set_kind(v1::Event::ROW);
        *event.mutable_key()->add_values() = client::TextValue(StrCat("package-", i, "\x1b[2J"));
        event.set_position(static_cast<uint32_t>(i));
        v1::SearchHit::Fragments& fragments = *event.add_fragments();
        fragments.set_field("description");
        fragments.add_texts(std::string(60, 'x') + " \x1b[1;31mweb\x1b[0m " + std::string(60, 'y'));
        screen_.Apply(event, kStart);
    }
    Count(50, {{"web", 3}});
    Apply(v1::Event::READY);
    const Strings lines = Draw(40, 12);
    EXPECT_LE(lines.size(), 12u);
    EXPECT_NE(lines[2].find("package-0\\x1b[2J"), std::string::npos) << lines[2];
    for (const std::string& line : lines) {
        std::string plain = line;
        for (size_t at; (at = plain.find("\x1b[")) != std::string::npos;)
            plain.erase(at, plain.find('m', at) - at + 1);
        EXPECT_LE(DisplayWidth(plain), 40u) << plain;
    }
    for (const size_t size : {1, 2, 3, 5}) EXPECT_LE(Draw(size, size).size(), size);
}

TEST_F(SearchScreenTest, ResetsBeginAnew) {
    Apply(v1::Event::ROW, "a", 0);
    Apply(v1::Event::READY);
    Apply(v1::Event::RESET);
    EXPECT_TRUE(screen_.empty());
    EXPECT_NE(Draw().back().find("loading"), std::string::npos);
    Apply(v1::Event::ROW, "b", 0);
    Apply(v1::Event::READY);
    EXPECT_EQ(screen_.Keys(), Strings{"b"});
}

TEST_F(SearchScreenTest, EndsAsASearchPrintsIt) {
    EXPECT_EQ(screen_.End({}), "");
    Apply(v1::Event::ROW, "nginx", 0);
    Count(7, {{"web", 3}});
    Apply(v1::Event::READY);
    Apply(v1::Event::ENTER, "gone", 0);
    Apply(v1::Event::LEAVE, "gone");
    const std::string end = screen_.End({});
    EXPECT_TRUE(end.starts_with("1. nginx  (10)\n")) << end;
    EXPECT_NE(end.find("  web           3\n"), std::string::npos) << end;
    EXPECT_TRUE(end.ends_with("1 of 7 hits · sequence 4\n")) << end;
}

TEST(SearchScreenAllTest, MarkedOnesGoFirstAmongAllMatches) {
    SearchScreen screen(Request(true));
    v1::Event event;
    for (int i = 0; i < 100; ++i) {
        event.set_kind(v1::Event::ROW);
        event.mutable_key()->Clear();
        *event.mutable_key()->add_values() = client::IntegerValue(i);
        screen.Apply(event, kStart);
    }
    event.set_kind(v1::Event::CHANGE);
    event.mutable_key()->mutable_values(0)->set_integer(77);
    screen.Apply(event, kStart);
    EXPECT_EQ(screen.Keys()[77], "77");
    const Strings lines = Lines(screen.Draw({40, 10, false}));
    EXPECT_EQ(lines[2], "~ 77");
    EXPECT_EQ(lines[3], "  0");
}

}  // namespace
}  // namespace blasty::cli
