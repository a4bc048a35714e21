#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace blasty::cli {
namespace {

std::vector<CLI::App*> Commands(CLI::App& app) {
    return app.get_subcommands([](CLI::App*) { return true; });
}

std::string Names(CLI::App& app) {
    std::string out;
    for (CLI::App* command : Commands(app))
        StrAppend(out, out.empty() ? "" : " ", command->get_name());
    return out;
}

std::string Flags(CLI::App& app) {
    std::string out;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            StrAppend(out, out.empty() ? "" : " ", "--", name);
    return out;
}

// Calls `visit(path, command)` for every command, "blasty" included.
template <typename Visit>
void Walk(CLI::App& app, const std::string& path, const Visit& visit) {
    visit(path, app);
    for (CLI::App* command : Commands(app)) Walk(*command, path + " " + command->get_name(), visit);
}

// bash and zsh share it: zsh runs it through bashcompinit, and there `path` and `words` mean other
// things. Names of topics come from anyone: they are compared, never given to compgen, which would
// expand a $(command) in them.
std::string Bash(CLI::App& app) {
    std::string out =
        "_blasty() {\n"
        "    local at=blasty word cur=${COMP_WORDS[COMP_CWORD]} i choices=\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        word=${COMP_WORDS[i]}\n"
        "        case \"$at $word\" in\n";
    std::string replies;
    Walk(app, "blasty", [&](const std::string& path, CLI::App& command) {
        if (path != "blasty") StrAppend(out, "            \"", path, "\") at=\"", path, "\" ;;\n");
        StrAppend(replies, "        \"", path, "\") choices=\"", Names(command), " ",
                  Flags(command), "\" ;;\n");
    });
    StrAppend(
        out,
        "        esac\n"
        "    done\n"
        "    case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n"
        "        --lines|--file|--config|--data) return ;;  # -o default: names of files\n"
        "        --from) choices=\"oldest newest\" ;;\n"
        "        --ack) choices=\"auto manual\" ;;\n"
        "        --format) choices=\"csv ndjson\" ;;\n"
        "        --on-error) choices=\"stop skip file=\" ;;\n"
        "        *) case \"$at\" in\n",
        replies,
        "        esac ;;\n"
        "    esac\n"
        "    COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n"
        "    [[ \"$cur\" == -* || \"$choices\" == \"oldest newest\" ]] && return\n"
        "    case \"$at\" in\n"
        "        \"blasty sub\"|\"blasty pub\"|\"blasty topics info\"|\"blasty topics set\"|"
        "\"blasty topics rm\")\n"
        "            while IFS= read -r word; do\n"
        "                [[ \"$word\" == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
        "            done < <(\"${COMP_WORDS[0]}\" topics ls --json 2>/dev/null |\n"
        "                     sed -n 's/^{\"name\":\"\\([^\"\\\\]*\\)\".*/\\1/p') ;;\n"
        "        \"blasty changes\"|\"blasty import\"|\"blasty export\"|\"blasty tables info\"|"
        "\"blasty tables drop\")\n"
        "            while IFS= read -r word; do\n"
        "                [[ \"$word\" == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
        "            done < <(\"${COMP_WORDS[0]}\" tables ls --json 2>/dev/null |\n"
        "                     sed -n 's/^{\"name\":\"\\([^\"\\\\]*\\)\".*/\\1/p') ;;\n"
        "        \"blasty search\"|\"blasty search rebuild\"|\"blasty search suggest\")\n"
        "            while IFS= read -r word; do\n"
        "                [[ \"$word\" == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
        "            done < <(\"${COMP_WORDS[0]}\" search indexes --json 2>/dev/null |\n"
        "                     sed -n 's/^{\"name\":\"\\([^\"\\\\]*\\)\".*/\\1/p') ;;\n"
        "    esac\n"
        "}\n"
        "complete -o default -F _blasty blasty\n");
    return out;
}

std::string Fish(CLI::App& app) {
    std::string out = "complete -c blasty -f\n";
    Walk(app, "", [&](const std::string& path, CLI::App& command) {
        std::string seen;
        std::string_view rest = path;
        while (!rest.empty()) {
            rest.remove_prefix(1);
            const size_t end = std::min(rest.find(' '), rest.size());
            StrAppend(seen, seen.empty() ? "" : "; and ", "__fish_seen_subcommand_from ",
                      rest.substr(0, end));
            rest.remove_prefix(end);
        }
        if (seen.empty()) seen = "__fish_use_subcommand";
        const std::string names = Names(command);
        const std::string inner =
            path.empty() || names.empty()
                ? seen
                : StrCat(seen, "; and not __fish_seen_subcommand_from ", names);
        for (CLI::App* each : Commands(command))
            StrAppend(out, "complete -c blasty -n '", inner, "' -a ", each->get_name(), " -d '",
                      each->get_description(), "'\n");
        for (const CLI::Option* option : command.get_options())
            for (const std::string& name : option->get_lnames())
                StrAppend(out, "complete -c blasty -n '", seen, "' -l ", name, "\n");
    });
    return out;
}

}  // namespace

void AddCompletion(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("completion", "print a completion script for a shell");
    auto shell = std::make_shared<std::string>();
    command->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    AddExamples(*command, {"source <(blasty completion bash)",
                           "blasty completion zsh > ~/.blasty.zsh && source ~/.blasty.zsh",
                           "blasty completion fish > ~/.config/fish/completions/blasty.fish"});
    command->callback([shell, &app, &session] {
        session.run = [shell, &app] {
            Output out;
            if (*shell == "zsh") out.Write("autoload -U +X bashcompinit && bashcompinit\n");
            out.Write(*shell == "fish" ? Fish(app) : Bash(app));
            return static_cast<int>(kOk);
        };
    });
}

}  // namespace blasty::cli
