#include "search/searches.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "search/definition.h"
#include "search/internal/answer.h"
#include "search/internal/live_index.h"
#include "search/internal/sql_rows.h"
#include "search/query_string.h"
#include "tables/schema.h"

namespace blasty::search {

using internal::LiveIndex;
using LiveIndexPtr = std::shared_ptr<LiveIndex>;

namespace {

// While commits come, and while none do.
constexpr int64_t kMaintainEveryUs = 50'000, kIdleUs = 1'000'000;
// For an index to come to a sequence.
constexpr int64_t kWaitMaxUs = 60'000'000;

std::string Lower(std::string_view name) {
    std::string lower(name);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

}  // namespace

struct Searches::Impl {
    Impl(io::FileSystem& fs, const SearchesOptions& opts, log::Log& log, tables::Tables& tables,
         const Clock& clock)
        : options(opts),
          shared{.fs = fs, .options = options, .log = log, .tables = tables, .clock = clock} {}

    void Announce(Sequence applied);
    // Starts indexes that are new in the schema and drops those that are gone.
    void Reconcile();
    void Maintain();
    Result<LiveIndexPtr> Find(const std::string& name) const;
    std::vector<LiveIndexPtr> All() const {
        MutexLock lock(mutex);
        std::vector<LiveIndexPtr> all;
        for (const auto& [name, index] : indexes) all.push_back(index);
        return all;
    }

