#include "analysis/chain.h"

#include <algorithm>
#include <utility>

#include "analysis/internal/analyzers.h"
#include "analysis/internal/chain_analyzer.h"
#include "analysis/internal/chain_parser.h"
#include "analysis/internal/parts.h"
#include "analysis/limits.h"
#include "base/strings.h"

namespace blasty::analysis {
namespace {

using internal::BadAnalyzer;
using internal::PartDef;

std::string Names(std::span<const PartDef> parts) {
    std::string out;
    for (const PartDef& part : parts) StrAppend(out, out.empty() ? "" : ", ", part.name);
    return out;
}

// The definition of a part, its arguments counted.
Result<const PartDef*> Check(std::span<const PartDef> parts, std::string_view what,
                             const ChainPart& part) {
    const PartDef* def = internal::FindPart(parts, part.name);
    if (def == nullptr) {
        return BadAnalyzer(part.place, StrCat("no ", what, " is called '", Printable(part.name),
                                              "'; known are ", Names(parts)));
    }
    if (part.args.size() < def->args_min || part.args.size() > def->args_max) {
        return BadAnalyzer(part.place, StrCat("'", part.name, "' has ", part.args.size(),
                                              " arguments; write it as: ", part.name,
                                              def->args.empty() ? "" : " ", def->args));
    }
    return def;
}

Status AddParts(const ChainSpec& spec, internal::ChainAnalyzer& out) {
    for (const ChainPart& part : spec.char_filters) {
        BLASTY_ASSIGN_OR_RETURN(const PartDef* def,
                                Check(internal::CharFilterParts(), "char filter", part));
        BLASTY_ASSIGN_OR_RETURN(auto filter, def->make_char_filter(part));
        out.Add(std::move(filter));
    }
    for (const ChainPart& part : spec.filters) {
        BLASTY_ASSIGN_OR_RETURN(const PartDef* def, Check(internal::FilterParts(), "filter", part));
        BLASTY_ASSIGN_OR_RETURN(internal::Filter filter, def->make_filter(part, out));
        out.Add(std::move(filter));
    }
    return OkStatus();
}

}  // namespace

Result<ChainSpec> ParseChain(std::string_view text) {
    BLASTY_ASSIGN_OR_RETURN(std::vector<ChainPart> parts, internal::ParseParts(text));
    return internal::SpecOf(std::move(parts));
}

std::string ChainText(const ChainSpec& spec) {
    std::string out;
    const auto add = [&out](const ChainPart& part) {
        if (!out.empty()) out += " | ";
        out += part.name;
        for (const std::string& arg : part.args) StrAppend(out, " ", internal::Quoted(arg));
    };
    for (const ChainPart& part : spec.char_filters) add(part);
    add(spec.tokenizer);
    for (const ChainPart& part : spec.filters) add(part);
    return out;
}

Result<std::shared_ptr<const Analyzer>> MakeAnalyzer(std::string_view text) {
    BLASTY_ASSIGN_OR_RETURN(const ChainSpec spec, ParseChain(text));
    return MakeAnalyzer(spec);
}

Result<std::shared_ptr<const Analyzer>> MakeAnalyzer(const ChainSpec& spec) {
    if (spec.filters.size() > kFiltersMax) {
        return BadAnalyzer(
            spec.filters[kFiltersMax].place,
            StrCat(spec.filters.size(), " filters in one chain, at most ", kFiltersMax));
    }
    if (spec.char_filters.size() > kFiltersMax) {
        return BadAnalyzer(
            spec.char_filters[kFiltersMax].place,
            StrCat(spec.char_filters.size(), " char filters in one chain, at most ", kFiltersMax));
    }
    BLASTY_ASSIGN_OR_RETURN(const PartDef* def,
                            Check(internal::TokenizerParts(), "tokenizer", spec.tokenizer));
    BLASTY_ASSIGN_OR_RETURN(auto tokenizer, def->make_tokenizer(spec.tokenizer));
    auto chain = std::make_shared<internal::ChainAnalyzer>(std::move(tokenizer));
    BLASTY_RETURN_IF_ERROR(AddParts(spec, *chain));
    return std::shared_ptr<const Analyzer>(std::move(chain));
}

std::vector<AnalyzerInfo> ListAnalyzers() {
    std::vector<AnalyzerInfo> out = internal::NamedAnalyzers();
    std::sort(out.begin(), out.end(),
              [](const AnalyzerInfo& a, const AnalyzerInfo& b) { return a.name < b.name; });
    return out;
}

std::vector<FilterInfo> ListFilters() {
    std::vector<FilterInfo> out;
    for (const auto& parts :
         {internal::CharFilterParts(), internal::TokenizerParts(), internal::FilterParts()}) {
        for (const PartDef& part : parts) {
            out.push_back({part.kind, std::string(part.name), std::string(part.args),
                           std::string(part.summary)});
        }
    }
    return out;
}

}  // namespace blasty::analysis
