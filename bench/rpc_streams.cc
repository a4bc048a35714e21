#include "bench/rpc_streams.h"

#include <atomic>
#include <optional>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "base/bytes.h"
#include "base/check.h"
#include "bench/measure.h"

namespace blasty::bench {

void UseReleaseLocks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

grpc::ByteBuffer ToBuffer(std::string_view bytes) {
    const grpc::Slice slice(bytes.data(), bytes.size());
    return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
    grpc::Slice slice;
    BLASTY_CHECK(buffer.DumpToSingleSlice(&slice).ok());
    return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(256 << 20);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

RawStream::RawStream(std::shared_ptr<grpc::Channel> channel, const std::string& method,
                     OnRead on_read)
    : channel_(std::move(channel)), stub_(channel_), on_read_(std::move(on_read)) {
    stub_.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    AddHold();  // writes come from outside the reactions
    StartRead(&reading_);
    StartCall();
}

RawStream::~RawStream() { Wait(); }

void RawStream::Write(std::string_view request) {
    MutexLock lock(mutex_);
    queue_.push_back(ToBuffer(request));
    if (!in_flight_) WriteNext();
}

void RawStream::WriteNext() {
    if (queue_.empty()) {
        in_flight_ = false;
        if (half_close_) StartWritesDone();
        return;
    }
    in_flight_ = true;
    writing_.Swap(&queue_.front());
    queue_.pop_front();
    StartWrite(&writing_);
}

void RawStream::HalfClose() {
    MutexLock lock(mutex_);
    if (half_close_) return;
    half_close_ = true;
    if (!in_flight_) StartWritesDone();
    RemoveHold();
}

void RawStream::OnReadDone(bool ok) {
    if (!ok) return;
    on_read_(*this, reading_);
    StartRead(&reading_);
}

void RawStream::OnWriteDone(bool ok) {
    if (!ok) return;
    MutexLock lock(mutex_);
    WriteNext();
}

void RawStream::OnDone(const grpc::Status& status) {
    MutexLock lock(mutex_);
    status_ = status;
    done_ = true;
    over_.SignalAll();
}

grpc::Status RawStream::Wait() {
    HalfClose();
    MutexLock lock(mutex_);
    while (!done_) over_.Wait(mutex_);
    return status_;
}

namespace {

struct UnaryLoop {
    grpc::GenericStub stub;
    std::string method;
    grpc::ByteBuffer request;
    double end = 0;
    std::atomic<int> running{0};
    std::atomic<uint64_t> calls{0};
    Mutex mutex;
    CondVar over;
    std::vector<double> times ABSL_GUARDED_BY(mutex);
    size_t held ABSL_GUARDED_BY(mutex) = 0;

    // gRPC lets go of a call after Done: the program must not end before.
    struct Call {
        explicit Call(UnaryLoop& of) : loop(of) {
            MutexLock lock(loop.mutex);
            ++loop.held;
        }
        ~Call() {
            context.reset();
            MutexLock lock(loop.mutex);
            --loop.held;
            loop.over.SignalAll();
        }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

        UnaryLoop& loop;
        std::optional<grpc::ClientContext> context{std::in_place};
        grpc::ByteBuffer response;
        double start = 0;
    };

    explicit UnaryLoop(const std::shared_ptr<grpc::Channel>& channel) : stub(channel) {}

    void Start() {
        auto call = std::make_shared<Call>(*this);
        call->start = NowSeconds();
        stub.UnaryCall(&*call->context, method, grpc::StubOptions(), &request, &call->response,
                       [this, call](const grpc::Status& status) { Done(*call, status); });
    }

    void Done(const Call& call, const grpc::Status& status) {
        BLASTY_CHECK(status.ok()) << method << ": " << status.error_message();
        const double now = NowSeconds();
        calls.fetch_add(1);
        {
            MutexLock lock(mutex);
            times.push_back((now - call.start) * 1e6);
        }
        if (now < end) return Start();
        MutexLock lock(mutex);
        running.fetch_sub(1);
        over.SignalAll();
    }
};

}  // namespace

std::vector<double> LoopUnary(const std::string& address, const std::string& method,
                              const std::string& request, int callers, double seconds,
                              double* rate) {
    UnaryLoop loop(NewChannel(address));
    loop.method = method;
    loop.request = ToBuffer(request);
    const double start = NowSeconds();
    loop.end = start + seconds;
    loop.running = callers;
    for (int i = 0; i < callers; ++i) loop.Start();
    MutexLock lock(loop.mutex);
    while (loop.running.load() > 0 || loop.held > 0) loop.over.Wait(loop.mutex);
    *rate = static_cast<double>(loop.calls.load()) / (NowSeconds() - start);
    return loop.times;
}

namespace {

// One field of a protobuf message: its number, and its bytes or its value.
struct Field {
    uint64_t number = 0, value = 0;
    std::string_view bytes;
};

bool NextField(ByteReader& reader, Field* field) {
    if (!reader.ok() || reader.rest().empty()) return false;
    const uint64_t tag = reader.Varint();
    field->number = tag >> 3;
    if ((tag & 7) == 2) {
        field->bytes = reader.Sized();
    } else {
        field->value = reader.Varint();
    }
    return reader.ok();
}

}  // namespace

BatchView ParseBatch(std::string_view response, bool payloads) {
    BatchView view;
    Field outer, middle, inner, leaf;
    for (ByteReader r(response); NextField(r, &outer);) {
        if (outer.number != 2) continue;
        for (ByteReader batch(outer.bytes); NextField(batch, &middle);) {
            if (middle.number != 1) continue;
            ++view.messages;
            for (ByteReader delivered(middle.bytes); NextField(delivered, &inner);) {
                if (inner.number == 1) {
                    if (view.first == 0) view.first = inner.value;
                    view.last = inner.value;
                    if (!payloads) break;
                } else if (inner.number == 3) {
                    for (ByteReader message(inner.bytes); NextField(message, &leaf);) {
                        if (leaf.number == 1) view.payloads.push_back(leaf.bytes);
                    }
                }
            }
        }
    }
    return view;
}

namespace {

// Reads through the pieces of a buffer.
class PieceReader {
  public:
    explicit PieceReader(const grpc::ByteBuffer& buffer) {
        BLASTY_CHECK(buffer.Dump(&pieces_).ok());
    }
    bool AtEnd() {
        while (piece_ < pieces_.size() && offset_ >= pieces_[piece_].size()) {
            offset_ -= pieces_[piece_++].size();
        }
        return piece_ == pieces_.size();
    }
    uint64_t Varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            BLASTY_CHECK(!AtEnd()) << "an answer ends within a number";
            const uint8_t byte = pieces_[piece_].begin()[offset_++];
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) break;
        }
        return value;
    }
    void Skip(uint64_t bytes) { offset_ += bytes; }
    // True when nothing was skipped beyond the end.
    bool Whole() { return AtEnd() && offset_ == 0; }

  private:
    std::vector<grpc::Slice> pieces_;
    size_t piece_ = 0;
    uint64_t offset_ = 0;
};

}  // namespace

uint64_t CountMessages(const grpc::ByteBuffer& response) {
    constexpr uint64_t kBatch = 2 << 3 | 2, kMessage = 1 << 3 | 2, kPosition = 2 << 3;
    PieceReader reader(response);
    if (reader.Varint() != kBatch) return 0;
    reader.Varint();
    uint64_t messages = 0;
    while (!reader.AtEnd()) {
        const uint64_t tag = reader.Varint();
        if (tag == kMessage) {
            reader.Skip(reader.Varint());
            ++messages;
        } else {
            BLASTY_CHECK(tag == kPosition) << tag;
            reader.Varint();
        }
    }
    BLASTY_CHECK(reader.Whole()) << "an answer was cut";
    return messages;
}

}  // namespace blasty::bench
