#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "client/sql.h"
#include "server/json_text.h"
#include "server/restore.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct BackupArgs {
    std::string file, verify_file, data;
    bool force = false;
};

int RunBackup(const BackupArgs& args, const Session& session) {
    if (args.file.empty())
        return PrintError(MakeError(StatusCode::kInvalidArgument, "USAGE",
                                    "name the file: blasty backup main.backup"));
    std::atomic<client::Sql*> running = nullptr;
    const Interrupts interrupts([&running] {
        if (client::Sql* const sql = running.load()) sql->Cancel();
    });
    OutputFile file;
    if (const Status status = file.Open(args.file, args.force); !status.ok())
        return PrintError(status);
    client::Client client(session.client_options());
    client::Sql sql(client);
    running.store(&sql);
    if (interrupts.interrupted()) sql.Cancel();
    const int64_t started = SystemClock().MonotonicMicros();
    std::unique_ptr<Progress> progress;
    const Result<uint64_t> sequence =
        sql.Backup([&file, &progress](std::string_view bytes, uint64_t total) {
            if (progress == nullptr) progress = std::make_unique<Progress>(total, "KiB");
            const Status status = file.Write(bytes);
            progress->Update(file.written(), file.written() >> 10);
            return status;
        });
    progress.reset();
    running.store(nullptr);
    if (!sequence.ok()) return PrintError(sequence.status());
    if (const Status status = file.Commit(); !status.ok()) return PrintError(status);
    Output out;
    if (session.json) {
        out.Line(server::JsonObject()
                     .AddBytes("file", args.file)
                     .Add("sequence", *sequence)
                     .Add("bytes", file.written())
                     .Take());
    } else {
        out.Line(StrCat(Printable(args.file, 400), ": ", server::FormatBytes(file.written()),
                        ", as of sequence ", *sequence, ", in ",
                        server::FormatDuration(SystemClock().MonotonicMicros() - started)));
    }
    return kOk;
}

int PrintInfo(const Result<server::RestoredDatabase>& info, std::string_view what,
              const std::string& place, const Session& session) {
    if (!info.ok()) return PrintError(info.status());
    Output out;
    if (session.json) {
        out.Line(server::JsonObject()
                     .Add("what", what)
                     .AddBytes("place", place)
                     .Add("sequence", info->sequence)
                     .Add("files", info->files)
                     .Add("bytes", info->bytes)
                     .Add("created_us", info->created_us)
                     .Take());
    } else {
        out.Line(StrCat(Printable(place, 400), ": ", what, ", ",
                        server::Counted(info->files, "file"), ", ",
                        server::FormatBytes(info->bytes), ", as of sequence ", info->sequence,
                        ", made ", server::FormatTime(info->created_us)));
    }
    return kOk;
}

int RunVerify(const BackupArgs& args, const Session& session) {
    return PrintInfo(server::VerifyArchive(args.verify_file), "sound", args.verify_file, session);
}

int RunRestore(const BackupArgs& args, const Session& session) {
    std::unique_ptr<Progress> progress;
    const auto info =
        server::RestoreDatabase(args.file, args.data, [&progress](uint64_t done, uint64_t total) {
            if (progress == nullptr) progress = std::make_unique<Progress>(total, "KiB");
            progress->Update(done, done >> 10);
        });
    progress.reset();
    const int code = PrintInfo(info, "restored", args.data, session);
    if (code == kOk && !session.json)
        Note(StrCat("start it with: blasty serve --data ", Printable(args.data, 400)));
    return code;
}

}  // namespace

void AddBackup(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("backup", "copy the running database into one file");
    auto args = std::make_shared<BackupArgs>();
    command->add_option("file", args->file, "the archive to write")->type_name("");
    command->add_flag("--force", args->force, "replace a file that is there");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty backup monday.backup", "blasty backup verify monday.backup",
                           "blasty restore monday.backup --data restored", "",
                           "Writers go on meanwhile; the copy is of one moment."});
    command->callback([args, &session] {
        if (!session.run) session.run = [args, &session] { return RunBackup(*args, session); };
    });
    CLI::App* verify = command->add_subcommand("verify", "check an archive, without a server");
    verify->add_option("file", args->verify_file, "the archive")->required()->type_name("");
    AddJsonOption(*verify, session);
    AddExamples(*verify, {"blasty backup verify monday.backup", "",
                          "Exit code 3 when it is damaged; the place is named."});
    verify->callback(
        [args, &session] { session.run = [args, &session] { return RunVerify(*args, session); }; });
}

void AddRestore(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("restore", "make a data directory from a backup");
    auto args = std::make_shared<BackupArgs>();
    command->add_option("file", args->file, "the archive, - standard input")
        ->required()
        ->type_name("");
    command->add_option("--data", args->data, "data directory, empty or not there yet")
        ->required()
        ->type_name("DIR");
    AddJsonOption(*command, session);
    AddExamples(*command,
                {"blasty restore monday.backup --data restored", "blasty serve --data restored", "",
                 "No server is needed. Every checksum is checked; after an error nothing",
                 "of it is left in the directory."});
    command->callback([args, &session] {
        session.run = [args, &session] { return RunRestore(*args, session); };
    });
}

}  // namespace blasty::cli
