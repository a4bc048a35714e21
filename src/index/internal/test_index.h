// An index over a file system in memory, and what it should hold.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/check.h"
#include "index/index.h"
#include "index/internal/test_corpus.h"
#include "io/memory_file_system.h"

namespace blasty::index::internal {

inline void AddValues(Batch& batch, const TestDocument& document) {
    FillDocument(batch, document);
    batch.End();
}

class TestIndex {
  public:
    explicit TestIndex(IndexOptions options = {}) : options_(std::move(options)) {
        options_.directory = "index";
        options_.definition = "test";
        options_.merge_factor = 3;
        options_.inline_merge_documents = 200;
        Open();
    }

    void Open() {
        index_ = nullptr;
        auto opened = Index::Open(*fs_, options_);
        BLASTY_CHECK(opened.ok()) << opened.status();
        index_ = *std::move(opened);
    }
    // Puts, replaces and removes documents k0, k1, … below `keys`.
    void ChangeSome(std::mt19937& random, uint32_t count, uint32_t keys = 500) {
        auto batch = std::make_unique<Batch>(TestFields());
        std::map<std::string, TestDocument> next = documents_;
        std::map<std::string, bool> touched;
        for (uint32_t i = 0; i < count; ++i) {
            const std::string key = "k" + std::to_string(random() % keys);
            if (!touched.emplace(key, true).second) continue;
            const auto old = documents_.find(key);
            if (old != documents_.end()) {
                batch->Remove(key);
                AddValues(*batch, old->second);
                next.erase(key);
                if (random() % 3 == 0) continue;
            }
            batch->Put(key);
            AddValues(*batch, next[key] = RandomDocument(random, key));
        }
        documents_ = std::move(next);
        BLASTY_CHECK(index_->Apply(std::move(batch), Sequence(++sequence_)).ok());
    }
    void Maintain() {
        while (true) {
            auto more = index_->Maintain(never_);
            BLASTY_CHECK(more.ok()) << more.status();
            if (!*more) return;
        }
    }
    void Flush() {
        const Status done = index_->Checkpoint(never_);
        BLASTY_CHECK(done.ok()) << done;
    }

    Index& index() { return *index_; }
    io::MemoryFileSystem& fs() { return *fs_; }
    SnapshotPtr snapshot() const { return index_->snapshot(); }
    std::map<std::string, TestDocument>& documents() { return documents_; }
    uint64_t sequence() const { return sequence_; }
    void set_sequence(uint64_t sequence) { sequence_ = sequence; }
    const IndexOptions& options() const { return options_; }

  private:
    IndexOptions options_;
    std::unique_ptr<io::MemoryFileSystem> fs_ = std::make_unique<io::MemoryFileSystem>();
    std::unique_ptr<Index> index_;
    std::map<std::string, TestDocument> documents_;
    uint64_t sequence_ = 0;
    const std::atomic<bool> never_{false};
};

}  // namespace blasty::index::internal
