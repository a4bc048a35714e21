// Where the documents of an index come from: the rows of a table, or the messages of a topic, which
// are taken as rows too.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "tables/commit.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::search::internal {

// Shape, Known, Behind, Await and what is said so from any thread; the others by the thread of the
// index.
class Source {
  public:
    virtual ~Source() = default;

    // What everything is read up to, at least: asked for before Shape, which is as new then.
    virtual Sequence Known() const = 0;
    // There may be something behind `position`; when there is not, `wake` is called once there is.
    virtual bool Behind(Sequence position) const = 0;
    // The rows as a table. Another id or shaped_at: they are others. An error tells why there is
    // nothing.
    virtual Result<std::shared_ptr<const tables::Table>> Shape() const = 0;
    // All that came after `position` can still be read.
    virtual bool CanFollow(Sequence position) const = 0;

    // `done`: 0 to 1.
    using VisitRows = std::function<Status(const std::vector<std::string>& rows, double done)>;
    // All rows, and the sequence they hold at. CANCELLED when `stop` is set.
    virtual Result<Sequence> ReadAll(const tables::Table& shape, const std::atomic<bool>& stop,
                                     const VisitRows& visit) = 0;
    // Changes up to `sequence`, behind the ones before. Without old rows when those are not known.
    using Apply = std::function<Status(const std::vector<tables::RowChange>&, Sequence sequence)>;
    // Changes after `position`, up to `limit` as far as they can be seen now; the sequence reached
    // is applied at last. Ends early when `stop` is set.
    virtual Status Follow(const tables::Table& shape, Sequence position, Sequence limit,
                          const std::atomic<bool>& stop, const Apply& apply) = 0;
    // The next Follow begins somewhere else.
    virtual void Restart() = 0;
    // Rows with a lower key are gone; 0: that is told by changes.
    virtual Sequence Floor() const { return Sequence(0); }

    // Waits until all up to `fresh` can be read, and returns what an index comes to then.
    // SEQUENCE_AHEAD, DEADLINE_EXCEEDED.
    virtual Result<Sequence> Await(Sequence fresh, int64_t timeout_us) = 0;
    // Of a topic, on any thread: the message as a row; empty: it is gone.
    virtual Result<tables::Row> ReadMessage(Sequence sequence) = 0;
    // Of a topic, on any thread: the messages after `after`, up to `to`, one by one; false from
    // `visit` ends it. SEQUENCE_GONE; CANCELLED when `stop` is set.
    using VisitMessage = std::function<Result<bool>(const tables::RowChange& insert)>;
    virtual Status VisitMessages(Sequence after, Sequence to, const std::atomic<bool>& stop,
                                 const VisitMessage& visit) = 0;
};

}  // namespace blasty::search::internal
