// Char filters that replace strings.

#include <algorithm>
#include <array>
#include <map>

#include "analysis/internal/char_filter.h"
#include "analysis/internal/parts.h"
#include "analysis/limits.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace blasty::analysis::internal {
namespace {

// Replaces the longest of its keys at each place.
class Replacements final : public CharFilter {
  public:
    Replacements(const std::map<std::string, std::string>& rules, bool normalizes)
        : normalizes_(normalizes) {
        for (const auto& [from, to] : rules) {
            by_first_[static_cast<uint8_t>(from[0])].push_back({from, to});
        }
        for (auto& rules_of : by_first_) {
            std::stable_sort(rules_of.begin(), rules_of.end(), [](const Rule& a, const Rule& b) {
                return a.from.size() > b.from.size();
            });
        }
    }

    void Apply(std::string_view in, FilteredText& out) const override {
        size_t kept = 0;  // where the bytes that stay begin
        for (size_t i = 0; i < in.size();) {
            const Rule* rule = Find(in.substr(i));
            if (rule == nullptr) {
                ++i;
                continue;
            }
            out.Keep(in.substr(kept, i - kept));
            out.Replace(rule->from.size(), rule->to);
            i += rule->from.size();
            kept = i;
        }
        out.Keep(in.substr(kept));
    }
    bool normalizes() const override { return normalizes_; }

  private:
    struct Rule {
        std::string from;
        std::string to;
    };

    const Rule* Find(std::string_view text) const {
        for (const Rule& rule : by_first_[static_cast<uint8_t>(text[0])]) {
            if (text.starts_with(rule.from)) return &rule;
        }
        return nullptr;
    }

    std::array<std::vector<Rule>, 256> by_first_;
    bool normalizes_;
};

std::string_view Trim(std::string_view text) {
    const size_t from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return "";
    return text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

}  // namespace

std::unique_ptr<CharFilter> MakeZeroWidth() {
    const std::map<std::string, std::string> rules = {
        {"\u200b", " "},  // zero-width space
        {"\u200c", " "},  // non-joiner, between the parts of Persian words
        {"\u00ad", ""},   // soft hyphen
        {"\u2060", ""},   // word joiner
        {"\ufeff", ""},   // byte order mark
    };
    return std::make_unique<Replacements>(rules, false);
}

Result<std::unique_ptr<CharFilter>> MakeMapping(std::string_view rules, size_t place) {
    std::map<std::string, std::string> out;
    while (!Trim(rules).empty()) {
        const size_t end = std::min(rules.find_first_of(",\n"), rules.size());
        const std::string_view rule = Trim(rules.substr(0, end));
        rules.remove_prefix(std::min(end + 1, rules.size()));
        if (rule.empty()) continue;
        const size_t arrow = rule.find("=>");
        const std::string from(arrow == std::string_view::npos ? "" : Trim(rule.substr(0, arrow)));
        if (from.empty()) {
            return BadAnalyzer(place, StrCat("the mapping '", Printable(rule),
                                             "' is not written as 'from=>to, from=>to'"));
        }
        if (!IsUtf8(from) || !IsUtf8(rule)) {
            return BadAnalyzer(place, StrCat("the mapping '", Printable(rule), "' is not UTF-8"));
        }
        if (!out.emplace(from, Trim(rule.substr(arrow + 2))).second) {
            return BadAnalyzer(place, StrCat("'", Printable(from), "' is mapped twice"));
        }
    }
    if (out.empty() || out.size() > kMappingsMax) {
        return BadAnalyzer(place, StrCat(out.size(), " mappings, 1 to ", kMappingsMax,
                                         " are possible; write them as 'from=>to, from=>to'"));
    }
    return std::make_unique<Replacements>(out, true);
}

}  // namespace blasty::analysis::internal
