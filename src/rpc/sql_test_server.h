// For tests: the SQL and live services of a TestServer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "blasty/v1/live.grpc.pb.h"
#include "blasty/v1/sql.grpc.pb.h"
#include "rpc/test_server.h"

namespace blasty::rpc {

inline v1::Value Integer(int64_t value) {
    v1::Value out;
    out.set_integer(value);
    return out;
}
inline v1::Value Text(const std::string& value) {
    v1::Value out;
    out.set_text(value);
    return out;
}
inline v1::QueryRequest Statement(const std::string& sql,
                                  const std::vector<v1::Value>& parameters = {}) {
    v1::QueryRequest request;
    request.mutable_statement()->set_sql(sql);
    for (const v1::Value& value : parameters) {
        *request.mutable_statement()->add_parameters()->mutable_value() = value;
    }
    return request;
}

// "1|ged|NULL".
inline std::string Show(const v1::Row& row) {
    std::string out;
    for (const v1::Value& value : row.values()) {
        if (&value != &row.values(0)) out += "|";
        switch (value.kind_case()) {
            case v1::Value::kInteger:
                out += std::to_string(value.integer());
                break;
            case v1::Value::kReal:
                out += std::to_string(value.real());
                break;
            case v1::Value::kText:
                out += value.text();
                break;
            case v1::Value::kBlob:
                out += "x'" + value.blob() + "'";
                break;
            case v1::Value::kRawText:
                out += "raw:" + value.raw_text();
                break;
            case v1::Value::KIND_NOT_SET:
                out += "NULL";
                break;
        }
    }
    return out;
}

class SqlServer : public TestServer {
  public:
    explicit SqlServer(engine::EngineOptions options = {}, io::FileSystem* fs = nullptr,
                       RpcServerOptions rpc = {})
        : TestServer(nullptr, {}, fs, std::move(options), std::move(rpc)),
          sql_(v1::Sql::NewStub(channel())),
          live_(v1::Live::NewStub(channel())) {}

    v1::Sql::Stub& sql() { return *sql_; }
    v1::Live::Stub& live() { return *live_; }

    // Executes a statement; its error fails the test.
    v1::ExecuteResponse Do(const v1::QueryRequest& request) {
        TestContext context;
        v1::ExecuteResponse response;
        const grpc::Status status = sql_->Execute(&context, request, &response);
        EXPECT_TRUE(status.ok()) << request.statement().sql() << ": " << status.error_message();
        return response;
    }
    v1::ExecuteResponse Do(const std::string& text, const std::vector<v1::Value>& parameters = {}) {
        return Do(Statement(text, parameters));
    }
    // The rows of a SELECT.
    std::vector<std::string> Rows(const std::string& text) {
        std::vector<std::string> rows;
        const v1::ExecuteResponse response = Do(text);
        for (const v1::Row& row : response.rows()) rows.push_back(Show(row));
        return rows;
    }
    // The reason word of the error that a statement gives; "" when it gives none.
    std::string Refusal(const v1::QueryRequest& request) {
        TestContext context;
        v1::ExecuteResponse response;
        if (sql_->Execute(&context, request, &response).ok()) return "";
        return context.Reason();
    }

  private:
    std::unique_ptr<v1::Sql::Stub> sql_;
    std::unique_ptr<v1::Live::Stub> live_;
};

}  // namespace blasty::rpc
