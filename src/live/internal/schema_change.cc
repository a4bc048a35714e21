#include "live/internal/schema_change.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "live/internal/lexer.h"

namespace blasty::live::internal {
namespace {

using tables::SchemaObject;
using tables::Table;

bool SameTable(const Table& a, const Table& b) {
    return a.id == b.id && a.name == b.name && a.sql == b.sql && a.shaped_at == b.shaped_at;
}

bool Same(const SchemaObject& a, const SchemaObject& b) {
    return a.type == b.type && a.table == b.table && a.sql == b.sql;
}

bool IsView(const SchemaObject& object) { return object.type == "view"; }

bool AnyOf(const absl::flat_hash_set<uint64_t>& names, const std::vector<uint64_t>& words) {
    if (names.size() > words.size())
        return std::any_of(words.begin(), words.end(),
                           [&](uint64_t word) { return names.contains(word); });
    return std::any_of(names.begin(), names.end(), [&](uint64_t name) {
        return std::binary_search(words.begin(), words.end(), name);
    });
}

// A name in any quotes without them: the quote inside is doubled.
std::string Unquoted(std::string_view token) {
    std::string out;
    const char close = token[0] == '[' ? ']' : token[0];
    for (size_t i = 1; i < token.size(); ++i) {
        if (token[i] == close && (i + 1 == token.size() || token[i + 1] != close)) break;
        if (token[i] == close) ++i;
        out += token[i];
    }
    return out;
}

void CompareTables(const tables::Schema& before, tables::Schema* merged, SchemaChange* change) {
    absl::flat_hash_map<std::string_view, const std::shared_ptr<const Table>*> left;
    for (const auto& table : before.tables) left.emplace(table->name, &table);
    for (auto& table : merged->tables) {
        const auto old = left.find(table->name);
        if (old == left.end() || !SameTable(**old->second, *table)) {
            change->come.push_back(table);
            continue;
        }
        table = *old->second;
        left.erase(old);
    }
    for (const auto& table : before.tables)
        if (left.contains(table->name)) change->gone.push_back(table);
    for (const auto* tables : {&change->gone, &change->come})
        for (const auto& table : *tables) change->names.insert(WordHash(table->name));
}

// Adds the views that read what is named, and so on.
void Spread(const std::vector<SchemaObject>& before, const std::vector<SchemaObject>& after,
            absl::flat_hash_set<uint64_t>* names) {
    struct View {
        uint64_t name;
        std::vector<uint64_t> words;
    };
    std::vector<View> views;
    for (const auto* objects : {&before, &after})
        for (const SchemaObject& object : *objects)
            if (IsView(object)) views.push_back({WordHash(object.name), WordsOf(object.sql)});
    for (size_t size = ~size_t{0}; size != names->size();) {
        size = names->size();
        for (const View& view : views)
            if (AnyOf(*names, view.words)) names->insert(view.name);
    }
}

void CompareOthers(const tables::Schema& before, const tables::Schema& after,
                   SchemaChange* change) {
    const auto differ = [&](const tables::Schema& one, const tables::Schema& other) {
        absl::flat_hash_map<std::string_view, const SchemaObject*> others;
        for (const SchemaObject& object : other.others) others.emplace(object.name, &object);
        for (const SchemaObject& object : one.others) {
            const auto found = others.find(object.name);
            if (found != others.end() && Same(object, *found->second)) continue;
            if (IsView(object)) change->views.insert(WordHash(object.name));
            if (object.type != "index") continue;  // triggers only write
            if (const Table* table = one.Find(object.table)) change->reindexed.insert(table->id);
        }
    };
    differ(before, after);
    differ(after, before);
    Spread(before.others, after.others, &change->views);
    change->names.insert(change->views.begin(), change->views.end());
    Spread(before.others, after.others, &change->names);
    const auto named = [&](const SchemaObject& object) {
        return IsView(object) && change->names.contains(WordHash(object.name));
    };
    std::copy_if(before.others.begin(), before.others.end(), std::back_inserter(change->views_gone),
                 named);
    std::copy_if(after.others.begin(), after.others.end(), std::back_inserter(change->views_come),
                 named);
}

}  // namespace

uint64_t WordHash(std::string_view name) {
    std::string upper(name);
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return absl::Hash<std::string>()(upper);
}

std::vector<uint64_t> WordsOf(std::string_view sql) {
    std::vector<uint64_t> words;
    for (const Token& token : Tokenize(sql)) {
        const std::string_view text = sql.substr(token.begin, token.end - token.begin);
        if (token.kind == TokenKind::kWord) words.push_back(WordHash(text));
        // SQLite takes a text for a name where only a name can stand.
        if (token.kind == TokenKind::kQuoted || token.kind == TokenKind::kString)
            words.push_back(WordHash(Unquoted(text)));
    }
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    return words;
}

SchemaChange Compare(const tables::Schema& before, const tables::SchemaPtr& next) {
    SchemaChange change;
    auto merged = std::make_shared<tables::Schema>(*next);
    CompareTables(before, merged.get(), &change);
    CompareOthers(before, *next, &change);
    change.next = std::move(merged);
    return change;
}

bool SchemaChange::Concerns(const QueryPlan& plan) const {
    return Voids(plan) || AnyOf(names, plan.words);
}

bool SchemaChange::Voids(const QueryPlan& plan) const {
    const bool read = std::any_of(gone.begin(), gone.end(), [&](const auto& table) {
        return std::any_of(plan.tables.begin(), plan.tables.end(),
                           [&](const auto& use) { return use.table == table->id; });
    });
    return read || AnyOf(views, plan.words);
}

bool SchemaChange::Reorders(const QueryPlan& plan) const {
    if (reindexed.empty() || plan.query_class == Explanation::Class::kFilter) return false;
    if (plan.increment.kind == IncrementPlan::Kind::kTopK ||
        plan.increment.kind == IncrementPlan::Kind::kJoin)
        return false;
    return std::any_of(plan.tables.begin(), plan.tables.end(),
                       [&](const auto& use) { return reindexed.contains(use.table); });
}

}  // namespace blasty::live::internal
