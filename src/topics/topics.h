// Topics and inboxes of one database: a view of its log. Everything here is derived from the log
// and from a checkpoint that only shortens the replay; it changes only by records that are durable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "exec/executor.h"
#include "io/file_system.h"
#include "log/log.h"
#include "topics/config.h"
#include "topics/member.h"
#include "topics/message.h"
#include "topics/reader.h"

namespace blasty::topics {

struct TopicsOptions {
    std::string directory;  // of the database: `log/` and `topics.checkpoint` inside
    log::LogOptions log;
    bool auto_create =
        true;  // publishing to (or reading by plain name) a topic that does not exist creates it
    uint64_t message_bytes_max = kMessageBytesDefault;
    // What a topic keeps that is made without any bound of its own, by its first use or by
    // CreateTopic. A later change here leaves the topics that exist as they are.
    Retention default_retention;
    int64_t dedup_window_us = kDedupWindowUs;
    uint64_t checkpoint_every_bytes = 64ull << 20;  // of log
    // Records of tables from this sequence on stay in the log whatever becomes of the topics around
    // them. Asked by the background; unset: none are kept.
    std::function<Sequence()> tables_keep_from = nullptr;
};

// One result per message, in order: or the error that refused the whole batch.
using PublishDone = std::function<void(Result<std::span<const Published>>)>;

struct TopicsStats {
    uint64_t topics = 0, inboxes = 0, readers = 0, members = 0;
    uint64_t published = 0, duplicates = 0, delivered = 0, acked = 0, redelivered = 0,
             dead_letters = 0;  // since start
    std::string start_note;     // what was unusual about the start (a damaged checkpoint), or empty
    log::LogState log;
};

// Thread-safe. Calls that return Result block until durable and belong on a pool that may block;
// Publish, and everything of Reader and Member except Fetch, never wait for the disk.
class Topics {
  public:
    // Opens the log in `options.directory`/log, loads the checkpoint and replays the rest. All
    // arguments must outlive the object. Errors of log::Log::Open. A damaged checkpoint does not
    // stop a start: the previous one or the whole log is read. Only when both are unusable and
    // retention removed what the log said before: CHECKPOINT_DAMAGED (DATA_LOSS).
    static Result<std::unique_ptr<Topics>> Open(io::FileSystem& fs, const TopicsOptions& options,
                                                exec::Executor& executor, const Clock& clock);
    ~Topics();
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;

    // Stores messages of one topic as one commit: all or none, in order. `done` is called exactly
    // once, perhaps before Publish returns (when refused) and else on the commit thread: short, not
    // blocking. TOPIC_NOT_FOUND, INVALID_NAME, MESSAGE_TOO_LARGE, TOO_MANY_HEADERS, INVALID_KEY,
    // INVALID_ID, OVERLOADED, LOG_STOPPED.
    void Publish(std::string_view topic, std::span<const NewMessage> messages, PublishDone done);

    // The same for topics that only the server writes (names.h); they are not made by it:
    // TOPIC_NOT_FOUND.
    void PublishOwn(std::string_view topic, std::span<const NewMessage> messages, PublishDone done);

    // Without retention: TopicsOptions::default_retention.
    // TOPIC_EXISTS (with the same configuration it is no error), INVALID_NAME, LIMIT_REACHED.
    Result<TopicInfo> CreateTopic(const std::string& name, const TopicConfig& config);
    Result<TopicInfo> UpdateTopic(const std::string& name, const TopicConfig& config);
    // `confirm` must equal `name`: CONFIRMATION_MISSING (INVALID_ARGUMENT) otherwise.
    Status DeleteTopic(const std::string& name, const std::string& confirm);
    Result<TopicInfo> GetTopic(const std::string& name);
    Result<std::vector<TopicInfo>> ListTopics(const ListOptions& options);

    Result<InboxInfo> CreateInbox(const std::string& name, const InboxConfig& config,
                                  const Start& start);
    Result<InboxInfo> UpdateInbox(const std::string& name, const InboxConfig& config);
    Status DeleteInbox(const std::string& name);
    // Moves it: what was acked before may come again, what is in flight is taken back.
    Result<InboxInfo> ResetInbox(const std::string& name, const Start& start);
    Result<InboxInfo> GetInbox(const std::string& name);
    Result<std::vector<InboxInfo>> ListInboxes(const ListOptions& options);

    Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options,
                                               std::function<void()> wake);
    // Blocks until durable when it creates the inbox.
    Result<std::unique_ptr<Member>> Join(const JoinOptions& options, std::function<void()> wake);

    // The log this is a view of, for the views beside it. Lives as long as this object.
    log::Log& log();
    TopicsStats stats() const;
    // Why nothing can be stored, or ok.
    Status health() const;
    // Commits a record that means nothing: whether a commit is possible now. Errors of log::Log.
    Status Probe();
    // Commits what is queued on the caller's thread. REQUIRES log.manual_commit; one caller at a
    // time. Calls that block do it themselves then.
    void CommitQueued();
    // Writes a checkpoint now. Also done in the background and by Close.
    Status Checkpoint();
    // Applies retention now: moves the floors, removes and rewrites segments. Also done in the
    // background.
    Status Clean();
    // Stops accepting, waits for what is queued, writes a checkpoint, closes the log. Called by the
    // destructor too.
    void Close();

  private:
    struct Impl;
    explicit Topics(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::topics
