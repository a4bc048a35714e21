#include "index/batch.h"

#include "index/internal/segment_builder.h"

namespace blasty::index {

Batch::Batch(const std::vector<FieldInfo>& fields)
    : builder_(std::make_unique<internal::SegmentBuilder>(fields)) {}
Batch::~Batch() = default;

void Batch::Put(std::string_view key) {
    put_.emplace_back(key);
    builder_->Begin(key);
}

void Batch::Remove(std::string_view key) {
    removed_.emplace_back(key);
    builder_->BeginRemoved();
}

void Batch::AddToken(size_t field, std::string_view term, uint32_t position) {
    builder_->AddToken(field, term, position);
}
void Batch::AddKeyword(size_t field, std::string_view term) { builder_->AddKeyword(field, term); }
void Batch::AddNumber(size_t field, double value) { builder_->AddNumber(field, value); }
void Batch::AddPoint(size_t field, const Point& point) { builder_->AddPoint(field, point); }
void Batch::End() { builder_->End(); }

uint32_t Batch::documents() const { return builder_->documents(); }
bool Batch::empty() const { return put_.empty() && removed_.empty(); }
size_t Batch::bytes() const { return builder_->bytes(); }

}  // namespace blasty::index
