#include <filesystem>
#include <memory>
#include <system_error>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "io/file_system.h"
#include "log/inspect.h"
#include "server/json_text.h"
#include "server/units.h"
#include "topics/topic_names.h"

namespace blasty::cli {
namespace {

using server::FormatBytes;
using server::FormatCount;

struct LogArgs {
    std::string directory;
    uint64_t count = 0;
};

// The log below what was named: a data directory, a database or the log itself.
std::string FindLog(const std::string& named) {
    for (const char* below : {"/databases/main/log", "/log"}) {
        std::error_code error;
        if (std::filesystem::is_directory(named + below, error)) return named + below;
    }
    return named;
}

std::string_view KindName(log::RecordKind kind) {
    switch (kind) {
        case log::RecordKind::kMessage:
            return "message";
        case log::RecordKind::kControl:
            return "control";
        case log::RecordKind::kAck:
            return "ack";
        case log::RecordKind::kTable:
            return "table";
    }
    return "unknown";
}

std::string StreamName(const topics::TopicNames& names, StreamId stream) {
    const std::string_view name = names.Of(stream);
    return name.empty() ? StrCat("stream ", stream.value()) : std::string(name);
}

void PrintFrame(const log::FramePtr& frame, const std::string& file, uint64_t offset, bool json,
                const topics::TopicNames& names, Output& out) {
    if (!json)
        out.Line(StrCat("frame ", frame->first.value(), "..", frame->last().value(), "  ",
                        server::FormatTime(frame->commit_time_us), "  ", file, ":", offset));
    log::RecordIterator records = frame->Records();
    for (log::RecordView record; records.Next(&record);) {
        if (json) {
            out.Line(
                server::JsonObject()
                    .Add("sequence", record.sequence.value())
                    .Add("stream", record.stream.value())
                    .Add("topic", names.Of(record.stream))
                    .Add("kind", KindName(record.kind))
                    .Add("time", std::string_view(server::FormatTime(record.time_us)))
                    .Add("committed", std::string_view(server::FormatTime(frame->commit_time_us)))
                    .AddBytes("id", record.id)
                    .AddBytes("key", record.key)
                    .AddBytes("payload", record.payload)
                    .Add("file", std::string_view(file))
                    .Add("frame_offset", offset)
                    .Take());
            continue;
        }
        out.Line(StrCat("  #", record.sequence.value(), "  ", StreamName(names, record.stream),
                        "  ", KindName(record.kind),
                        record.key.empty() ? "" : StrCat("  [", Printable(record.key), "]"),
                        record.id.empty() ? "" : StrCat("  id ", Printable(record.id)), "  ",
                        record.payload.size(), " B  ", Printable(record.payload, 60)));
    }
}

std::string SummaryJson(const log::LogSummary& summary, const std::string& directory) {
    std::string damage = "[";
    for (const log::Damage& each : summary.damage)
        StrAppend(damage, damage.size() > 1 ? "," : "",
                  server::JsonObject()
                      .Add("file", std::string_view(each.file))
                      .Add("offset", each.offset)
                      .Add("what", std::string_view(each.what))
                      .Take());
    return server::JsonObject()
        .Add("directory", std::string_view(directory))
        .Add("sound", summary.damage.empty())
        .Add("segments", summary.segments.size())
        .Add("frames", summary.frames)
        .Add("records", summary.records)
        .Add("record_bytes", summary.record_bytes)
        .Add("oldest_sequence", summary.oldest.value())
        .Add("last_sequence", summary.last.value())
        .AddRaw("damage", damage + "]")
        .Take();
}

void PrintSummary(const log::LogSummary& summary, const std::string& directory, Output& out) {
    uint64_t file_bytes = 0;
    for (const log::SegmentSummary& segment : summary.segments) file_bytes += segment.file_bytes;
    out.Write(StrCat("log       ", directory, "\nrecords   ", FormatCount(summary.records), " in ",
                     FormatCount(summary.frames), " frames, ", FormatBytes(summary.record_bytes),
                     "\nsequence  ", summary.oldest.value(), " to ", summary.last.value(),
                     "\nfiles     ", summary.segments.size(), ", ", FormatBytes(file_bytes)));
    if (summary.records > 0)
        out.Write(StrCat("\ntimes     ", server::FormatTime(summary.oldest_time_us), " to ",
                         server::FormatTime(summary.last_time_us)));
    out.Write("\n");
}

int Finish(const log::LogSummary& summary, Output& out, bool json) {
    if (!json) {
        for (const std::string& note : summary.notes) out.Line(StrCat("note      ", note));
        for (const log::Damage& each : summary.damage)
            out.Line(StrCat("DAMAGED   ", each.file, " at byte ", each.offset, ": ", each.what));
        out.Line(summary.damage.empty() ? "sound: every checksum is right"
                                        : "DAMAGED: a server refuses to start on this log; restore "
                                          "the named files from a copy");
    }
    return summary.damage.empty() ? kOk : kDamage;
}

enum class What { kVerify, kDump, kInfo };

int RunLog(const LogArgs& args, const Session& session, What what) {
    const std::string directory = FindLog(args.directory);
    Output out;
    log::InspectOptions options;
    uint64_t frames = 0;
    std::map<StreamId, std::pair<uint64_t, uint64_t>> streams;
    topics::TopicNames names;
    if (what != What::kVerify) {
        names.AddCheckpoints(io::PosixFileSystem(), io::ParentDirectory(directory));
    }
    if (what == What::kDump)
        options.visit = [&](const log::FramePtr& frame, const std::string& file, uint64_t offset) {
            names.AddFrame(*frame);
            if (args.count == 0 || frames++ < args.count)
                PrintFrame(frame, file, offset, session.json, names, out);
        };
    if (what == What::kInfo)
        options.visit = [&](const log::FramePtr& frame, const std::string&, uint64_t) {
            names.AddFrame(*frame);
            log::RecordIterator records = frame->Records();
            for (log::RecordView record; records.Next(&record);) {
                auto& [count, bytes] = streams[record.stream];
                ++count;
                bytes += record.payload.size();
            }
        };
    std::unique_ptr<Progress> progress;
    options.progress = [&](uint64_t done, uint64_t total) {
        if (what == What::kDump) return;
        if (!progress) progress = std::make_unique<Progress>(total, "bytes");
        progress->Update(done, done);
    };
    const Result<log::LogSummary> summary = log::Inspect(io::PosixFileSystem(), directory, options);
    progress.reset();
    if (!summary.ok()) {
        out.Flush();
        return PrintError(summary.status());
    }
    if (what != What::kDump && session.json) out.Line(SummaryJson(*summary, directory));
    if (what != What::kDump && !session.json) PrintSummary(*summary, directory, out);
    if (what == What::kInfo && !session.json) {
        Table files({"FILE", "FIRST", "RECORDS", "USED", "SIZE", ""}, "lrrrrl");
        for (const log::SegmentSummary& segment : summary->segments)
            files.Add({segment.file, StrCat("#", segment.first.value()),
                       FormatCount(segment.records), FormatBytes(segment.used_bytes),
                       FormatBytes(segment.file_bytes), segment.sealed ? "sealed" : "newest"});
        Table table({"TOPIC", "RECORDS", "PAYLOAD"}, "lrr");
        for (const auto& [stream, sums] : streams)
            table.Add(
                {StreamName(names, stream), FormatCount(sums.first), FormatBytes(sums.second)});
        out.Write(StrCat("\n", files.Text(), "\n", table.Text(), "\n"));
    }
    return Finish(*summary, out, session.json || (what == What::kDump && summary->damage.empty()));
}

}  // namespace

void AddLog(CLI::App& app, Session& session) {
    CLI::App* log = app.add_subcommand("log", "check or print a log on disk, without a server");
    AddExamples(*log, {"blasty log verify blasty-data", "blasty log dump blasty-data | less"});
    auto args = std::make_shared<LogArgs>();
    const auto add = [&](const char* name, const char* what, What kind) {
        CLI::App* command = log->add_subcommand(name, what);
        command->add_option("directory", args->directory, "data directory or log directory")
            ->required()
            ->type_name("");
        AddJsonOption(*command, session);
        command->callback([args, &session, kind] {
            session.run = [args, &session, kind] { return RunLog(*args, session, kind); };
        });
        return command;
    };
    AddExamples(*add("verify", "read every byte, check every checksum", What::kVerify),
                {"blasty log verify blasty-data", "",
                 "Exit code 0 when sound, 3 when damaged; the output names file and offset.",
                 "Reads only; best with the server stopped."});
    CLI::App* dump = add("dump", "print every record", What::kDump);
    AddCountOption(*dump, "--count", args->count, "so many frames only");
    AddExamples(*dump, {"blasty log dump blasty-data | less",
                        "blasty log dump blasty-data --json | jq -r .payload"});
    AddExamples(*add("info", "files, streams and sizes", What::kInfo),
                {"blasty log info blasty-data"});
}

}  // namespace blasty::cli
