#include "tests/oracle/operation.h"

#include "base/strings.h"

namespace blasty::oracle {

namespace {

std::string Describe(const tables::Value& value) {
    const tables::ValueView view = tables::ViewOf(value);
    switch (view.type) {
        case tables::ValueType::kNull:
            return "NULL";
        case tables::ValueType::kInteger:
            return StrCat(view.integer);
        case tables::ValueType::kReal:
            return std::to_string(view.real);
        case tables::ValueType::kText:
            return StrCat("'", Printable(view.bytes), "'");
        case tables::ValueType::kBlob:
            return StrCat("blob '", Printable(view.bytes), "'");
    }
    return "?";
}

const char* NameOf(Operation::Kind kind) {
    switch (kind) {
        case Operation::Kind::kWrite:
            return "write";
        case Operation::Kind::kSchema:
            return "schema";
        case Operation::Kind::kPublish:
            return "publish";
        case Operation::Kind::kSubscribe:
            return "subscribe";
        case Operation::Kind::kUnsubscribe:
            return "unsubscribe";
        case Operation::Kind::kReconnect:
            return "reconnect";
        case Operation::Kind::kPause:
            return "pause";
        case Operation::Kind::kGoOn:
            return "go on";
        case Operation::Kind::kRestart:
            return "restart";
        case Operation::Kind::kPowerCut:
            return "power cut";
        case Operation::Kind::kClean:
            return "clean";
    }
    return "?";
}

bool HasSlot(Operation::Kind kind) {
    return kind == Operation::Kind::kSubscribe || kind == Operation::Kind::kUnsubscribe ||
           kind == Operation::Kind::kReconnect || kind == Operation::Kind::kPause ||
           kind == Operation::Kind::kGoOn;
}

}  // namespace

std::string Describe(const Operation& operation) {
    std::string out = NameOf(operation.kind);
    if (HasSlot(operation.kind)) StrAppend(out, " #", operation.slot);
    if (operation.count > 0) StrAppend(out, " count=", operation.count);
    if (operation.old_values) out += " old_values";
    if (operation.coalesce_us > 0) StrAppend(out, " coalesce_us=", operation.coalesce_us);
    if (!operation.settle) out += " (not followed yet)";
    for (const std::string& statement : operation.statements) StrAppend(out, "\n      ", statement);
    for (size_t i = 0; i < operation.parameters.size(); ++i) {
        StrAppend(out, i == 0 ? "\n      with " : ", ", Describe(operation.parameters[i]));
    }
    return out;
}

}  // namespace blasty::oracle
