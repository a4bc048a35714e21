#include "search/internal/index_set.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/definition.h"
#include "search/internal/index_folder.h"
#include "tables/schema.h"

namespace blasty::search::internal {
namespace {

std::string Lower(std::string_view name) {
    std::string lower(name);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

}  // namespace

LiveIndexPtr IndexSet::Start(const tables::SchemaObject& object, const std::string& taken) {
    auto definition = ParseStatement(object.sql);
    // What was taken when it was created is taken now too, but for a version that forgot.
    if (!definition.ok() || (definition->topic && shared_.topics == nullptr)) return nullptr;
    std::string folder = FolderOf(object.name, object.sql);
    if (folder == taken) folder += "+";
    auto index = std::make_shared<LiveIndex>(shared_, object.name, *std::move(definition),
                                             object.sql, std::move(folder));
    index->Start();
    return index;
}

void IndexSet::Reconcile() {
    // One at a time: who comes second finds what the first has started.
    MutexLock one(reconciling_);
    const tables::SchemaPtr schema = shared_.tables.schema();
    Slots known, slots;
    bool first = false;
    {
        MutexLock lock(mutex_);
        first = schema_at_ == Sequence(0);
        if (schema_at_ == schema->changed_at && !first) return;
        schema_at_ = schema->changed_at;
        known = slots_;
    }
    std::vector<LiveIndexPtr> gone;
    for (const tables::SchemaObject& object : schema->others) {
        if (object.type != "search" || slots.size() >= shared_.options.indexes_max) continue;
        const std::string name = Lower(object.name);
        Slot slot;
        if (const auto before = known.find(name); before != known.end()) {
            slot = std::move(before->second);
            known.erase(before);
        }
        if (slot.next != nullptr && slot.next->sql() != object.sql)
            gone.push_back(std::exchange(slot.next, nullptr));
        if (slot.serving == nullptr) {
            slot.serving = Start(object, "");
        } else if (slot.serving->sql() == object.sql) {
            if (slot.next != nullptr) gone.push_back(std::exchange(slot.next, nullptr));
        } else if (slot.next == nullptr) {
            slot.next = Start(object, slot.serving->folder());
        }
        if (slot.serving != nullptr) slots.emplace(name, std::move(slot));
    }
    for (const auto& [name, slot] : known) {
        gone.push_back(slot.serving);
        if (slot.next != nullptr) gone.push_back(slot.next);
    }
    {
        MutexLock lock(mutex_);
        slots_ = std::move(slots);
    }
    // One that has just begun was not told of commits until now.
    for (const LiveIndexPtr& index : All()) index->Wake();
    for (const LiveIndexPtr& index : gone) index->Drop();
    if (first) Sweep();
}

void IndexSet::Promote() {
    MutexLock one(reconciling_);
    std::vector<LiveIndexPtr> gone;
    std::vector<std::pair<LiveIndexPtr, Sequence>> behind;
    {
        MutexLock lock(mutex_);
        for (auto& [name, slot] : slots_) {
            if (slot.next == nullptr) continue;
            if (!slot.next->CanReplace(*slot.serving)) {
                behind.emplace_back(slot.next, slot.serving->Info().stats.sequence);
                continue;
            }
            gone.push_back(std::exchange(slot.serving, std::exchange(slot.next, nullptr)));
            slot.serving->Promoted();
        }
    }
    // Nothing else may move it: a quiet topic wakes nobody.
    for (const auto& [next, wanted] : behind) next->Await(wanted, 0).status().IgnoreError();
    for (const LiveIndexPtr& index : gone) index->Drop();
}

void IndexSet::Sweep() {
    const std::string& directory = shared_.options.directory;
    const auto entries = shared_.fs.List(directory);
    if (!entries.ok()) return;
    const std::vector<LiveIndexPtr> all = All();
    for (const io::DirectoryEntry& entry : *entries) {
        const auto uses = [&](const LiveIndexPtr& index) { return index->folder() == entry.name; };
        if (std::none_of(all.begin(), all.end(), uses))
            EraseFolder(shared_.fs, StrCat(directory, "/", entry.name));
    }
}

Result<IndexSet::Slot> IndexSet::FindSlot(const std::string& name) const {
    MutexLock lock(mutex_);
    const auto found = slots_.find(Lower(name));
    if (found != slots_.end()) return found->second;
    std::string known;
    for (const auto& [other, slot] : slots_)
        StrAppend(known, known.empty() ? "; there are " : ", ", slot.serving->name());
    if (known.empty()) {
        known =
            "; make one: CREATE VIRTUAL TABLE name USING search(table, column TEXT, column "
            "FACET)";
    }
    return MakeError(StatusCode::kNotFound, "INDEX_NOT_FOUND",
                     StrCat("there is no search index '", Printable(name), "'", known));
}

Result<LiveIndexPtr> IndexSet::Find(const std::string& name) const {
    BLASTY_ASSIGN_OR_RETURN(const Slot slot, FindSlot(name));
    return slot.serving;
}

IndexInfo IndexSet::InfoOf(const Slot& slot) {
    IndexInfo info = slot.serving->Info();
    if (slot.next == nullptr) return info;
    const IndexInfo next = slot.next->Info();
    info.next_built = next.built;
    if (next.state == IndexState::kFailed)
        info.problem = StrCat("its new definition cannot be built: ", next.problem);
    return info;
}

Result<IndexInfo> IndexSet::Info(const std::string& name) const {
    BLASTY_ASSIGN_OR_RETURN(const Slot slot, FindSlot(name));
    return InfoOf(slot);
}

std::vector<IndexInfo> IndexSet::Infos() const {
    Slots slots;
    {
        MutexLock lock(mutex_);
        slots = slots_;
    }
    std::vector<IndexInfo> infos;
    for (const auto& [name, slot] : slots) infos.push_back(InfoOf(slot));
    return infos;
}

std::vector<LiveIndexPtr> IndexSet::All() const {
    MutexLock lock(mutex_);
    std::vector<LiveIndexPtr> all;
    for (const auto& [name, slot] : slots_) {
        all.push_back(slot.serving);
        if (slot.next != nullptr) all.push_back(slot.next);
    }
    return all;
}

bool IndexSet::Wake() {
    for (const LiveIndexPtr& index : All()) index->Wake();
    MutexLock lock(mutex_);
    return shared_.tables.schema()->changed_at != schema_at_;
}

}  // namespace blasty::search::internal
