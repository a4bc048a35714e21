#include "index/internal/query_terms.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace blasty::index::internal {
namespace {

// Of the number that keys of documents, which have no field, go by.
constexpr std::string_view kNoField;

// What is believed of a term before documents were read; as if so many had been read.
constexpr double kBelief = 4;

// Terms of a field that are remembered with the matchers they fit: when there are more, all are
// found out anew (at most about 10 MB a field). Longer ones are not remembered.
constexpr size_t kKnownTermsMax = 1 << 16;
constexpr size_t kKnownTermBytesMax = 64;
// So many released matchers may stay, however few there are.
constexpr size_t kReleasedMax = 64;

}  // namespace

size_t QueryTerms::Hash::operator()(const Name& name) const {
    return XXH3_64bits_withSeed(name.text.data(), name.text.size(), name.space);
}

uint32_t QueryTerms::AddField(std::string_view name) {
    const auto [found, added] = field_numbers_.try_emplace(std::string(name), 0);
    if (added) {
        if (free_fields_.empty()) {
            free_fields_.push_back(static_cast<uint32_t>(fields_.size()));
            fields_.emplace_back();
        }
        found->second = free_fields_.back();
        free_fields_.pop_back();
        fields_[found->second].name = name;
    }
    ++fields_[found->second].references;
    return found->second;
}

void QueryTerms::ReleaseField(uint32_t field) {
    if (--fields_[field].references > 0) return;
    field_numbers_.erase(fields_[field].name);
    fields_[field] = Field();
    free_fields_.push_back(field);
}

void QueryTerms::CountPrefix(Field& field, size_t length, bool add) {
    const auto size = static_cast<uint32_t>(length);
    auto& lengths = field.prefix_lengths;
    auto at = std::lower_bound(lengths.begin(), lengths.end(), std::make_pair(size, 0u));
    if (add) {
        if (at == lengths.end() || at->first != size) at = lengths.insert(at, {size, 0});
        ++at->second;
    } else if (--at->second == 0) {
        lengths.erase(at);
    }
}

uint32_t QueryTerms::AddTerm(Kind kind, std::string_view field, std::string_view text) {
    const uint32_t number = AddField(kind == Kind::kKey ? kNoField : field);
    const Name name{.space = SpaceOf(number, kind), .text = text};
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
        ReleaseField(number);
        ++terms_[*found].references;
        return *found;
    }
    if (free_terms_.empty()) {
        free_terms_.push_back(static_cast<uint32_t>(terms_.size()));
        terms_.emplace_back();
        seen_in_.push_back(0);
        place_.push_back(0);
    }
    const uint32_t term = free_terms_.back();
    free_terms_.pop_back();
    terms_[term] = {.space = name.space,
                    .references = 1,
                    .first_document = documents_,
                    .text = std::string(text),
                    .leads = {}};
    seen_in_[term] = 0;
    by_name_.insert(term);
    if (kind == Kind::kPrefix) CountPrefix(fields_[number], text.size(), true);
    return term;
}

uint32_t QueryTerms::AddFitting(std::string_view field, std::string_view text,
                                TermMatcherPtr matcher) {
    const uint32_t term = AddTerm(Kind::kFitting, field, text);
    if (terms_[term].references == 1) {
        std::vector<Fitting>& fittings = fields_[terms_[term].space >> 3].fittings;
        terms_[term].fitting = static_cast<uint32_t>(fittings.size());
        fittings.push_back({.term = term, .matcher = std::move(matcher)});
    }
    return term;
}

void QueryTerms::ReleaseFitting(Field& field, uint32_t fitting) {
    field.fittings[fitting].matcher = nullptr;
    ++field.fittings_released;
    if (field.fittings_released <= std::max(kReleasedMax, field.fittings.size() / 2)) return;
    // What is remembered of terms names matchers by their places, which change.
    std::erase_if(field.fittings, [](const Fitting& it) { return it.matcher == nullptr; });
    for (uint32_t i = 0; i < field.fittings.size(); ++i) terms_[field.fittings[i].term].fitting = i;
    field.fittings_released = 0;
    field.known_terms.clear();
}

