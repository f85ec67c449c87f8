#include "app/demo/flights_data.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "core/status_macros.h"
#include "zstd.h"

// Made by demos/flights/data/embed.S.in.
extern "C" {
extern const char millrace_demo_flights[], millrace_demo_flights_end[];
extern const char millrace_demo_weather[], millrace_demo_weather_end[];
extern const char millrace_demo_config[], millrace_demo_config_end[];
}

namespace millrace {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDecideAheadMs = 30 * kMinuteMs;
constexpr int16_t kNone = INT16_MIN;
constexpr absl::string_view kWeatherColumns[] = {
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"};

absl::StatusOr<std::string> Decompress(const char* begin, const char* end) {
  const auto size = static_cast<size_t>(end - begin);
  const uint64_t full = ZSTD_getFrameContentSize(begin, size);
  if (full == ZSTD_CONTENTSIZE_ERROR || full == ZSTD_CONTENTSIZE_UNKNOWN) {
    return absl::InternalError("the data of the demo is damaged");
  }
  std::string text(full, '\0');
  const size_t done = ZSTD_decompress(text.data(), text.size(), begin, size);
  if (ZSTD_isError(done) || done != full) {
    return absl::InternalError("the data of the demo is damaged");
  }
  return text;
}

int NewYorkMonth(int64_t time_ms) {
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    if (!absl::LoadTimeZone("America/New_York", &loaded)) loaded = absl::FixedTimeZone(-5 * 3600);
    return loaded;
  }();
  return absl::ToCivilMonth(absl::FromUnixMillis(time_ms), zone).month();
}

int64_t Int(absl::string_view text) {
  int64_t v = 0;
  return absl::SimpleAtoi(text, &v) ? v : 0;
}

int16_t Minutes(absl::string_view text) {
  return text.empty() ? kNone : static_cast<int16_t>(Int(text));
}

}  // namespace

absl::string_view FlightSourceName(FlightEventKind kind) {
  switch (kind) {
    case FlightEventKind::kWeather: return "weather";
    case FlightEventKind::kDeparture: return "departures";
    case FlightEventKind::kCancellation: return "cancellations";
    case FlightEventKind::kArrival: return "arrivals";
    case FlightEventKind::kUpcoming: return "upcoming";
  }
  return "";
}

absl::string_view FlightsData::Config() {
  return {millrace_demo_config,
          static_cast<size_t>(millrace_demo_config_end - millrace_demo_config)};
}

absl::StatusOr<FlightsData> FlightsData::Load(std::optional<int> month) {
  FlightsData data;
  RETURN_IF_ERROR(data.LoadFlights(month));
  RETURN_IF_ERROR(data.LoadWeather(month));
  std::sort(data.events_.begin(), data.events_.end(), [](const Event& a, const Event& b) {
    return std::tie(a.time_ms, a.kind, a.row) < std::tie(b.time_ms, b.kind, b.row);
  });
  return data;
}

absl::Status FlightsData::LoadFlights(std::optional<int> month) {
  ASSIGN_OR_RETURN(const std::string text,
                   Decompress(millrace_demo_flights, millrace_demo_flights_end));
  bool header = true;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (std::exchange(header, false)) continue;
    const std::vector<absl::string_view> f = absl::StrSplit(line, ',');
    if (f.size() != 13) {
      return absl::InternalError("the demo's flights.csv has a row of another width");
    }
    Flight flight;
    flight.id = static_cast<int32_t>(Int(f[0]));
    flight.status = f[1][0];
    flight.carrier = std::string(f[2]);
    flight.flight = static_cast<int32_t>(Int(f[3]));
    flight.tailnum = std::string(f[4]);
    flight.origin = std::string(f[5]);
    flight.dest = std::string(f[6]);
    flight.distance = static_cast<int32_t>(Int(f[7]));
    flight.sched_dep_ms = Int(f[8]);
    flight.sched_arr_ms = Int(f[9]);
    flight.dep_delay = Minutes(f[10]);
    flight.arr_delay = Minutes(f[11]);
    if (month && NewYorkMonth(flight.sched_dep_ms) != *month) continue;
    const auto row = static_cast<uint32_t>(flights_.size());
    events_.push_back({flight.sched_dep_ms - kDecideAheadMs, FlightEventKind::kUpcoming, row});
    if (flight.status == 'C') {
      events_.push_back({flight.sched_dep_ms, FlightEventKind::kCancellation, row});
    } else {
      events_.push_back(
          {flight.sched_dep_ms + kMinuteMs * flight.dep_delay, FlightEventKind::kDeparture, row});
    }
    if (flight.status == 'A') {
      events_.push_back(
          {flight.sched_arr_ms + kMinuteMs * flight.arr_delay, FlightEventKind::kArrival, row});
    }
    flights_.push_back(std::move(flight));
  }
  return absl::OkStatus();
}

absl::Status FlightsData::LoadWeather(std::optional<int> month) {
  ASSIGN_OR_RETURN(const std::string text,
                   Decompress(millrace_demo_weather, millrace_demo_weather_end));
  bool header = true;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (std::exchange(header, false)) continue;
    const std::vector<absl::string_view> f = absl::StrSplit(line, ',');
    if (f.size() != 2 + std::size(kWeatherColumns)) {
      return absl::InternalError("the demo's weather.csv has a row of another width");
    }
    Weather weather;
    weather.time_ms = Int(f[0]);
    if (month && NewYorkMonth(weather.time_ms) != *month) continue;
    weather.origin = std::string(f[1]);
    for (size_t c = 2; c < f.size(); ++c) weather.values.emplace_back(f[c]);
    events_.push_back({weather.time_ms + kHourMs, FlightEventKind::kWeather,
                       static_cast<uint32_t>(weather_.size())});
    weather_.push_back(std::move(weather));
  }
  return absl::OkStatus();
}

void FlightsData::Write(size_t i, std::string* key, std::string* value) const {
  const Event& event = events_[i];
  if (event.kind == FlightEventKind::kWeather) {
    const Weather& weather = weather_[event.row];
    key->append(weather.origin);
    absl::StrAppend(value, "{\"at\":", event.time_ms, ",\"origin\":\"", weather.origin, "\"");
    for (size_t c = 0; c < weather.values.size(); ++c) {
      absl::string_view text = weather.values[c];
      if (text.empty()) text = "null";
      absl::StrAppend(value, ",\"", kWeatherColumns[c], "\":", text);
    }
    value->push_back('}');
    return;
  }
  const Flight& flight = flights_[event.row];
  absl::StrAppend(key, flight.id);  // all records of a flight are of one partition
  absl::StrAppend(value, "{\"at\":", event.time_ms, ",\"flight_id\":", flight.id, ",\"carrier\":\"",
                  flight.carrier, "\",\"flight\":", flight.flight, ",\"origin\":\"", flight.origin,
                  "\",\"dest\":\"", flight.dest, "\",\"tailnum\":");
  if (flight.tailnum.empty()) {
    value->append("null");
  } else {
    absl::StrAppend(value, "\"", flight.tailnum, "\"");
  }
  switch (event.kind) {
    case FlightEventKind::kUpcoming:
      absl::StrAppend(value, ",\"distance\":", flight.distance,
                      ",\"sched_dep\":", flight.sched_dep_ms);
      break;
    case FlightEventKind::kDeparture:
      absl::StrAppend(value, ",\"dep_delay\":", flight.dep_delay);
      break;
    case FlightEventKind::kArrival:
      absl::StrAppend(value, ",\"arr_delay\":", flight.arr_delay);
      break;
    default: break;
  }
  value->push_back('}');
}

}  // namespace millrace
