// The files of the VFS as SQLite holds them.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tables/internal/vfs_impl.h"
#include "tables/internal/vfs_node.h"

namespace blasty::tables::internal {

// Made in memory that SQLite provides, destroyed by its xClose. One thread at a time.
struct NamedFile {
    sqlite3_file base;  // first: SQLite casts
    Vfs::Impl* vfs;
    std::shared_ptr<VfsNode> node;
    NodeLocks locks;
    bool delete_on_close;
};

// Contents in pieces that are never moved, from SQLite's heap (and so limited with it).
struct TemporaryFile {
    sqlite3_file base;
    std::vector<char*> pieces;
    sqlite3_int64 size;
};

inline constexpr int kFileBytes =
    static_cast<int>(std::max(sizeof(NamedFile), sizeof(TemporaryFile)));

// Both make a file in `memory`, of kFileBytes.
void MakeNamedFile(sqlite3_file* memory, Vfs::Impl& vfs, std::shared_ptr<VfsNode> node,
                   bool delete_on_close);
void MakeTemporaryFile(sqlite3_file* memory);

}  // namespace blasty::tables::internal
