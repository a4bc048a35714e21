#include "cli/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/result_printer.h"

namespace blasty::cli {
namespace {

constexpr int kHistoryEntries = 2000;
constexpr size_t kShownCandidates = 60;

// Where the word that ends at the end of `text` begins.
size_t WordBegin(std::string_view text) {
    size_t at = text.size();
    const auto part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
    };
    while (at > 0 && part(text[at - 1])) --at;
    return at;
}

}  // namespace

std::string CommonPrefix(const std::vector<std::string>& words) {
    if (words.empty()) return "";
    std::string prefix = words.front();
    for (const std::string& word : words) {
        const auto differs =
            std::mismatch(prefix.begin(), prefix.end(), word.begin(), word.end()).first;
        prefix.erase(differs, prefix.end());
    }
    while (!prefix.empty() && !IsUtf8(prefix)) prefix.pop_back();
    return prefix;
}

std::string HistoryFile() {
    const char* const state = std::getenv("XDG_STATE_HOME");
    const char* const home = std::getenv("HOME");
    std::string folder;
    if (state != nullptr && *state == '/') {
        folder = state;
    } else if (home != nullptr && *home != 0) {
        folder = StrCat(std::string_view(home), "/.local/state");
    } else {
        return "";
    }
    StrAppend(folder, "/blasty");
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    return error ? "" : StrCat(folder, "/sql_history");
}

struct LineEditor::Impl {
    std::string history_file, prompt;
    Completer completer;
    EditLine* edit = nullptr;
    History* history = nullptr;
    int cancel_fd = -1;
    bool cancelled = false;

    static Impl& Of(EditLine* edit) {
        void* data = nullptr;
        el_get(edit, EL_CLIENTDATA, &data);
        return *static_cast<Impl*>(data);
    }
    static char* Prompt(EditLine* edit) { return Of(edit).prompt.data(); }
    static int GetCharacter(EditLine* edit, wchar_t* out);
    static unsigned char Complete(EditLine* edit, int key);
    bool ReadByte(char* byte);
    void Show(const std::vector<std::string>& words);
};

// False at the end of the input and when cancelled.
bool LineEditor::Impl::ReadByte(char* byte) {
    while (true) {
        pollfd wait[2] = {{STDIN_FILENO, POLLIN, 0}, {cancel_fd, POLLIN, 0}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR) return false;
        if ((wait[1].revents & POLLIN) != 0) {
            uint64_t count = 0;
            (void)!read(cancel_fd, &count, sizeof(count));
            cancelled = true;
            return false;
        }
        if (wait[0].revents == 0) continue;
        const ssize_t n = read(STDIN_FILENO, byte, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        return n == 1;
    }
}

// 1, 0 at the end, -1 when cancelled.
int LineEditor::Impl::GetCharacter(EditLine* edit, wchar_t* out) {
    Impl& impl = Of(edit);
    std::string bytes;
    do {
        char byte = 0;
        if (!impl.ReadByte(&byte)) return impl.cancelled ? -1 : 0;
        bytes.push_back(byte);
    } while (!IsUtf8(bytes) && bytes.size() < 4 && (static_cast<unsigned char>(bytes[0]) & 0x80));
    const auto lead = static_cast<unsigned char>(bytes[0]);
    if (!IsUtf8(bytes)) {
        *out = L'?';
        return 1;
    }
    auto code =
        static_cast<wchar_t>(bytes.size() == 1 ? lead : lead & (0xffu >> (bytes.size() + 1)));
    for (size_t i = 1; i < bytes.size(); ++i)
        code = code << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3f);
    *out = code;
    return 1;
}