    const SearchesOptions options;
    internal::Shared shared;
    std::thread maintainer;
    Mutex reconciling;  // before mutex
    mutable Mutex mutex;
    CondVar changed;
    std::map<std::string, LiveIndexPtr> indexes ABSL_GUARDED_BY(mutex);  // by lower-case name
    Sequence schema_at ABSL_GUARDED_BY(mutex);
    bool woken ABSL_GUARDED_BY(mutex) = true;
    bool closed ABSL_GUARDED_BY(mutex) = false;
};

void Searches::Impl::Announce(Sequence applied) {
    shared.announced.store(applied.value());
    MutexLock lock(mutex);
    for (const auto& [name, index] : indexes) index->Wake();
    woken = true;
    if (shared.tables.schema()->changed_at != schema_at) changed.SignalAll();
}

void Searches::Impl::Reconcile() {
    // One at a time: who comes second finds what the first has started.
    MutexLock one(reconciling);
    const tables::SchemaPtr schema = shared.tables.schema();
    std::map<std::string, LiveIndexPtr> known, next;
    {
        MutexLock lock(mutex);
        if (schema_at == schema->changed_at && schema_at != Sequence(0)) return;
        schema_at = schema->changed_at;
        known = indexes;
    }
    std::vector<LiveIndexPtr> fresh;
    for (const tables::SchemaObject& object : schema->others) {
        if (object.type != "search" || next.size() >= options.indexes_max) continue;
        const std::string name = Lower(object.name);
        const auto before = known.find(name);
        if (before != known.end() && before->second->sql() == object.sql) {
            next.emplace(name, before->second);
            known.erase(before);
            continue;
        }
        auto definition = ParseStatement(object.sql);
        // What was taken when it was created is taken now too, but for a version that forgot.
        if (!definition.ok()) continue;
        const auto index =
            std::make_shared<LiveIndex>(shared, object.name, *std::move(definition), object.sql);
        next.emplace(name, index);
        fresh.push_back(index);
    }
    {
        MutexLock lock(mutex);
        indexes = next;
    }
    for (const auto& [name, gone] : known) gone->Drop();
    for (const LiveIndexPtr& index : fresh) index->Start();
}

void Searches::Impl::Maintain() {
    for (;;) {
        Reconcile();
        bool more = false;
        for (const LiveIndexPtr& index : All())
            more = index->Maintain(shared.clock.MonotonicMicros()) || more;
        MutexLock lock(mutex);
        if (closed) return;
        if (more) continue;
        changed.WaitFor(mutex, std::exchange(woken, false) ? kMaintainEveryUs : kIdleUs);
        if (closed) return;
    }
}

Result<LiveIndexPtr> Searches::Impl::Find(const std::string& name) const {
    MutexLock lock(mutex);
    const auto found = indexes.find(Lower(name));
    if (found != indexes.end()) return found->second;
    std::string known;
    for (const auto& [other, index] : indexes)
        StrAppend(known, known.empty() ? "; there are " : ", ", index->name());
    if (known.empty()) {
        known =
            "; make one: CREATE VIRTUAL TABLE name USING search(table, column TEXT, column "
            "FACET)";
    }
    return MakeError(StatusCode::kNotFound, "INDEX_NOT_FOUND",
                     StrCat("there is no search index '", Printable(name), "'", known));
}

Result<std::unique_ptr<Searches>> Searches::Open(io::FileSystem& fs, const SearchesOptions& options,
                                                 log::Log& log, tables::Tables& tables,
                                                 const Clock& clock) {
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(options.directory));
    auto impl = std::make_shared<Impl>(fs, options, log, tables, clock);
    impl->shared.announced.store(tables.applied().value());
    tables.AddCommitListener([weak = std::weak_ptr<Impl>(impl)](Sequence applied) {
        if (const auto self = weak.lock()) self->Announce(applied);
    });
    // Indexes that are there are found from the first search on.
    impl->Reconcile();
    impl->maintainer = std::thread([self = impl.get()] { self->Maintain(); });
    return std::unique_ptr<Searches>(new Searches(std::move(impl)));
}

Searches::Searches(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Searches::~Searches() { Close(); }

void Searches::Close() {
    {
        MutexLock lock(impl_->mutex);
        if (std::exchange(impl_->closed, true)) return;
        impl_->changed.SignalAll();
    }
    impl_->maintainer.join();
    for (const LiveIndexPtr& index : impl_->All()) index->Close();
}

Result<Response> Searches::Search(const Request& request) {
    const int64_t began = impl_->shared.clock.MonotonicMicros();
    // An index created a moment ago may not be known yet.
    impl_->Reconcile();
    BLASTY_ASSIGN_OR_RETURN(const LiveIndexPtr index, impl_->Find(request.index));
    Sequence fresh = request.fresh;
    if (fresh != Sequence(0)) {
        BLASTY_RETURN_IF_ERROR(impl_->shared.tables.WaitApplied(fresh, request.timeout_us));
        // What came after the last commit of tables changes no index.
        fresh = std::min(fresh, impl_->shared.tables.applied());
    }
    BLASTY_ASSIGN_OR_RETURN(const LiveIndex::View view, index->WaitFor(fresh, request.timeout_us));
    auto response = internal::Answer(request, view, impl_->shared.tables);
    if (!response.ok() && ReasonOf(response.status()) == "INDEX_DAMAGED")
        index->Damaged(view.snapshot);
    BLASTY_RETURN_IF_ERROR(response.status());
    response->took_us = impl_->shared.clock.MonotonicMicros() - began;
    return response;
}

Result<std::unique_ptr<tables::SearchRows>> Searches::FindRows(const tables::SearchQuery& query) {
    impl_->Reconcile();
    BLASTY_ASSIGN_OR_RETURN(const LiveIndexPtr index, impl_->Find(query.index));
    const int64_t left = query.deadline_us - impl_->shared.clock.MonotonicMicros();
    BLASTY_ASSIGN_OR_RETURN(LiveIndex::View view,
                            index->At(query.at, std::clamp(left, int64_t{0}, kWaitMaxUs)));
    BLASTY_ASSIGN_OR_RETURN(index::QueryPtr parsed,
                            ParseQueryString(query.text, view.mapping->fields()));
    return std::unique_ptr<tables::SearchRows>(std::make_unique<internal::SqlRows>(
        std::move(view), std::move(parsed), index->definition(), query.rows_likely));
}

std::vector<IndexInfo> Searches::List() const {
    impl_->Reconcile();
    std::vector<IndexInfo> list;
    for (const LiveIndexPtr& index : impl_->All()) list.push_back(index->Info());
    return list;
}

Result<IndexInfo> Searches::Info(const std::string& name) const {
    impl_->Reconcile();
    BLASTY_ASSIGN_OR_RETURN(const LiveIndexPtr index, impl_->Find(name));
    return index->Info();
}

Status Searches::Rebuild(const std::string& name) {
    BLASTY_ASSIGN_OR_RETURN(const LiveIndexPtr index, impl_->Find(name));
    index->Rebuild();
    return OkStatus();
}

}  // namespace blasty::search
