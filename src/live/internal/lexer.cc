#include "live/internal/lexer.h"

namespace blasty::live::internal {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
  public:
    explicit Lexer(std::string_view sql) : sql_(sql) {}

    std::vector<Token> Run() {
        while (at_ < sql_.size()) {
            if (!SkipBlank()) Take();
        }
        return std::move(tokens_);
    }

  private:
    char Peek(size_t ahead = 0) const {
        return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
    }

    bool SkipBlank() {
        if (IsBlank(Peek())) {
            ++at_;
            return true;
        }
        std::string_view end;
        if (Peek() == '-' && Peek(1) == '-') end = "\n";
        if (Peek() == '/' && Peek(1) == '*') end = "*/";
        if (end.empty()) return false;
        const size_t found = sql_.find(end, at_ + 2);
        at_ = found == std::string_view::npos ? sql_.size() : found + end.size();
        return true;
    }

    // After the opening quote at `at_`: a doubled closing quote stands for itself.
    void SkipQuoted(char close) {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (sql_[at_] != close) continue;
            if (close == ']' || Peek(1) != close) break;
            ++at_;
        }
        if (at_ < sql_.size()) ++at_;
    }

    void SkipWord() {
        while (at_ < sql_.size() && IsWord(sql_[at_])) ++at_;
    }

    void SkipNumber() {
        while (at_ < sql_.size()) {
            const bool sign = (sql_[at_] == '+' || sql_[at_] == '-') &&
                              (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E');
            if (!IsWord(sql_[at_]) && sql_[at_] != '.' && !sign) break;
            ++at_;
        }
    }

    void SkipParameter() {
        ++at_;
        while (at_ < sql_.size() && (IsWord(sql_[at_]) || sql_[at_] == ':')) ++at_;
    }

    TokenKind Skip() {
        const char c = Peek();
        if (c == '\'') {
            SkipQuoted('\'');
            return TokenKind::kString;
        }
        if ((c == 'x' || c == 'X') && Peek(1) == '\'') {
            ++at_;
            SkipQuoted('\'');
            return TokenKind::kString;
        }
        if (c == '"' || c == '`' || c == '[') {
            SkipQuoted(c == '[' ? ']' : c);
            return TokenKind::kQuoted;
        }
        if (c == '?' || c == ':' || c == '@' || c == '$' || c == '#') {
            SkipParameter();
            return TokenKind::kParameter;
        }
        if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
            ++at_;
            SkipNumber();
            return TokenKind::kNumber;
        }
        if (IsWord(c)) {
            SkipWord();
            return TokenKind::kWord;
        }
        ++at_;
        return TokenKind::kMark;
    }

    void Take() {
        Token token;
        token.begin = at_;
        token.kind = Skip();
        token.end = at_;
        if (token.kind == TokenKind::kWord || token.kind == TokenKind::kMark) {
            token.upper = sql_.substr(token.begin, token.end - token.begin);
            for (char& c : token.upper) {
                if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
            }
        }
        if (token.upper == "(") ++depth_;
        token.depth = depth_;
        if (token.upper == ")") --depth_;
        tokens_.push_back(std::move(token));
    }

    std::string_view sql_;
    size_t at_ = 0;
    int depth_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view sql) { return Lexer(sql).Run(); }

}  // namespace blasty::live::internal