void QueryTerms::ReleaseTerm(uint32_t term) {
    if (--terms_[term].references > 0) return;
    by_name_.erase(term);
    const uint32_t field = terms_[term].space >> 3;
    const Kind kind = KindOf(terms_[term].space);
    if (kind == Kind::kPrefix) CountPrefix(fields_[field], terms_[term].text.size(), false);
    if (kind == Kind::kFitting) ReleaseFitting(fields_[field], terms_[term].fitting);
    terms_[term] = Term();
    free_terms_.push_back(term);
    ReleaseField(field);
}

void QueryTerms::Mark(uint32_t term, uint32_t place) {
    if (Has(term)) return;
    seen_in_[term] = document_number_;
    place_[term] = place;
    ++terms_[term].documents;
    found_.push_back(term);
}

void QueryTerms::Find(const Name& name, uint32_t place) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) Mark(*found, place);
}

void QueryTerms::FindFitting(Field& field, std::string_view text, uint32_t place) {
    KnownTerm passing;
    KnownTerm* known = &passing;
    if (text.size() <= kKnownTermBytesMax) {
        if (field.known_terms.size() >= kKnownTermsMax) field.known_terms.clear();
        known = &field.known_terms[std::string(text)];
    }
    for (; known->asked < field.fittings.size(); ++known->asked) {
        const Fitting& fitting = field.fittings[known->asked];
        if (fitting.matcher != nullptr && fitting.matcher->Fits(text))
            known->fits.push_back(known->asked);
    }
    for (const uint32_t fitting : known->fits) {
        if (field.fittings[fitting].matcher != nullptr) Mark(field.fittings[fitting].term, place);
    }
}

void QueryTerms::ReadField(const Document::Impl::Field& field, uint32_t number) {
    if (field.exists()) Find({.space = SpaceOf(number, Kind::kExists), .text = {}}, 0);
    const uint32_t space = SpaceOf(number, Kind::kTerm), prefixes = SpaceOf(number, Kind::kPrefix);
    Field& asked = fields_[number];
    const auto& lengths = asked.prefix_lengths;
    for (uint32_t i = field.first_term; i < field.end_term; ++i) {
        const std::string_view text = document_->TextOf(document_->terms[i]);
        Find({.space = space, .text = text}, i);
        for (const auto& [length, count] : lengths) {
            if (length > text.size()) break;
            Find({.space = prefixes, .text = text.substr(0, length)}, i);
        }
        if (!asked.fittings.empty()) FindFitting(asked, text, i);
    }
}

void QueryTerms::Read(const Document::Impl& document) {
    document_ = &document;
    ++documents_;
    if (++document_number_ == 0) {
        std::fill(seen_in_.begin(), seen_in_.end(), 0);
        ++document_number_;
    }
    found_.clear();
    for (const uint32_t field : fields_here_) fields_[field].here = nullptr;
    fields_here_.clear();
    if (const auto keys = field_numbers_.find(std::string(kNoField)); keys != field_numbers_.end())
        Find({.space = SpaceOf(keys->second, Kind::kKey), .text = document.key}, 0);
    for (const Document::Impl::Field& field : document.fields) {
        if (field.hidden) continue;
        const auto number = field_numbers_.find(field.info.name);
        if (number == field_numbers_.end()) continue;
        fields_[number->second].here = &field;
        fields_here_.push_back(number->second);
        ReadField(field, number->second);
    }
}

double QueryTerms::Chance(uint32_t term) const {
    const Term& it = terms_[term];
    double belief = 1;
    if (KindOf(it.space) == Kind::kKey) {
        belief = 0.001;
    } else if (KindOf(it.space) == Kind::kFitting) {
        belief = 0.1;
    } else if (KindOf(it.space) != Kind::kExists) {
        // Long words are rare.
        belief = 1 / (1.0 + static_cast<double>(it.text.size()));
    }
    return (static_cast<double>(it.documents) + kBelief * belief) /
           (static_cast<double>(documents_ - it.first_document) + kBelief);
}

}  // namespace blasty::index::internal
