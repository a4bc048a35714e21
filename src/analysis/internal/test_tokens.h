// Tokens as text, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "analysis/chain.h"
#include "base/random.h"
#include "base/strings.h"

namespace blasty::analysis::internal {

inline std::shared_ptr<const Analyzer> Make(std::string_view chain) {
    auto made = MakeAnalyzer(chain);
    EXPECT_TRUE(made.ok()) << chain << ": " << MessageOf(made.status());
    return made.ok() ? *made : nullptr;
}

// "term term", or with positions "0:term 2:term".
inline std::string Terms(const Analyzer& analyzer, std::string_view text) {
    std::string out;
    analyzer.Analyze(
        text, [&](const Token& token) { StrAppend(out, out.empty() ? "" : " ", token.term); });
    return out;
}
inline std::string Terms(std::string_view chain, std::string_view text) {
    return Terms(*Make(chain), text);
}
inline std::string Positions(std::string_view chain, std::string_view text) {
    std::string out;
    Make(chain)->Analyze(text, [&](const Token& token) {
        StrAppend(out, out.empty() ? "" : " ", token.position, ":", token.term);
    });
    return out;
}
// "term=piece of the text term=…"
inline std::string Places(std::string_view chain, std::string_view text) {
    std::string out;
    Make(chain)->Analyze(text, [&](const Token& token) {
        StrAppend(out, out.empty() ? "" : " ", token.term, "=",
                  text.substr(token.start, token.end - token.start));
    });
    return out;
}

// Random text of the pieces.
template <typename Pieces>
std::string RandomText(Random& random, const Pieces& pieces, size_t count_max) {
    std::string out;
    for (size_t i = random.Below(count_max + 1); i > 0; --i) {
        out += pieces[random.Below(std::size(pieces))];
    }
    return out;
}

}  // namespace blasty::analysis::internal
