#include <algorithm>
#include <cmath>
#include <utility>

#include "index/internal/columns.h"
#include "index/internal/document_impl.h"
#include "index/limits.h"

namespace blasty::index {
namespace {

uint64_t HeadOf(std::string_view term) {
    uint64_t head = 0;
    for (size_t i = 0; i < sizeof(head); ++i)
        head = head << 8 | (i < term.size() ? static_cast<unsigned char>(term[i]) : 0);
    return head;
}

}  // namespace

void Document::Impl::Add(size_t field, std::string_view term, uint32_t position) {
    term = term.substr(0, kTermBytesMax);
    // Places in `bytes` are 32 bits: what is more is not searchable here.
    if (bytes.size() + term.size() > UINT32_MAX) return;
    ++fields[field].tokens;
    tokens.push_back({.field = static_cast<uint32_t>(field),
                      .position = position,
                      .offset = static_cast<uint32_t>(bytes.size()),
                      .size = static_cast<uint32_t>(term.size()),
                      .head = HeadOf(term)});
    bytes += term;
}

bool Document::Impl::Less(const Token& a, const Token& b) const {
    if (a.field != b.field) return a.field < b.field;
    if (a.head != b.head) return a.head < b.head;
    if (const int order = TextOf(a).compare(TextOf(b)); order != 0) return order < 0;
    return a.position < b.position;
}

void Document::Impl::FindTerms() {
    std::sort(tokens.begin(), tokens.end(),
              [this](const Token& a, const Token& b) { return Less(a, b); });
    terms.clear();
    for (uint32_t i = 0; i < tokens.size(); ++i) {
        Field& field = fields[tokens[i].field];
        const bool same = i > 0 && tokens[i - 1].field == tokens[i].field &&
                          tokens[i - 1].head == tokens[i].head &&
                          TextOf(tokens[i - 1]) == TextOf(tokens[i]);
        if (!same) {
            if (field.end_term == 0) field.first_term = static_cast<uint32_t>(terms.size());
            terms.push_back({.begin = i, .end = i});
            field.end_term = static_cast<uint32_t>(terms.size());
        }
        terms.back().end = i + 1;
    }
}

Document::Document(const std::vector<FieldInfo>& fields) : impl_(std::make_unique<Impl>()) {
    for (const FieldInfo& info : fields) {
        const bool hidden =
            std::any_of(impl_->fields.begin(), impl_->fields.end(),
                        [&](const Impl::Field& other) { return other.info.name == info.name; });
        impl_->fields.push_back({.info = info, .hidden = hidden});
    }
}
Document::~Document() = default;

void Document::Begin(std::string_view key) {
    impl_->key = key;
    impl_->bytes.clear();
    impl_->tokens.clear();
    impl_->terms.clear();
    for (Impl::Field& field : impl_->fields) {
        field.tokens = field.first_term = field.end_term = 0;
        field.numbers.clear();
        field.points.clear();
    }
}

void Document::AddToken(size_t field, std::string_view term, uint32_t position) {
    if (impl_->fields[field].tokens < kTokensPerFieldMax) impl_->Add(field, term, position);
}
void Document::AddKeyword(size_t field, std::string_view term) { impl_->Add(field, term, 0); }
void Document::AddNumber(size_t field, double value) {
    if (!std::isnan(value)) impl_->fields[field].numbers.push_back(value);
}
void Document::AddPoint(size_t field, const Point& point) {
    if (std::isfinite(point.latitude) && std::isfinite(point.longitude))
        impl_->fields[field].points.push_back(internal::StoredPoint(point));
}
void Document::End() { impl_->FindTerms(); }

}  // namespace blasty::index
