// For tests: a tables.db with its meta tables on any file system.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/strings.h"
#include "io/file_system.h"
#include "tables/internal/handle.h"
#include "tables/internal/meta.h"
#include "tables/internal/vfs.h"

namespace blasty::tables::internal {

inline constexpr char kTestPath[] = "/db/tables.db";

// Opens, or creates, the file.
class TestFile {
  public:
    explicit TestFile(io::FileSystem& fs, const Clock& clock = SystemClock()) : vfs_(fs, clock) {
        status_ = fs.MakeDirectories("/db");
        if (!status_.ok()) return;
        auto handle = Handle::Open(vfs_, {.path = kTestPath, .writable = true});
        status_ = handle.status();
        if (!status_.ok()) return;
        writer_ = *std::move(handle);
        if (Number(StrCat("SELECT count(*) FROM (", kMetaExists, ")")) == 0)
            status_ = writer_->Execute(StrCat("BEGIN;", kCreateMeta, "COMMIT").c_str());
    }

    const Status& status() const { return status_; }
    Vfs& vfs() { return vfs_; }
    Handle& writer() { return *writer_; }
    Status Run(const std::string& sql) {
        return status_.ok() ? writer_->Execute(sql.c_str()) : status_;
    }
    // The first value of the first row; -1 on an error.
    int64_t Number(const std::string& sql) { return NumberOf(*writer_, sql); }
    static int64_t NumberOf(Handle& handle, const std::string& sql) {
        auto statement = handle.Cached(sql, Access::kInternal);
        if (!statement.ok()) return -1;
        const auto has_row = statement->Step();
        return has_row.ok() && *has_row ? statement->Integer(0) : -1;
    }
    // "ok", or what is wrong.
    std::string Integrity() {
        auto statement = writer_->Cached("PRAGMA integrity_check", Access::kInternal);
        if (!statement.ok()) return statement.status().ToString();
        const auto has_row = statement->Step();
        if (!has_row.ok()) return has_row.status().ToString();
        return std::string(statement->Column(0).bytes);
    }
    std::unique_ptr<Handle> OpenReader() {
        auto handle = Handle::Open(vfs_, {.path = kTestPath});
        EXPECT_TRUE(handle.ok()) << handle.status();
        return handle.ok() ? *std::move(handle) : nullptr;
    }
    void CloseWriter() { writer_.reset(); }

  private:
    Vfs vfs_;
    std::unique_ptr<Handle> writer_;
    Status status_;
};

}  // namespace blasty::tables::internal
