// millrace infer: what a source over a topic might look like, from its records.

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "app/commands/log_access.h"
#include "app/commands/number_checks.h"
#include "app/inference/record_sample.h"
#include "app/inference/source_inference.h"
#include "app/inference/source_text.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr int64_t kMostRecords = 1'000'000;

struct InferOptions {
  std::string topic;
  int64_t limit = 1'000;
  bool samples = false;
};

struct Sampled {
  std::string topic;
  RecordSample records;
};

absl::StatusOr<Sampled> Sample(LogAccess& access, const InferOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<TopicInfo> topics, access.log->Topics());
  ASSIGN_OR_RETURN(const NamedTopic topic, FindTopic(options.topic, topics, access.project.get()));
  if (topic.content != TopicContent::kRecords) {
    return absl::NotFoundError(
        absl::StrCat("'", topic.info.name, "' is written by Millrace and no source reads it"));
  }
  ASSIGN_OR_RETURN(RecordSample records, SampleTopic(*access.log, topic.info, options.limit));
  return Sampled{topic.info.name, std::move(records)};
}

int Infer(const GlobalOptions& global, const InferOptions& options) {
  LogAccess access;
  const int opened = OpenLogAccess(global, "infer", LogUse::kRead, &access);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<Sampled> sampled = Sample(access, options);
  if (!sampled.ok()) return FailLog("infer", access, sampled.status());
  const auto fail = [&sampled](absl::string_view why, int code) {
    Fail("infer", absl::InvalidArgumentError(absl::StrCat("topic ", sampled->topic, ": ", why)));
    return code;
  };
  const absl::Status judged = sampled->records.Check();
  if (!judged.ok()) {
    return fail(judged.message(), absl::IsFailedPrecondition(judged) ? kExitFailed : kExitData);
  }
  const InferredSource source = InferSource(sampled->records.rows());
  if (std::none_of(source.fields.begin(), source.fields.end(),
                   [](const InferredField& field) { return field.type.has_value(); })) {
    return fail("its records have no field that a source could read", kExitData);
  }
  const ShowSamples samples = options.samples ? ShowSamples::kYes : ShowSamples::kNo;
  const std::string text =
      global.json ? InferredJson(sampled->topic, sampled->records, source, samples) + "\n"
                  : InferredYaml(sampled->topic, sampled->records, source, samples);
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace

void AddInfer(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<InferOptions>();
  CLI::App* infer =
      app.add_subcommand("infer", "Propose a source and entities from the records of a topic");
  infer->add_option("TOPIC", options->topic, "A topic, or a source that reads one")->required();
  infer
      ->add_option("--limit", options->limit,
                   "Look at so many of the newest records (default 1000)")
      ->check(WholeNumber(1, kMostRecords));
  infer->add_flag("--samples", options->samples, "Show a few values of each field");
  infer->footer("Example: millrace infer flights.departures");
  infer->callback(
      [&global, options, run] { *run = [&global, options] { return Infer(global, *options); }; });
}

}  // namespace millrace
