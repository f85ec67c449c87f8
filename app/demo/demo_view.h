// DemoView: the live view of the demo on stderr: a block redrawn in place on a terminal, else a
// line now and then; nothing with --quiet.

#ifndef MILLRACE_APP_DEMO_DEMO_VIEW_H_
#define MILLRACE_APP_DEMO_DEMO_VIEW_H_

#include <cstdint>
#include <functional>
#include <string>

#include "app/commands/command.h"
#include "app/demo/flights_replay.h"
#include "app/node.h"
#include "core/clock.h"

namespace millrace {

class DemoView {
 public:
  // REQUIRES: all outlive the view.
  DemoView(const GlobalOptions& global, Node& node, const FlightsReplay& replay,
           size_t total_records, std::string directory, bool resumed, Clock& clock);

  // Draws until the node's engine has ended or `interrupted` says so.
  void RunUntilEnd(const std::function<bool()>& interrupted);

 private:
  void PrintHeader();
  void PrintFirsts(const EngineStatus& status);
  // Keeps `line` above what is redrawn in place.
  void PrintAboveBlock(const std::string& line);
  void Draw(const EngineStatus& status);
  std::string Block(const EngineStatus& status);
  std::string Line(const EngineStatus& status);

  const GlobalOptions& global_;
  Node& node_;
  const FlightsReplay& replay_;
  const size_t total_records_;
  const std::string directory_;
  const bool resumed_;
  Clock& clock_;
  const int64_t start_ns_;
  const bool terminal_;
  int lines_drawn_ = 0;
  bool feature_seen_ = false;
  bool model_seen_ = false;
  int64_t last_draw_ns_ = 0;
  uint64_t last_records_ = 0;
  double rate_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_APP_DEMO_DEMO_VIEW_H_
