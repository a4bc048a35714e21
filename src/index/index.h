// An index: a list of immutable segments, changed by batches, searched by snapshots.
//
// New documents are a small segment in memory; small segments are merged into larger ones, always
// neighbours, so that documents stay in the order they came. A flush merges what is in memory into
// a file. Nothing is synced for a batch: after a crash the index stands at the sequence of its last
// checkpoint, and whoever feeds it goes on from there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/status.h"
#include "index/batch.h"
#include "index/fields.h"
#include "index/snapshot.h"
#include "io/file_system.h"

namespace blasty::index {

struct IndexOptions {
    std::string directory = {};
    // What documents are made of, in any form. An index on disk with another one is not opened.
    std::string definition = {};
    // Segments in memory above this are flushed, at the latest; Apply waits above twice of it.
    uint64_t memory_bytes_max = 64ull << 20;
    // Neighbours of about the same size that are merged into one.
    size_t merge_factor = 8;
    // Documents of merges that Apply does itself; larger ones are left to Maintain.
    uint32_t inline_merge_documents = 4096;
};

struct IndexStats {
    uint64_t documents = 0, segments = 0, deleted = 0;
    uint64_t memory_bytes = 0, disk_bytes = 0;
    uint64_t batches = 0, merges = 0, flushes = 0;
    Sequence sequence = {}, checkpoint = {};
};

// Apply is called by one thread, Maintain and Checkpoint by one (another), all else by any.
class Index {
  public:
    // Opens what is there, or begins anew. INDEX_DAMAGED (DATA_LOSS): the files cannot be right;
    // INDEX_OUTDATED (FAILED_PRECONDITION): another definition or format. Both: Erase, open and
    // feed it from the beginning. `fs` must outlive it.
    static Result<std::unique_ptr<Index>> Open(io::FileSystem& fs, const IndexOptions& options);
    // Removes the files of an index that is not open.
    static Status Erase(io::FileSystem& fs, const std::string& directory);
    ~Index();

    SnapshotPtr snapshot() const;
    // Makes the batch visible, and `sequence` what is known. An empty one only moves the sequence.
    Status Apply(std::unique_ptr<Batch> batch, Sequence sequence);

    // Merges and flushes what is due, one piece of work a call. True: call again, there is more.
    // `cancelled` set meanwhile ends it early (CANCELLED).
    Result<bool> Maintain(const std::atomic<bool>& cancelled);
    // Everything is on disk, durably, up to the sequence of the snapshot now; as Maintain.
    Status Checkpoint(const std::atomic<bool>& cancelled);
    IndexStats stats() const;
    // Ends an Apply that waits for a flush, and each later one that would: CANCELLED. Any thread.
    void Interrupt();

  private:
    struct Impl;
    explicit Index(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::index
