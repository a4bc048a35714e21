#include "search/searches.h"

#include <algorithm>
#include <functional>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "search/internal/answer.h"
#include "search/internal/answer_json.h"
#include "search/internal/index_set.h"
#include "search/internal/live_index.h"
#include "search/internal/sql_rows.h"
#include "search/internal/suggestions.h"
#include "search/query_string.h"

namespace blasty::search {

using internal::LiveIndex;
using internal::LiveIndexPtr;

namespace {

// While commits come, and while none do.
constexpr int64_t kMaintainEveryUs = 50'000, kIdleUs = 1'000'000;
// For an index to come to a sequence.
constexpr int64_t kWaitMaxUs = 60'000'000;

}  // namespace

struct Searches::Impl {
    Impl(io::FileSystem& fs, const SearchesOptions& opts, log::Log& log, tables::Tables& tables,
         const Clock& clock, topics::Topics* topics)
        : options(opts),
          shared{.fs = fs,
                 .options = options,
                 .log = log,
                 .tables = tables,
                 .clock = clock,
                 .topics = topics},
          indexes(shared) {}

    void Announce(Sequence applied);
    void Maintain();
    // What `get` gets from the index of that name. An index that is replaced meanwhile ends the
    // wait: then it is asked of the new one.
    Result<LiveIndex::View> Look(const std::string& name,
                                 const std::function<Result<LiveIndex::View>(LiveIndex&)>& get,
                                 LiveIndexPtr* index);
    // What `answer` says of the index at or after `fresh`. Damage that it finds is mended.
    template <typename Answer>
    Result<Answer> Ask(const std::string& name, Sequence fresh, int64_t timeout_us,
                       const std::function<Result<Answer>(const LiveIndex::View&)>& answer);

    const SearchesOptions options;
    internal::Shared shared;
    internal::IndexSet indexes;
    std::thread maintainer;
    Mutex mutex;
    CondVar changed;
    bool woken ABSL_GUARDED_BY(mutex) = true;
    bool closed ABSL_GUARDED_BY(mutex) = false;
};

void Searches::Impl::Announce(Sequence applied) {
    shared.announced.store(applied.value());
    const bool schema_changed = indexes.Wake();
    MutexLock lock(mutex);
    woken = true;
    if (schema_changed) changed.SignalAll();
}

void Searches::Impl::Maintain() {
    for (;;) {
        indexes.Reconcile();
        indexes.Promote();
        bool more = false;
        for (const LiveIndexPtr& index : indexes.All())
            more = index->Maintain(shared.clock.MonotonicMicros()) || more;
        MutexLock lock(mutex);
        if (closed) return;
        if (more) continue;
        changed.WaitFor(mutex, std::exchange(woken, false) ? kMaintainEveryUs : kIdleUs);
        if (closed) return;
    }
}

Result<LiveIndex::View> Searches::Impl::Look(
    const std::string& name, const std::function<Result<LiveIndex::View>(LiveIndex&)>& get,
    LiveIndexPtr* index) {
    // An index created a moment ago may not be known yet.
    indexes.Reconcile();
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(*index, indexes.Find(name));
        auto view = get(**index);
        if (view.ok()) return view;
        const auto now = indexes.Find(name);
        if (!now.ok() || *now == *index) return view;
    }
}

Result<std::unique_ptr<Searches>> Searches::Open(io::FileSystem& fs, const SearchesOptions& options,
                                                 log::Log& log, tables::Tables& tables,
                                                 const Clock& clock, topics::Topics* topics) {
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(options.directory));
    auto impl = std::make_shared<Impl>(fs, options, log, tables, clock, topics);
    impl->shared.announced.store(tables.applied().value());
    tables.AddCommitListener([weak = std::weak_ptr<Impl>(impl)](Sequence applied) {
        if (const auto self = weak.lock()) self->Announce(applied);
    });
    // Indexes that are there are found from the first search on.
    impl->indexes.Reconcile();
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
    for (const LiveIndexPtr& index : impl_->indexes.All()) index->Close();
}

template <typename Answer>
Result<Answer> Searches::Impl::Ask(
    const std::string& name, Sequence fresh, int64_t timeout_us,
    const std::function<Result<Answer>(const LiveIndex::View&)>& answer) {
    LiveIndexPtr index;
    BLASTY_ASSIGN_OR_RETURN(const LiveIndex::View view,
                            Look(
                                name,
                                [&](LiveIndex& it) -> Result<LiveIndex::View> {
                                    BLASTY_ASSIGN_OR_RETURN(const Sequence wanted,
                                                            it.Await(fresh, timeout_us));
                                    return it.WaitFor(wanted, timeout_us);
                                },
                                &index));
    Result<Answer> answered = answer(view);
    if (!answered.ok() && ReasonOf(answered.status()) == "INDEX_DAMAGED")
        index->Damaged(view.snapshot);
    return answered;
}

Result<Response> Searches::Search(const Request& request) {
    const Clock& clock = impl_->shared.clock;
    const int64_t began = clock.MonotonicMicros();
    BLASTY_ASSIGN_OR_RETURN(Response response,
                            impl_->Ask<Response>(request.index, request.fresh, request.timeout_us,
                                                 [&](const LiveIndex::View& view) {
                                                     return internal::Answer(request, view,
                                                                             impl_->shared.tables);
                                                 }));
    response.took_us = clock.MonotonicMicros() - began;
    return response;
}

Result<std::string> Searches::SearchJson(const JsonSearch& search) {
    const Clock& clock = impl_->shared.clock;
    const int64_t began = clock.MonotonicMicros();
    return impl_->Ask<std::string>(
        search.index, search.fresh, search.timeout_us, [&](const LiveIndex::View& view) {
            return internal::AnswerJson(search, view, impl_->shared.tables, clock, began);
        });
}

Result<SuggestResult> Searches::Suggest(const SuggestRequest& request) {
    return impl_->Ask<SuggestResult>(
        request.index, request.fresh, request.timeout_us, [&](const LiveIndex::View& view) {
            return internal::Suggestions(request, view, impl_->shared.tables);
        });
}

Result<std::unique_ptr<tables::SearchRows>> Searches::FindRows(const tables::SearchQuery& query) {
    const int64_t left = query.deadline_us - impl_->shared.clock.MonotonicMicros();
    LiveIndexPtr index;
    BLASTY_ASSIGN_OR_RETURN(LiveIndex::View view,
                            impl_->Look(
                                query.index,
                                [&](LiveIndex& it) {
                                    return it.At(query.at,
                                                 std::clamp(left, int64_t{0}, kWaitMaxUs));
                                },
                                &index));
    BLASTY_ASSIGN_OR_RETURN(index::QueryPtr parsed,
                            ParseQueryString(query.text, view.mapping->fields()));
    return std::unique_ptr<tables::SearchRows>(std::make_unique<internal::SqlRows>(
        std::move(view), std::move(parsed), index->definition(), query.rows_likely));
}

Result<LiveIndexPtr> Searches::Find(const std::string& name) {
    impl_->indexes.Reconcile();
    return impl_->indexes.Find(name);
}

std::vector<IndexInfo> Searches::List() const {
    impl_->indexes.Reconcile();
    return impl_->indexes.Infos();
}

Result<IndexInfo> Searches::Info(const std::string& name) const {
    impl_->indexes.Reconcile();
    return impl_->indexes.Info(name);
}

Status Searches::Rebuild(const std::string& name) {
    BLASTY_ASSIGN_OR_RETURN(const LiveIndexPtr index, impl_->indexes.Find(name));
    index->Rebuild();
    return OkStatus();
}

}  // namespace blasty::search