void LineEditor::Impl::Show(const std::vector<std::string>& words) {
    const size_t width = std::max<size_t>(TerminalWidth(STDOUT_FILENO), 20);
    size_t widest = 0;
    for (const std::string& word : words) widest = std::max(widest, word.size() + 2);
    const size_t per_line = std::max<size_t>(width / widest, 1);
    std::string text = "\n";
    for (size_t i = 0; i < words.size() && i < kShownCandidates; ++i) {
        const bool last = (i + 1) % per_line == 0 || i + 1 == words.size();
        StrAppend(text, words[i], last ? "" : std::string(widest - words[i].size(), ' '),
                  last ? "\n" : "");
    }
    if (words.size() > kShownCandidates)
        StrAppend(text, "\n… ", words.size() - kShownCandidates, " more\n");
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

unsigned char LineEditor::Impl::Complete(EditLine* edit, int) {
    Impl& impl = Of(edit);
    const LineInfo* const line = el_line(edit);
    const std::string before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    const std::vector<std::string> words = impl.completer(before);
    if (words.empty()) return CC_REFRESH_BEEP;
    const std::string typed = before.substr(WordBegin(before));
    const std::string common = CommonPrefix(words);
    const bool alone = words.size() == 1;
    if (common.size() > typed.size() || alone) {
        el_deletestr(edit, static_cast<int>(typed.size()));
        el_insertstr(edit, StrCat(common, alone && !common.ends_with('.') ? " " : "").c_str());
        return CC_REFRESH;
    }
    impl.Show(words);
    return CC_REDISPLAY;
}

LineEditor::LineEditor(std::string history_file, Completer completer)
    : impl_(std::make_unique<Impl>()) {
    // libedit takes characters through the locale; what is typed here is UTF-8.
    if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX < 4)
        std::setlocale(LC_CTYPE, "C.UTF-8");
    impl_->history_file = std::move(history_file);
    impl_->completer = std::move(completer);
    impl_->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    impl_->history = history_init();
    HistEvent event;
    history(impl_->history, &event, H_SETSIZE, kHistoryEntries);
    history(impl_->history, &event, H_SETUNIQUE, 1);
    if (!impl_->history_file.empty())
        history(impl_->history, &event, H_LOAD, impl_->history_file.c_str());
    impl_->edit = el_init("blasty", stdin, stdout, stderr);
    EditLine* const edit = impl_->edit;
    el_set(edit, EL_CLIENTDATA, impl_.get());
    el_set(edit, EL_PROMPT, Impl::Prompt);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_SIGNAL, 0);
    el_set(edit, EL_HIST, history, impl_->history);
    el_set(edit, EL_GETCFN, Impl::GetCharacter);
    el_set(edit, EL_ADDFN, "blasty-complete", "complete a word", Impl::Complete);
    el_set(edit, EL_BIND, "^I", "blasty-complete", nullptr);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
    el_set(edit, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
}

LineEditor::~LineEditor() {
    HistEvent event;
    if (!impl_->history_file.empty()) {
        const mode_t before = umask(077);
        history(impl_->history, &event, H_SAVE, impl_->history_file.c_str());
        umask(before);
    }
    el_end(impl_->edit);
    history_end(impl_->history);
    close(impl_->cancel_fd);
}

LineEditor::Outcome LineEditor::Read(const std::string& prompt, std::string* line) {
    impl_->prompt = prompt;
    impl_->cancelled = false;
    el_resize(impl_->edit);
    int count = 0;
    const char* const text = el_gets(impl_->edit, &count);
    if (impl_->cancelled) return Outcome::kCancelled;
    if (text == nullptr || count <= 0) return Outcome::kEnd;
    line->assign(text, static_cast<size_t>(count));
    while (line->ends_with('\n') || line->ends_with('\r')) line->pop_back();
    return Outcome::kLine;
}

void LineEditor::Remember(const std::string& entry) {
    HistEvent event;
    history(impl_->history, &event, H_ENTER, entry.c_str());
}

void LineEditor::Cancel() {
    const uint64_t one = 1;
    (void)!write(impl_->cancel_fd, &one, sizeof(one));
}

}  // namespace blasty::cli
