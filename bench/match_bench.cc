// What a row image costs when it is matched against many subscriptions:
// match_bench [SUBSCRIPTIONS] [IMAGES]
//
// 50 query texts: 20 with equality, 20 with equality and range, 9 with IN, 1 that no index helps
// (LIKE '%x%': 1 % of the subscriptions, few distinct patterns; equal ones are one feed, as in the
// server). Times are CPU time of the one thread. Beside it the naive way: every subscription's
// statement over the image, measured on a sample and scaled.
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "live/internal/delta_table.h"
#include "live/internal/matcher.h"
#include "live/internal/probe.h"

namespace blasty::bench {
namespace {

using live::internal::FeedId;
using live::internal::QueryPlanPtr;
using tables::Row;
using tables::Text;

constexpr int kTexts = 50;
constexpr int kPatterns = 20;
constexpr int kNaiveSample = 20'000;

// Of this thread, so that others on the machine do not count.
double CpuSeconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double ResidentBytes() {
    malloc_trim(0);
    std::ifstream file("/proc/self/statm");
    uint64_t total = 0, resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

tables::SchemaPtr MakeSchema() {
    auto table = std::make_shared<tables::Table>();
    table->id = tables::TableId(1);
    table->name = "packages";
    table->sql =
        "CREATE TABLE packages(id INTEGER PRIMARY KEY, name TEXT, section TEXT, maintainer TEXT, "
        "size INTEGER, score REAL, country TEXT)";
    table->key_columns = {0};
    table->key_is_rowid = true;
    const auto add = [&](const char* name, tables::Affinity affinity) {
        tables::Column column;
        column.name = name;
        column.affinity = affinity;
        table->columns.push_back(column);
    };
    add("id", tables::Affinity::kInteger);
    for (const char* name : {"name", "section", "maintainer"}) add(name, tables::Affinity::kText);
    add("size", tables::Affinity::kInteger);
    add("score", tables::Affinity::kReal);
    add("country", tables::Affinity::kText);
    auto schema = std::make_shared<tables::Schema>();
    schema->tables.push_back(table);
    return schema;
}

// Rows and constants from the same wide spread, so that a row meets a few subscriptions.
class Data {
  public:
    explicit Data(uint64_t seed) : random_(seed) {}

    Text Name() { return {StrCat("package-", random_.Below(500'000))}; }
    Text Section() { return {StrCat("section-", random_.Below(1000))}; }
    Text Maintainer() { return {StrCat("maintainer-", random_.Below(20'000), "@example.org")}; }
    Text Country() { return {StrCat("c", random_.Below(200))}; }
    int64_t Size() { return static_cast<int64_t>(random_.Below(10'000'000)); }
    // Few sizes are above it.
    int64_t Bound() { return 9'500'000 + static_cast<int64_t>(random_.Below(500'000)); }
    double Score() { return static_cast<double>(random_.Below(100'000)) / 1000; }

    Row Image(int64_t id) {
        return {id, Name(), Section(), Maintainer(), Size(), Score(), Country()};
    }

    std::string Query(int text) {
        const std::string head = StrCat("SELECT id, name, size + ", text, " FROM packages WHERE ");
        if (text == kTexts - 1) return head + "name LIKE ?1";
        if (text < 20) {
            const char* kinds[] = {"name = ?1", "maintainer = ?1 AND section = ?2", "id = ?1",
                                   "section = ?1 AND country = ?2 AND name = ?3"};
            return head + kinds[text % 4];
        }
        if (text < 40) {
            const char* kinds[] = {"section = ?1 AND size > ?2",
                                   "maintainer = ?1 AND score BETWEEN ?2 AND ?3",
                                   "section = ?1 AND size >= ?2 AND score < ?3"};
            return head + kinds[text % 3];
        }
        return head +
               (text % 2 == 0 ? "name IN (?1, ?2, ?3)" : "section IN (?1, ?2) AND maintainer = ?3");
    }

    Row Parameters(int text) {
        if (text == kTexts - 1) return {Text{StrCat("%-", 1000 + random_.Below(kPatterns), "%")}};
        if (text < 20) {
            switch (text % 4) {
                case 0:
                    return {Name()};
                case 1:
                    return {Maintainer(), Section()};
                case 2:
                    return {static_cast<int64_t>(random_.Below(1'000'000))};
                default:
                    return {Section(), Country(), Name()};
            }
        }
        if (text < 40) {
            const double score = Score();
            switch (text % 3) {
                case 0:
                    return {Section(), Bound()};
                case 1:
                    return {Maintainer(), score, score + 5};
                default:
                    return {Section(), Bound(), score};
            }
        }
        return text % 2 == 0 ? Row{Name(), Name(), Name()}
                             : Row{Section(), Section(), Maintainer()};
    }

    uint64_t Below(uint64_t bound) { return random_.Below(bound); }

  private:
    Random random_;
};

struct Subscriptions {
    std::vector<QueryPlanPtr> plans;
    std::unique_ptr<live::internal::Matcher> matcher;
    FeedId feeds = 0;
    double constants = 0;  // bytes of the parameters of all feeds
    // For the naive way.
    std::vector<std::pair<int, std::string>> sample;
};

Subscriptions Subscribe(const tables::SchemaPtr& schema, Data& data, uint64_t count) {
    Subscriptions out;
    auto analyzer = live::internal::Analyzer::Make(schema);
    BLASTY_CHECK(analyzer.ok()) << analyzer.status().ToString();
    for (int text = 0; text < kTexts; ++text) {
        auto plan = (*analyzer)->Analyze(data.Query(text));
        BLASTY_CHECK(plan.ok()) << plan.status().ToString();
        out.plans.push_back(*plan);
    }
    auto matcher = live::internal::Matcher::Make(schema, {});
    BLASTY_CHECK(matcher.ok()) << matcher.status().ToString();
    out.matcher = *std::move(matcher);
    std::vector<std::string> patterns;
    for (uint64_t i = 0; i < count; ++i) {
        const int text = i % 100 == 0 ? kTexts - 1 : static_cast<int>(data.Below(kTexts - 1));
        const Row parameters = data.Parameters(text);
        std::string encoded = tables::EncodeRow(parameters);
        if (i % (count / kNaiveSample + 1) == 0) out.sample.emplace_back(text, encoded);
        if (text == kTexts - 1) {
            if (std::find(patterns.begin(), patterns.end(), encoded) != patterns.end()) continue;
            patterns.push_back(encoded);
        }
        out.constants += static_cast<double>(encoded.size());
        const Status added =
            out.matcher->Add(out.feeds++, out.plans[static_cast<size_t>(text)], parameters);
        BLASTY_CHECK(added.ok()) << added.ToString();
    }
    return out;
}

tables::RowChange InsertOf(const std::string& row, const std::string& key) {
    tables::RowChange change;
    change.table = tables::TableId(1);
    change.key = key;
    change.new_row = row;
    return change;
}

void Images(Subscriptions& subscriptions, Data& data, int count, int batch,
            const std::string& name) {
    std::vector<double> times;
    size_t events = 0;
    for (int i = 0; i < count; i += batch) {
        std::vector<std::string> rows, keys;
        for (int j = 0; j < batch; ++j) {
            const auto id = static_cast<int64_t>(data.Below(1'000'000) * 64) + j;
            rows.push_back(tables::EncodeRow(data.Image(id)));
            keys.push_back(tables::EncodeRow({id}));
        }
        std::vector<tables::RowChange> changes;
        for (size_t j = 0; j < rows.size(); ++j) changes.push_back(InsertOf(rows[j], keys[j]));
        live::internal::MatchResult result;
        const double begin = CpuSeconds();
        const Status matched = subscriptions.matcher->Match(changes, &result);
        times.push_back((CpuSeconds() - begin) * 1e6 / batch);
        BLASTY_CHECK(matched.ok()) << matched.ToString();
        events += result.filters.size();
    }
    Report(name + ".median", Percentile(times, 50), "us/image");
    Report(name + ".p99", Percentile(times, 99), "us/image");
    Report(name + ".events", static_cast<double>(events) / count, "events/image");
}

// Every subscription's own statement over one image.
double NaiveSeconds(const tables::SchemaPtr& schema, const Subscriptions& subscriptions, Data& data,
                    double count) {
    auto tables = live::internal::DeltaTables::Make(schema);
    BLASTY_CHECK(tables.ok());
    std::vector<sqlite3_stmt*> statements;
    for (const QueryPlanPtr& plan : subscriptions.plans) {
        Status status;
        statements.push_back((*tables)->Prepare(plan->filter_sql, &status));
        BLASTY_CHECK(status.ok()) << status.ToString();
    }
    const Row row = data.Image(1);
    live::internal::Image image;
    for (const tables::Value& value : row) image.values.push_back(tables::ViewOf(value));
    const live::internal::Image* images[] = {&image};
    const double begin = CpuSeconds();
    for (const auto& [text, parameters] : subscriptions.sample) {
        sqlite3_stmt* statement = statements[static_cast<size_t>(text)];
        live::internal::BindEncoded(statement, parameters);
        (*tables)->BeginRun(schema->tables[0].get(), images);
        while (sqlite3_step(statement) == SQLITE_ROW) {
        }
        sqlite3_reset(statement);
    }
    const double seconds = CpuSeconds() - begin;
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
    return seconds / static_cast<double>(subscriptions.sample.size()) * count;
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    using namespace blasty;         // NOLINT(google-build-using-namespace)
    using namespace blasty::bench;  // NOLINT(google-build-using-namespace)
    const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    const int images = argc > 2 ? std::atoi(argv[2]) : 20'000;
    const tables::SchemaPtr schema = MakeSchema();
    Data data(1);
    const double before = ResidentBytes();
    const double begin = CpuSeconds();
    Subscriptions subscriptions = Subscribe(schema, data, count);
    const double seconds = CpuSeconds() - begin;
    const auto total = static_cast<double>(count);
    const auto feeds = static_cast<double>(subscriptions.feeds);
    Report("match.subscriptions", total, "subscriptions");
    Report("match.feeds", feeds, "distinct");
    Report("match.residuals", static_cast<double>(subscriptions.matcher->stats().residuals),
           "distinct predicates without index");
    Report("match.add", seconds * 1e6 / total, "us/subscription");
    const double resident = ResidentBytes() - before - subscriptions.constants;
    Report("match.memory", resident / feeds, "bytes/feed beyond constants, resident");
    Report("match.memory_index", static_cast<double>(subscriptions.matcher->stats().bytes) / feeds,
           "bytes/feed, index");
    Images(subscriptions, data, images, 1, "match.single");
    Images(subscriptions, data, images, 50, "match.commit_of_50");
    const auto stats = subscriptions.matcher->stats();
    const auto changes = static_cast<double>(stats.changes);
    Report("match.candidates", static_cast<double>(stats.candidates) / changes, "per image");
    Report("match.evaluations", static_cast<double>(stats.evaluations) / changes, "per image");
    const double naive = NaiveSeconds(schema, subscriptions, data, total);
    Report("match.naive", naive * 1e6,
           StrCat("us/image, scaled from ", subscriptions.sample.size(), " subscriptions"));
    return 0;
}
