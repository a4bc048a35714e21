// The Search service over a real engine in memory, through generated stubs.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "blasty/v1/search.grpc.pb.h"
#include "rpc/internal/limits.h"
#include "rpc/sql_test_server.h"

namespace blasty::rpc {
namespace {

class SearchServiceTest : public testing::Test {
  protected:
    SearchServiceTest() : stub_(v1::Search::NewStub(server_.channel())) {
        server_.Do(
            "CREATE TABLE goods(id INTEGER PRIMARY KEY, title TEXT, colour TEXT, price REAL)");
        server_.Do(
            "INSERT INTO goods VALUES(1, 'Red apple', 'red', 1.5), (2, 'Green apple', 'green', 2), "
            "(3, 'Red brick <heavy>', 'red', 30), (4, 'Blue sky', NULL, NULL)");
        server_.Do(
            "CREATE VIRTUAL TABLE goods_text USING search(goods, title TEXT LANGUAGE english, "
            "colour FACET, price NUMERIC)");
    }

    v1::SearchRequest Ask(const std::string& text) {
        v1::SearchRequest request;
        request.set_index("goods_text");
        request.set_text(text);
        // So that what was written before is found, however slow the machine.
        request.set_fresh(1);
        request.set_timeout_us(30'000'000);
        return request;
    }
    v1::SearchResponse Find(const v1::SearchRequest& request) {
        TestContext context;
        v1::SearchResponse response;
        const grpc::Status status = stub_->Search(&context, request, &response);
        EXPECT_TRUE(status.ok()) << status.error_message();
        return response;
    }
    // The reason word and the message of a refusal.
    std::string Refusal(const v1::SearchRequest& request) {
        TestContext context;
        v1::SearchResponse response;
        const grpc::Status status = stub_->Search(&context, request, &response);
        return status.ok() ? "" : context.Reason() + ": " + status.error_message();
    }
    static std::string Ids(const v1::SearchResponse& response) {
        std::string out;
        for (const v1::SearchHit& hit : response.hits()) out += (out.empty() ? "" : " ") + hit.id();
        return out;
    }

