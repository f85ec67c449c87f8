#include "app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace millrace {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR2);  // ours: ends the waiting thread
  return set;
}

}  // namespace

Signals::Signals(std::function<void(int)> on_signal) {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([set, on_signal = std::move(on_signal)] {
    bool stopping = false;
    int signal = 0;
    while (sigwait(&set, &signal) == 0 && signal != SIGUSR2) {
      if (stopping) _exit(128 + signal);
      stopping = true;
      on_signal(signal);
    }
  });
}

Signals::~Signals() {
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

}  // namespace millrace
