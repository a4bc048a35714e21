// Places in a box, around a point, in a polygon.
#include <utility>

#include "base/strings.h"
#include "search/internal/json_query_leaf.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

namespace {

Status NeedsPoint(const FieldUse& field) {
    if (field.kind == FieldKind::kPoint) return OkStatus();
    return BadQuery(
        StrCat("field '", Printable(field.name), "' is a ", KindName(field), ", not a place"));
}

}  // namespace

Result<index::Point> JsonLeaf::Place(std::string_view name) const {
    const auto value = Member(object_, name);
    if (!value) return BadQuery(StrCat("\"", name, "\" is missing"));
    Result<index::Point> point = ParsePoint(*value);
    if (!point.ok()) return Annotate(point.status(), StrCat("\"", name, "\""));
    return point;
}

Result<QueryPtr> JsonLeaf::Box() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a box"));
    BLASTY_RETURN_IF_ERROR(NeedsPoint(*field));
    BLASTY_ASSIGN_OR_RETURN(const index::Point top_left, Place("top_left"));
    BLASTY_ASSIGN_OR_RETURN(const index::Point bottom_right, Place("bottom_right"));
    ++*leaves_;
    return MakeQuery(index::GeoBoxQuery{.field = field->name,
                                        .top = top_left.latitude,
                                        .left = top_left.longitude,
                                        .bottom = bottom_right.latitude,
                                        .right = bottom_right.longitude});
}

Result<QueryPtr> JsonLeaf::Distance() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a distance"));
    BLASTY_RETURN_IF_ERROR(NeedsPoint(*field));
    BLASTY_ASSIGN_OR_RETURN(const index::Point center, Place("location"));
    BLASTY_ASSIGN_OR_RETURN(const std::string text, Text("distance"));
    const auto meters = ParseDistance(text);
    if (!meters) {
        return BadQuery(StrCat("\"distance\": '", Printable(text),
                               "' is no distance; write a number and a unit such as 5km, 100mi, "
                               "300ft or 20m"));
    }
    ++*leaves_;
    return MakeQuery(
        index::GeoDistanceQuery{.field = field->name, .center = center, .meters = *meters});
}

Result<QueryPtr> JsonLeaf::Polygon() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a polygon"));
    BLASTY_RETURN_IF_ERROR(NeedsPoint(*field));
    BLASTY_ASSIGN_OR_RETURN(const auto list,
                            ArrayOf(*Member(object_, "polygon_points"), "polygon_points"));
    index::GeoPolygonQuery polygon{.field = field->name};
    for (const JsonValue element : list) {
        Result<index::Point> point = ParsePoint(element);
        if (!point.ok()) {
            return Annotate(point.status(),
                            StrCat("\"polygon_points\"[", polygon.corners.size(), "]"));
        }
        polygon.corners.push_back(*point);
    }
    if (polygon.corners.size() < 3) return BadQuery("\"polygon_points\" needs at least 3 places");
    ++*leaves_;
    return MakeQuery(std::move(polygon));
}

}  // namespace blasty::search::internal
