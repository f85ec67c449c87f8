// Signals: SIGINT and SIGTERM as a call on a thread of its own, so that stopping is ordinary code.
// Make one before any other thread starts: it blocks the signals for the whole process.

#ifndef MILLRACE_APP_SIGNALS_H_
#define MILLRACE_APP_SIGNALS_H_

#include <functional>
#include <thread>

namespace millrace {

class Signals {
 public:
  // `on_signal` is called for the first signal; a second one ends the process at once with 128 +
  // its number (everything acknowledged is durable all the same).
  explicit Signals(std::function<void(int signal)> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  std::thread thread_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_SIGNALS_H_
