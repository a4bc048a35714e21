// Opening, closing, and what passes through. Administration: topics_admin.cc, inboxes_admin.cc.

#include "topics/topics.h"

#include <utility>

#include "base/strings.h"
#include "topics/internal/core.h"
#include "topics/internal/live_inbox.h"
#include "topics/internal/member_impl.h"
#include "topics/internal/publish.h"
#include "topics/internal/reader_impl.h"
#include "topics/internal/state.h"
#include "topics/names.h"

namespace blasty::topics {

using internal::Core;

Topics::Topics(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Topics::~Topics() { Close(); }

Result<std::unique_ptr<Topics>> Topics::Open(io::FileSystem& fs, const TopicsOptions& options,
                                             exec::Executor& executor, const Clock& clock) {
    BLASTY_RETURN_IF_ERROR(fs.MakeDirectories(options.directory));
    auto core = std::make_shared<Core>(fs, options, executor, clock);
    auto impl = std::make_unique<Impl>(core);
    BLASTY_ASSIGN_OR_RETURN(
        core->log,
        log::Log::Open(fs, StrCat(options.directory, "/log"), options.log, clock,
                       [raw = core.get()](const log::FramePtr& frame) { raw->Follow(frame); }));
    const Status restored = impl->keeper.Restore();
    if (!restored.ok()) {
        core->log->Close();
        return restored;
    }
    impl->keeper.Start();
    return std::unique_ptr<Topics>(new Topics(std::move(impl)));
}

void Topics::Close() {
    Core& core = *impl_->core;
    if (!impl_->keeper.Stop()) return;
    core.gate->Close();
    if (core.options.log.manual_commit) core.log->CommitQueued();
    core.log->Close();
    // What cannot be written now is replayed from the log at the next start.
    (void)impl_->keeper.Checkpoint();
    MutexLock lock(core.live_mutex);
    core.live.clear();
}

void Topics::Publish(std::string_view topic, std::span<const NewMessage> messages,
                     PublishDone done) {
    internal::Publish(impl_->core, topic, messages, internal::By::kClient, std::move(done));
}

void Topics::PublishOwn(std::string_view topic, std::span<const NewMessage> messages,
                        PublishDone done) {
    internal::Publish(impl_->core, topic, messages, internal::By::kServer, std::move(done));
}

Result<std::unique_ptr<Reader>> Topics::OpenReader(const ReaderOptions& options,
                                                   std::function<void()> wake) {
    Core& core = *impl_->core;
    BLASTY_RETURN_IF_ERROR(impl_->EnsurePatterns(options.patterns));
    // What retention removed before now is a loss only to someone who resumes from a sequence.
    const uint64_t tolerated =
        options.start.kind == Start::Kind::kSequence ? 0 : core.view.floors_moved_at();
    bool at_newest = false;
    BLASTY_ASSIGN_OR_RETURN(const Sequence floor, core.ResolveStart(options.start, &at_newest));
    return std::unique_ptr<Reader>(
        new internal::ReaderImpl(impl_->core, options, Next(floor), tolerated, std::move(wake)));
}

TopicsStats Topics::stats() const {
    Core& core = *impl_->core;
    TopicsStats stats;
    {
        MutexLock lock(core.view.mutex);
        stats.topics = core.view.topics_by_id.size();
        stats.inboxes = core.view.inboxes.size();
    }
    stats.readers = core.readers.load();
    stats.members = core.members.load();
    stats.published = core.published.load();
    stats.duplicates = core.duplicates.load();
    stats.delivered = core.delivered.load();
    stats.acked = core.acked.load();
    stats.redelivered = core.redelivered.load();
    stats.dead_letters = core.dead_letters.load();
    stats.start_note = impl_->keeper.start_note();
    stats.log = core.log->state();
    return stats;
}

Status Topics::health() const {
    BLASTY_RETURN_IF_ERROR(impl_->core->CheckFollowed());
    return impl_->core->log->state().health;
}

log::Log& Topics::log() { return *impl_->core->log; }

Status Topics::Probe() { return impl_->core->AppendControl(internal::Probe{}).status(); }

void Topics::CommitQueued() { impl_->core->log->CommitQueued(); }

Status Topics::Checkpoint() { return impl_->keeper.Checkpoint(); }

Status Topics::Clean() { return impl_->keeper.Clean(); }

}  // namespace blasty::topics
