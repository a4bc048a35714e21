#include "tables/connection.h"

namespace blasty::tables {
namespace {

constexpr unsigned kBloomFilter = 0x00080000;  // of the optimizations that a test may switch off
constexpr int kBloomFilterSound = 3'041'000;

}  // namespace

void AvoidUnsound(sqlite3* db) {
    if (sqlite3_libversion_number() < kBloomFilterSound)
        sqlite3_test_control(SQLITE_TESTCTRL_OPTIMIZATIONS, db, kBloomFilter);
}

}  // namespace blasty::tables
