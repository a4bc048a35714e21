#include "live/internal/residual_set.h"

#include <algorithm>

#include "base/strings.h"
#include "live/internal/lexer.h"
#include "live/internal/probe.h"
#include "live/internal/select_text.h"

namespace blasty::live::internal {
namespace {

constexpr size_t kMembersMax = 64;
constexpr size_t kConditionMax = 2000;  // bytes; longer ones are evaluated alone
constexpr size_t kParametersMax = 100;

}  // namespace

ResidualSet::~ResidualSet() {
    for (auto& batch : batches_) sqlite3_finalize(batch->statement);
}

// A name that is no column could be an alias of the projection, which is not there; in double
// quotes SQLite would take it for a text.
bool ResidualSet::Trustworthy(const Member& member, const std::string& from) const {
    for (const Token& token : Tokenize(member.condition)) {
        if (token.kind != TokenKind::kQuoted || member.condition[token.begin] != '"') continue;
        const std::string name =
            member.condition.substr(token.begin + 1, token.end - token.begin - 2);
        if (table_.ColumnOf(name) < 0) return false;
    }
    Status status;
    sqlite3_stmt* statement = tables_.Prepare(
        StrCat("SELECT CASE WHEN (", member.condition, ") THEN 1 END FROM ", from), &status);
    const bool whole = statement != nullptr && sqlite3_bind_parameter_count(statement) ==
                                                   static_cast<int>(member.parameters.size());
    sqlite3_finalize(statement);
    return whole;
}

bool ResidualSet::Add(uint32_t feed, const QueryPlan& plan, const tables::Row& parameters) {
    const SelectText text(plan.filter_sql);
    const auto where = text.FindWhere();
    if (!where.has_value() || text.sql().size() - where->condition > kConditionMax) return false;
    Member member;
    member.feed = feed;
    size_t at = where->condition, greatest = 0;
    size_t end = text.sql().size();
    for (const Token& token : Tokenize(text.sql())) {
        if (token.upper == ";" && token.begin >= at) end = std::min(end, token.begin);
        if (token.kind != TokenKind::kParameter) continue;
        const size_t number = ParameterNumber(
            std::string_view(text.sql()).substr(token.begin, token.end - token.begin), plan,
            &greatest);
        if (token.begin < where->condition) continue;
        if (number == 0 || number > parameters.size()) return false;
        StrAppend(member.condition, std::string_view(text.sql()).substr(at, token.begin - at),
                  " ? ");
        member.parameters.push_back(parameters[number - 1]);
        at = token.end;
    }
    // A comment at the end must not hide what is put behind it.
    StrAppend(member.condition, std::string_view(text.sql()).substr(at, end - at), "\n");
    if (member.parameters.size() > kParametersMax || !Trustworthy(member, where->from)) {
        return false;
    }
    Batch* batch = nullptr;
    for (auto& one : batches_) {
        if (one->from == where->from && one->members.size() < kMembersMax) batch = one.get();
    }
    if (batch == nullptr) {
        batch = batches_.emplace_back(std::make_unique<Batch>()).get();
        batch->from = where->from;
    }
    batch->members.push_back(std::move(member));
    ++batch->alive;
    sqlite3_finalize(batch->statement);
    batch->statement = nullptr;
    batch_of_[feed] = batch;
    return true;
}

bool ResidualSet::Remove(uint32_t feed) {
    const auto found = batch_of_.find(feed);
    if (found == batch_of_.end()) return false;
    Batch* batch = found->second;
    batch_of_.erase(found);
    std::erase_if(batch->members, [&](const Member& member) { return member.feed == feed; });
    sqlite3_finalize(batch->statement);
    batch->statement = nullptr;
    if (--batch->alive == 0) {
        std::erase_if(batches_, [&](const auto& one) { return one.get() == batch; });
    }
    return true;
}

std::string ResidualSet::TextOf(const Batch& batch) {
    std::string out = "SELECT ";
    for (const Member& member : batch.members) {
        // As a condition, so that AND and OR stop early as in a WHERE.
        StrAppend(out, out.size() > 7 ? ", " : "", "CASE WHEN (", member.condition, ") THEN 1 END");
    }
    return StrCat(out, " FROM ", batch.from);
}

void ResidualSet::Build(Batch& batch) {
    Status status;
    batch.statement = tables_.Prepare(TextOf(batch), &status);
    batch.broken = !status.ok();
    if (batch.broken) return;
    int index = 1;
    for (const Member& member : batch.members) {
        for (const tables::Value& value : member.parameters) {
            BindView(batch.statement, index++, tables::ViewOf(value));
        }
    }
}

uint64_t ResidualSet::Evaluate(Batch& batch, std::span<const Image* const> images) {
    holds_.clear();
    if (batch.statement == nullptr && !batch.broken) Build(batch);
    int code = SQLITE_ERROR;
    if (!batch.broken) {
        tables_.BeginRun(&table_, images);
        while ((code = sqlite3_step(batch.statement)) == SQLITE_ROW) {
            for (size_t i = 0; i < batch.members.size(); ++i) {
                if (sqlite3_column_type(batch.statement, static_cast<int>(i)) != SQLITE_NULL) {
                    holds_.emplace_back(i, tables_.current());
                }
            }
        }
        sqlite3_reset(batch.statement);
    }
    if (code != SQLITE_DONE) {
        holds_.clear();
        for (size_t i = 0; i < batch.members.size(); ++i) {
            for (size_t place = 0; place < images.size(); ++place) holds_.emplace_back(i, place);
        }
    }
    return batch.members.size() * images.size();
}

}  // namespace blasty::live::internal