    SqlServer server_;
    std::unique_ptr<v1::Search::Stub> stub_;
};

TEST_F(SearchServiceTest, FindsWhatWasWritten) {
    v1::SearchRequest request = Ask("apples");
    request.add_sort("-price");
    request.add_fields("title");
    request.add_fields("price");
    request.set_marks(v1::SearchRequest::HTML);
    const v1::SearchResponse response = Find(request);
    EXPECT_EQ(Ids(response), "2 1");
    EXPECT_EQ(response.total(), 2u);
    EXPECT_TRUE(response.total_is_exact());
    EXPECT_GT(response.sequence(), 0u);
    ASSERT_EQ(response.hits_size(), 2);
    const v1::SearchHit& hit = response.hits(0);
    EXPECT_EQ(Show(hit.key()), "2");
    ASSERT_EQ(hit.sort_size(), 1);
    EXPECT_EQ(hit.sort(0).number(), 2);
    ASSERT_EQ(hit.fields_size(), 2);
    EXPECT_EQ(hit.fields(0).name(), "title");
    EXPECT_EQ(hit.fields(0).value().text(), "Green apple");
    EXPECT_EQ(hit.fields(1).value().real(), 2);
    ASSERT_EQ(hit.fragments_size(), 1);
    EXPECT_EQ(hit.fragments(0).field(), "title");
    ASSERT_EQ(hit.fragments(0).texts_size(), 1);
    EXPECT_EQ(hit.fragments(0).texts(0), "Green <mark>apple</mark>");

    request.set_size(1);
    *request.add_after() = hit.sort(0);
    EXPECT_EQ(Ids(Find(request)), "1");
}

TEST_F(SearchServiceTest, ReadsItsOwnWrites) {
    for (int i = 10; i < 40; ++i) {
        const auto done = server_.Do("INSERT INTO goods(id, title) VALUES(?1, ?2)",
                                     {Integer(i), Text("item number " + std::to_string(i))});
        v1::SearchRequest request = Ask("+number +" + std::to_string(i));
        request.set_fresh(done.summary().sequence());
        EXPECT_EQ(Ids(Find(request)), std::to_string(i));
    }
}

TEST_F(SearchServiceTest, WordsHalfTypedAndMisspelt) {
    v1::SearchRequest request = Ask("grene app");
    EXPECT_EQ(Find(request).total(), 0u);
    request.set_did_you_mean(true);
    EXPECT_EQ(Find(request).did_you_mean(), "green apple");
    request.set_as_you_type(true);
    request.set_all_words(true);
    request.set_explain(true);
    const v1::SearchResponse response = Find(request);
    EXPECT_EQ(Ids(response), "2");
    EXPECT_EQ(response.did_you_mean(), "green app");
    ASSERT_EQ(response.hits_size(), 1);
    const v1::SearchHit::Explanation& why = response.hits(0).explanation();
    EXPECT_NEAR(why.value(), response.hits(0).score(), 1e-4);
    EXPECT_GT(why.parts_size(), 0);
    EXPECT_NE(why.text(), "");
}

TEST_F(SearchServiceTest, Suggests) {
    const auto suggest = [this](const v1::SuggestRequest& request) {
        TestContext context;
        v1::SuggestResponse response;
        const grpc::Status status = stub_->Suggest(&context, request, &response);
        if (!status.ok()) return context.Reason();
        std::string out;
        for (const auto& each : response.suggestions())
            out += each.text() + "/" + each.field() + "/" + std::to_string(each.documents()) + " ";
        return out;
    };
    Find(Ask(""));  // waits until it is built
    v1::SuggestRequest request;
    request.set_index("goods_text");
    request.set_text("green app");
    request.set_fresh(1);
    EXPECT_EQ(suggest(request), "green apple/title/2 ");
    request.set_text("R");
    EXPECT_EQ(suggest(request), "red/title/2 ");
    request.add_fields("colour");
    EXPECT_EQ(suggest(request), "red/colour/2 ");
    request.set_fields(0, "nope");
    EXPECT_EQ(suggest(request), "FIELD_NOT_FOUND");
    request.set_size(101);
    EXPECT_EQ(suggest(request), "BAD_QUERY");
    request.set_index("nope");
    EXPECT_EQ(suggest(request), "INDEX_NOT_FOUND");
}

TEST_F(SearchServiceTest, SpeaksJson) {
    v1::SearchJsonRequest request;
    request.set_index("goods_text");
    request.set_fresh(1);
    request.set_timeout_us(30'000'000);
    const auto ask = [&](const std::string& json) {
        TestContext context;
        v1::SearchJsonResponse response;
        request.set_json(json);
        const grpc::Status status = stub_->SearchJson(&context, request, &response);
        return status.ok() ? response.json() : context.Reason() + ": " + status.error_message();
    };
    const std::string json = ask(R"({"query":{"ids":["2","4","x"]},"sort":["price"],"size":1})");
    EXPECT_NE(json.find(R"("hits":[{"index":"goods_text","id":"2","score":0,"sort":[2]}])"),
              std::string::npos)
        << json;
    EXPECT_NE(json.find(R"("total_hits":2)"), std::string::npos) << json;
    EXPECT_EQ(ask(R"({"query":{"x":1}})"), "BAD_QUERY: query: unknown query type");
    EXPECT_TRUE(ask(R"({"from":1,"search_after":[1]})").starts_with("BAD_QUERY: cannot use"));
    request.set_timeout_us(-1);
    EXPECT_TRUE(ask("{}").starts_with("INVALID_TIMEOUT"));
    request.set_timeout_us(0);
    request.set_index("nope");
    EXPECT_TRUE(ask("{}").starts_with("INDEX_NOT_FOUND"));
}

TEST_F(SearchServiceTest, Facets) {
    v1::SearchRequest request = Ask("");
    request.set_size(0);
    v1::FacetRequest* facet = request.add_facets();
    facet->set_field("colour");
    facet->set_sums_field("price");
    facet = request.add_facets();
    facet->set_name("cheap");
    facet->set_field("price");
    facet->mutable_ranges()->add_ranges()->set_max(10);
    facet->mutable_ranges()->add_ranges()->set_min(10);
    facet = request.add_facets();
    facet->set_name("steps");
    facet->set_field("price");
    facet->mutable_histogram()->set_interval(2);
    const v1::SearchResponse response = Find(request);
    EXPECT_EQ(response.hits_size(), 0);
    EXPECT_EQ(response.total(), 4u);
    ASSERT_EQ(response.facets_size(), 3);
    const v1::Facet& colours = response.facets(0);
    EXPECT_EQ(colours.name(), "colour");
    EXPECT_EQ(colours.missing(), 1u);
    ASSERT_EQ(colours.buckets_size(), 2);
    EXPECT_EQ(colours.buckets(0).name(), "red");
    EXPECT_EQ(colours.buckets(0).count(), 2u);
    EXPECT_EQ(colours.buckets(0).sums().sum(), 31.5);
    EXPECT_EQ(colours.buckets(0).sums().max(), 30);
    const v1::Facet& cheap = response.facets(1);
    ASSERT_EQ(cheap.buckets_size(), 2);
    EXPECT_EQ(cheap.buckets(0).name(), "-10");
    EXPECT_EQ(cheap.buckets(0).count(), 2u);
    EXPECT_EQ(cheap.buckets(1).name(), "10-");
    const v1::Facet& steps = response.facets(2);
    ASSERT_EQ(steps.buckets_size(), 3);
    EXPECT_EQ(steps.buckets(1).min(), 2);
    EXPECT_EQ(steps.buckets(1).max(), 4);

    request.mutable_facets(0)->add_chosen("green");
    const v1::SearchResponse chosen = Find(request);
    EXPECT_EQ(chosen.total(), 1u);
    EXPECT_EQ(chosen.facets(0).buckets_size(), 2);
    EXPECT_EQ(chosen.facets(1).buckets(0).count(), 1u);
}

TEST_F(SearchServiceTest, QueriesAsJson) {
    v1::SearchRequest request = Ask("");
    request.set_json(R"({"match": "apple", "field": "title"})");
    request.add_sort("_id");
    EXPECT_EQ(Ids(Find(request)), "1 2");
    request.set_json("{");
    EXPECT_TRUE(Refusal(request).starts_with("BAD_QUERY: ")) << Refusal(request);
}

TEST_F(SearchServiceTest, RefusesWhatIsTooMuchOrMakesNoSense) {
    const auto refused = [this](const auto& change, const std::string& words) {
        v1::SearchRequest request = Ask("apple");
        change(request);
        const std::string said = Refusal(request);
        EXPECT_TRUE(said.starts_with("BAD_QUERY: ")) << said;
        EXPECT_NE(said.find(words), std::string::npos) << said;
    };
    refused([](auto& r) { r.set_size(kSearchHitsMax + 1); }, "at most 10000");
    refused([](auto& r) { r.set_from(kSearchHitsMax); }, "at most 10000");
    refused([](auto& r) { r.set_from(UINT32_MAX); }, "at most 10000");
    refused([](auto& r) { r.set_fragments(17); }, "at most 16");
    refused(
        [](auto& r) {
            for (size_t i = 0; i <= kSearchFacetsMax; ++i) r.add_facets()->set_field("colour");
        },
        "at most 64");
    refused([](auto& r) { r.add_facets()->set_field("nothing"); }, "nothing");
    refused(
        [](auto& r) {
            r.add_facets()->set_field("colour");
            r.add_facets()->set_field("colour");
        },
        "two facets");
    refused(
        [](auto& r) {
            r.add_facets()->set_field("price");
            r.mutable_facets(0)->mutable_ranges();
        },
        "no ranges");
    refused(
        [](auto& r) {
            r.add_facets()->set_field("price");
            auto* range = r.mutable_facets(0)->mutable_ranges()->add_ranges();
            range->set_min(2);
            range->set_max(2);
        },
        "from 2 to 2");
    refused(
        [](auto& r) {
            r.add_facets()->set_field("price");
            r.mutable_facets(0)->mutable_histogram()->set_interval(0);
        },
        "interval is 0");
    refused([](auto& r) { r.add_sort("nothing"); }, "nothing");
    refused([](auto& r) { r.add_fields("nothing"); }, "nothing");
    refused([](auto& r) { r.set_text("\"open"); }, "");

    v1::SearchRequest request = Ask("apple");
    request.set_timeout_us(-1);
    EXPECT_TRUE(Refusal(request).starts_with("INVALID_TIMEOUT: ")) << Refusal(request);
    request = Ask("apple");
    request.set_index("no_such");
    EXPECT_TRUE(Refusal(request).starts_with("INDEX_NOT_FOUND: ")) << Refusal(request);
}

TEST_F(SearchServiceTest, DoesNotWaitForWhatNeverComes) {
    v1::SearchRequest late = Ask("apple");
    late.set_fresh(1'000'000);
    EXPECT_TRUE(Refusal(late).starts_with("SEQUENCE_AHEAD: ")) << Refusal(late);
}

TEST_F(SearchServiceTest, TellsOfIndexes) {
    Find(Ask("apple"));
    TestContext context;
    v1::ListIndexesResponse list;
    ASSERT_TRUE(stub_->ListIndexes(&context, v1::ListIndexesRequest(), &list).ok());
    ASSERT_EQ(list.indexes_size(), 1);
    EXPECT_GT(list.tables_sequence(), 0u);
    v1::GetIndexRequest name;
    name.set_name("goods_text");
    v1::SearchIndex index;
    TestContext get;
    ASSERT_TRUE(stub_->GetIndex(&get, name, &index).ok());
    EXPECT_EQ(index.name(), "goods_text");
    EXPECT_EQ(index.table(), "goods");
    EXPECT_EQ(index.state(), v1::SearchIndex::READY);
    EXPECT_EQ(index.documents(), 4u);
    ASSERT_EQ(index.fields_size(), 3);
    EXPECT_EQ(index.fields(0).type(), "TEXT");
    EXPECT_EQ(index.fields(1).type(), "FACET");

    v1::RebuildIndexRequest rebuild;
    rebuild.set_name("goods_text");
    v1::RebuildIndexResponse nothing;
    TestContext begin;
    ASSERT_TRUE(stub_->RebuildIndex(&begin, rebuild, &nothing).ok());
    EXPECT_EQ(Find(Ask("apple")).total(), 2u);

    name.set_name("no_such");
    TestContext missing, rebuilt;
    EXPECT_EQ(stub_->GetIndex(&missing, name, &index).error_code(), grpc::NOT_FOUND);
    EXPECT_EQ(missing.Reason(), "INDEX_NOT_FOUND");
    rebuild.set_name("no_such");
    EXPECT_FALSE(stub_->RebuildIndex(&rebuilt, rebuild, &nothing).ok());
    EXPECT_EQ(rebuilt.Reason(), "INDEX_NOT_FOUND");
}

TEST_F(SearchServiceTest, Analyzes) {
    const auto analyze = [this](const v1::AnalyzeRequest& request) {
        TestContext context;
        v1::AnalyzeResponse response;
        const grpc::Status status = stub_->Analyze(&context, request, &response);
        if (!status.ok()) return context.Reason();
        std::string out;
        for (const auto& token : response.tokens())
            out += std::to_string(token.position()) + ":" + token.term() + "@" +
                   std::to_string(token.start()) + "-" + std::to_string(token.end()) + " ";
        EXPECT_FALSE(response.chain().empty());
        return out;
    };
    v1::AnalyzeRequest request;
    request.set_text("The Running shoes");
    EXPECT_EQ(analyze(request), "0:the@0-3 1:running@4-11 2:shoes@12-17 ");
    request.set_analyzer("english");
    EXPECT_EQ(analyze(request), "1:run@4-11 2:shoe@12-17 ");
    request.mutable_field()->set_index("goods_text");
    request.mutable_field()->set_field("title");
    EXPECT_EQ(analyze(request), "1:run@4-11 2:shoe@12-17 ");
    request.mutable_field()->set_field("colour");
    EXPECT_EQ(analyze(request), "FIELD_NOT_FOUND");
    request.mutable_field()->set_field("nothing");
    EXPECT_EQ(analyze(request), "FIELD_NOT_FOUND");
    request.mutable_field()->set_index("nothing");
    EXPECT_EQ(analyze(request), "INDEX_NOT_FOUND");
    request.set_analyzer("klingon");
    EXPECT_EQ(analyze(request), "BAD_ANALYZER");
    request.set_analyzer("english");
    request.set_text(std::string(kAnalyzeBytesMax + 1, 'x'));
    EXPECT_EQ(analyze(request), "TEXT_TOO_LARGE");
}

}  // namespace
}  // namespace blasty::rpc
