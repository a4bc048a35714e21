// Words that carry grammar and no subject, for each language: lower-case, between spaces. Short on
// purpose: what is removed cannot be found.
#pragma once

#include <string_view>

namespace blasty::analysis::internal {

extern const std::string_view kStopEnglish;
extern const std::string_view kStopGerman;
extern const std::string_view kStopDutch;
extern const std::string_view kStopDanish;
extern const std::string_view kStopSwedish;
extern const std::string_view kStopNorwegian;
extern const std::string_view kStopFrench;
extern const std::string_view kStopSpanish;
extern const std::string_view kStopItalian;
extern const std::string_view kStopPortuguese;
extern const std::string_view kStopCatalan;
extern const std::string_view kStopGalician;
extern const std::string_view kStopRomanian;
extern const std::string_view kStopRussian;
extern const std::string_view kStopBulgarian;
extern const std::string_view kStopCzech;
extern const std::string_view kStopPolish;
extern const std::string_view kStopCroatian;
extern const std::string_view kStopSerbian;
extern const std::string_view kStopFinnish;
extern const std::string_view kStopHungarian;
extern const std::string_view kStopTurkish;
extern const std::string_view kStopGreek;
extern const std::string_view kStopIrish;
extern const std::string_view kStopBasque;
extern const std::string_view kStopLithuanian;
extern const std::string_view kStopArmenian;
extern const std::string_view kStopIndonesian;
extern const std::string_view kStopArabic;
extern const std::string_view kStopPersian;
extern const std::string_view kStopSorani;
extern const std::string_view kStopHindi;

}  // namespace blasty::analysis::internal
