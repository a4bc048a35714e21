// The messages of a topic as rows: sequence, topic, key, time, headers (JSON) and payload.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "search/internal/source.h"
#include "topics/topics.h"

namespace blasty::search::internal {

// Whether messages have a column of that name; all else is a path into the payload.
bool IsMessageColumn(std::string_view name);

class TopicSource final : public Source {
  public:
    // `wake` is called on internal threads; short, not blocking.
    TopicSource(topics::Topics& topics, std::string topic, std::function<void()> wake);
    ~TopicSource() override;

    Sequence Known() const override;
    bool Behind(Sequence position) const override;
    Result<std::shared_ptr<const tables::Table>> Shape() const override;
    bool CanFollow(Sequence position) const override;
    Result<Sequence> ReadAll(const tables::Table& shape, const std::atomic<bool>& stop,
                             const VisitRows& visit) override;
    Status Follow(const tables::Table& shape, Sequence position, Sequence limit,
                  const std::atomic<bool>& stop, const Apply& apply) override;
    void Restart() override { reader_.reset(); }
    Sequence Floor() const override;
    Result<Sequence> Await(Sequence fresh, int64_t timeout_us) override;
    Result<tables::Row> ReadMessage(Sequence sequence) override;
    Status VisitMessages(Sequence after, Sequence to, const std::atomic<bool>& stop,
                         const VisitMessage& visit) override;

  private:
    // Outlives the reader, which calls it.
    struct Waker;
    Status OpenReader(const topics::Start& start);
    // Nothing: caught up.
    Status Fetch(std::vector<topics::Message>* messages);

    topics::Topics& topics_;
    const std::string name_;
    const std::shared_ptr<Waker> waker_;
    std::atomic<uint64_t> wanted_{0};
    std::unique_ptr<topics::Reader> reader_;
};

}  // namespace blasty::search::internal
