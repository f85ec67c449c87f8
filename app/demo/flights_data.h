// FlightsData: the events of the flights demo, from the data inside the program, in the order in
// which they happened: by event time; at one time weather, departures, cancellations and arrivals
// before decisions. Immutable; thread-safe.

#ifndef MILLRACE_APP_DEMO_FLIGHTS_DATA_H_
#define MILLRACE_APP_DEMO_FLIGHTS_DATA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// The order of the values is the order at equal times.
enum class FlightEventKind : uint8_t { kWeather, kDeparture, kCancellation, kArrival, kUpcoming };
inline constexpr int kFlightEventKinds = 5;

// The source of the demo's configuration that an event of this kind belongs to.
absl::string_view FlightSourceName(FlightEventKind kind);

class FlightsData {
 public:
  // month: 1 … 12 (New York time), or nullopt for the year.
  static absl::StatusOr<FlightsData> Load(std::optional<int> month);

  // The demo's millrace.yaml.
  static absl::string_view Config();

  size_t size() const { return events_.size(); }
  int64_t time_ms(size_t i) const { return events_[i].time_ms; }
  FlightEventKind kind(size_t i) const { return events_[i].kind; }
  // Appends the record's key and JSON value.
  void Write(size_t i, std::string* key, std::string* value) const;

 private:
  struct Event {
    int64_t time_ms;
    FlightEventKind kind;
    uint32_t row;
  };
  struct Flight {
    int32_t id;
    int32_t flight;
    int64_t sched_dep_ms;
    int64_t sched_arr_ms;
    int16_t dep_delay;
    int16_t arr_delay;
    int32_t distance;
    char status;
    std::string carrier, origin, dest, tailnum;
  };
  struct Weather {
    int64_t time_ms;
    std::string origin;
    std::vector<std::string>
        values;  // text as in the file, parallel to kWeatherColumns; "" missing
  };
  absl::Status LoadFlights(std::optional<int> month);
  absl::Status LoadWeather(std::optional<int> month);

  std::vector<Flight> flights_;
  std::vector<Weather> weather_;
  std::vector<Event> events_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_DEMO_FLIGHTS_DATA_H_
