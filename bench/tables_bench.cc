// Tables over gRPC and raw SQLite beside them: tables_bench ADDRESS WHAT [NUMBER]
//
//   insert N     N callers, each inserts one row and waits for it to be durable
//   batch N      transactions of N inserts, 4 in flight
//   select N     N point SELECTs by primary key always in flight
//   prepare      makes the table and 100,000 rows
// or tables_bench FILE raw N: one SQLite connection, WAL, synchronous=NORMAL, transactions of N
// inserts.

#include <grpcpp/grpcpp.h>
#include <sqlite3.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "base/check.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "bench/rpc_streams.h"
#include "blasty/v1/sql.grpc.pb.h"

namespace blasty::bench {
namespace {

constexpr double kRunSeconds = 4;
constexpr char kExecute[] = "/blasty.v1.Sql/Execute";
constexpr char kTransaction[] = "/blasty.v1.Sql/Transaction";
constexpr char kCreate[] =
    "CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, name TEXT, amount INTEGER, note "
    "TEXT)";
constexpr char kInsert[] = "INSERT INTO bench (name, amount, note) VALUES (?1, ?2, ?3)";
constexpr char kName[] = "a name of some length";
constexpr char kNote[] =
    "a note that makes the row about a hundred bytes long, as rows of applications are";

void AddParameters(v1::Statement* statement, int64_t amount) {
    statement->set_sql(kInsert);
    statement->add_parameters()->mutable_value()->set_text(kName);
    statement->add_parameters()->mutable_value()->set_integer(amount);
    statement->add_parameters()->mutable_value()->set_text(kNote);
}

std::string InsertBytes() {
    v1::QueryRequest request;
    AddParameters(request.mutable_statement(), 7);
    return request.SerializeAsString();
}

std::string BatchBytes(int rows) {
    v1::TransactionRequest request;
    for (int i = 0; i < rows; ++i) AddParameters(request.add_statements(), i);
    return request.SerializeAsString();
}

std::string SelectBytes() {
    v1::QueryRequest request;
    request.mutable_statement()->set_sql("SELECT * FROM bench WHERE id = ?1");
    request.mutable_statement()->add_parameters()->mutable_value()->set_integer(4711);
    return request.SerializeAsString();
}

void Prepare(const std::string& address) {
    auto stub = v1::Sql::NewStub(NewChannel(address));
    {
        grpc::ClientContext context;
        v1::QueryRequest request;
        v1::ExecuteResponse response;
        request.mutable_statement()->set_sql(kCreate);
        const grpc::Status status = stub->Execute(&context, request, &response);
        BLASTY_CHECK(status.ok()) << status.error_message();
    }
    for (int i = 0; i < 100; ++i) {
        grpc::ClientContext context;
        v1::TransactionRequest request;
        v1::TransactionResponse response;
        BLASTY_CHECK(request.ParseFromString(BatchBytes(1000)));
        const grpc::Status status = stub->Transaction(&context, request, &response);
        BLASTY_CHECK(status.ok()) << status.error_message();
    }
}

void Calls(const std::string& address, const std::string& name, const char* method,
           const std::string& request, int callers, int rows) {
    double rate = 0;
    auto times = LoopUnary(address, method, request, callers, kRunSeconds, &rate);
    Report(name, rate * rows, "1/s");
    Report(StrCat(name, "_p50"), Percentile(times, 50), "us");
    Report(StrCat(name, "_p99"), Percentile(times, 99), "us");
}

void Must(sqlite3* db, int code) { BLASTY_CHECK(code == SQLITE_OK) << sqlite3_errmsg(db); }

void Raw(const std::string& path, int batch) {
    sqlite3* db = nullptr;
    Must(db, sqlite3_open(path.c_str(), &db));
    auto run = [db](const char* sql) {
        Must(db, sqlite3_exec(db, sql, nullptr, nullptr, nullptr));
    };
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=NORMAL");
    run(kCreate);
    sqlite3_stmt* insert = nullptr;
    Must(db, sqlite3_prepare_v2(db, kInsert, -1, &insert, nullptr));
    uint64_t rows = 0;
    const double start = NowSeconds();
    while (NowSeconds() < start + kRunSeconds) {
        run("BEGIN");
        for (int i = 0; i < batch; ++i, ++rows) {
            Must(db, sqlite3_bind_text(insert, 1, kName, -1, SQLITE_STATIC));
            Must(db, sqlite3_bind_int64(insert, 2, i));
            Must(db, sqlite3_bind_text(insert, 3, kNote, -1, SQLITE_STATIC));
            BLASTY_CHECK(sqlite3_step(insert) == SQLITE_DONE) << sqlite3_errmsg(db);
            Must(db, sqlite3_reset(insert));
        }
        run("COMMIT");
    }
    Report(StrCat("raw_sqlite_", batch), static_cast<double>(rows) / (NowSeconds() - start), "1/s");
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    using namespace blasty::bench;  // NOLINT(google-build-using-namespace): a program, not a header
    if (argc < 3) {
        std::cerr << "usage: tables_bench ADDRESS|FILE WHAT [NUMBER]\n";
        return 2;
    }
    UseReleaseLocks();
    const std::string where = argv[1], what = argv[2];
    const int number = argc > 3 ? std::atoi(argv[3]) : 64;
    if (what == "raw") {
        Raw(where, number);
        return 0;
    }
    Prepare(where);
    if (what == "insert") Calls(where, "insert_waiting", kExecute, InsertBytes(), number, 1);
    if (what == "batch") Calls(where, "insert_batch", kTransaction, BatchBytes(number), 4, number);
    if (what == "select") Calls(where, "point_select", kExecute, SelectBytes(), number, 1);
    return 0;
}
