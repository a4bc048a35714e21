#include "client/values.h"

#include "base/utf8.h"

namespace blasty::client {

v1::Value IntegerValue(int64_t value) {
    v1::Value out;
    out.set_integer(value);
    return out;
}

v1::Value RealValue(double value) {
    v1::Value out;
    out.set_real(value);
    return out;
}

v1::Value TextValue(std::string_view bytes) {
    v1::Value out;
    if (IsUtf8(bytes)) {
        out.set_text(std::string(bytes));
    } else {
        out.set_raw_text(std::string(bytes));
    }
    return out;
}

v1::Value BlobValue(std::string_view bytes) {
    v1::Value out;
    out.set_blob(std::string(bytes));
    return out;
}

bool IsNull(const v1::Value& value) { return value.kind_case() == v1::Value::KIND_NOT_SET; }

bool IsText(const v1::Value& value) {
    return value.kind_case() == v1::Value::kText || value.kind_case() == v1::Value::kRawText;
}

const std::string& BytesOf(const v1::Value& value) {
    switch (value.kind_case()) {
        case v1::Value::kRawText:
            return value.raw_text();
        case v1::Value::kBlob:
            return value.blob();
        default:
            return value.text();  // empty when it is none
    }
}

void AddParameter(v1::Statement* statement, std::string_view name, const v1::Value& value) {
    v1::Parameter* parameter = statement->add_parameters();
    parameter->set_name(std::string(name));
    *parameter->mutable_value() = value;
}

}  // namespace blasty::client
