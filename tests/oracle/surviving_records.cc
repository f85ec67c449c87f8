#include "tests/oracle/surviving_records.h"

#include <algorithm>
#include <map>
#include <string>

namespace millrace::oracle {
namespace {

bool Earlier(const Record& a, const Record& b) { return a.order < b.order; }

}  // namespace

Survivors Surviving(std::span<const Record> records) {
  struct Group {
    std::vector<Record> inserts;
    std::vector<Record> retractions;
  };
  std::map<std::string, Group> groups;
  for (const Record& record : records) {
    if (record.change == Change::kDelete) continue;
    Group& group = groups[Fingerprint(record)];
    (record.change == Change::kInsert ? group.inserts : group.retractions).push_back(record);
  }
  Survivors survivors;
  for (auto& [fingerprint, group] : groups) {
    std::sort(group.inserts.begin(), group.inserts.end(), Earlier);
    std::sort(group.retractions.begin(), group.retractions.end(), Earlier);
    const auto met =
        static_cast<std::ptrdiff_t>(std::min(group.inserts.size(), group.retractions.size()));
    survivors.live.insert(survivors.live.end(), group.inserts.begin(), group.inserts.end() - met);
    survivors.unmatched.insert(survivors.unmatched.end(), group.retractions.begin() + met,
                               group.retractions.end());
  }
  std::sort(survivors.live.begin(), survivors.live.end(), Earlier);
  std::sort(survivors.unmatched.begin(), survivors.unmatched.end(), Earlier);
  return survivors;
}

}  // namespace millrace::oracle
