// Reads arbitrary bytes as a query string (finished, and still being typed), as a query in JSON and
// as a whole request in JSON, over a fixed set of fields. What is read marks words of a text, which
// stays UTF-8; words of a query lie where it says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"
#include "base/check.h"
#include "base/utf8.h"
#include "search/highlight.h"
#include "search/json_query.h"
#include "search/json_request.h"
#include "search/json_result.h"
#include "search/query_string.h"

namespace {

using blasty::index::FieldKind;
using blasty::search::Fields;

const Fields& FieldsOfAll() {
    static const auto* const fields = [] {
        auto* made = new Fields;
        made->all = {
            {.name = "name",
             .boost = 3,
             .analyzer = *blasty::analysis::MakeAnalyzer("standard"),
             .by_default = true},
            {.name = "text",
             .analyzer = *blasty::analysis::MakeAnalyzer("english"),
             .by_default = true},
            {.name = "section", .kind = FieldKind::kKeyword, .by_default = true},
            {.name = "price", .kind = FieldKind::kNumber},
            {.name = "day", .kind = FieldKind::kNumber, .date = true},
            {.name = "sold", .kind = FieldKind::kKeyword, .boolean = true},
            {.name = "place", .kind = FieldKind::kPoint},
        };
        made->key_columns = 2;
        return made;
    }();
    return *fields;
}

void Mark(const blasty::index::QueryPtr& query) {
    constexpr std::string_view kText = "The quick brown foxes, Äpfel and a web-server of 2026.";
    const blasty::search::Highlighter highlighter(query, FieldsOfAll());
    for (const char* field : {"name", "text"}) {
        BLASTY_CHECK(blasty::IsUtf8(highlighter.Whole(field, kText)));
        for (const std::string& piece : highlighter.Fragments(field, kText))
            BLASTY_CHECK(blasty::IsUtf8(piece));
    }
}

void CheckText(std::string_view text, bool all_words, bool as_you_type) {
    std::vector<blasty::search::QueryWord> words;
    const auto query = blasty::search::ParseQueryString(
        text, FieldsOfAll(), {.all_words = all_words, .as_you_type = as_you_type, .words = &words});
    if (!query.ok()) return;
    Mark(*query);
    size_t before = 0;
    for (const auto& word : words) {
        BLASTY_CHECK(before <= word.begin && word.begin <= word.end && word.end <= text.size());
        before = word.end;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const uint8_t kind = data[0];
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if ((kind & 3) < 2) {
        CheckText(bytes, (kind & 4) != 0, (kind & 1) != 0);
    } else if ((kind & 3) == 2) {
        const auto query = blasty::search::ParseJsonQuery(bytes, FieldsOfAll());
        if (query.ok()) Mark(*query);
    } else {
        const auto request = blasty::search::ParseJsonRequest(bytes, FieldsOfAll());
        if (!request.ok()) return 0;
        Mark(request->search.query);
        BLASTY_CHECK(blasty::IsUtf8(blasty::search::WriteJsonResult(*request, {}, {}, {})));
    }
    return 0;
}
