#include "learners/metrics/score_sums.h"

#include "core/coding.h"
#include "core/portable_math.h"
#include "learners/probability.h"

namespace millrace {

double ScoreSums::Add(double score_of_sample, bool label) {
  const double p = ClipProbability(score_of_sample);
  const double log_p = PortableLog(p);
  const double log_q = PortableLog1p(-p);
  const double error = label ? 1.0 - p : p;
  ++n;
  positives += label ? 1 : 0;
  correct += (p >= 0.5) == label ? 1 : 0;
  log_loss -= label ? log_p : log_q;
  score += p;
  squared_error += error * error;
  return log_p - log_q;
}

void ScoreSums::Merge(const ScoreSums& other) {
  n += other.n;
  positives += other.positives;
  correct += other.correct;
  log_loss += other.log_loss;
  score += other.score;
  squared_error += other.squared_error;
}

BinaryReport ScoreSums::Report() const {
  BinaryReport report;
  report.n = n;
  if (n == 0) return report;
  const auto count = static_cast<double>(n);
  const double base = static_cast<double>(positives) / count;
  report.base_rate = base;
  report.log_loss = log_loss / count;
  report.accuracy = static_cast<double>(correct) / count;
  report.brier = squared_error / count;
  if (positives > 0) report.calibration = score / static_cast<double>(positives);
  if (positives > 0 && positives < n) {
    const double entropy = -(base * PortableLog(base) + (1.0 - base) * PortableLog1p(-base));
    report.ne = *report.log_loss / entropy;
  }
  return report;
}

void ScoreSums::Save(std::string* out) const {
  PutVarint(out, n);
  PutVarint(out, positives);
  PutVarint(out, correct);
  PutDouble(out, log_loss);
  PutDouble(out, score);
  PutDouble(out, squared_error);
}

bool ScoreSums::Load(absl::string_view* in, ScoreSums* sums) {
  const auto valid = [](double sum) { return sum >= 0 && sum <= 1e100; };
  return GetVarint(in, &sums->n) && GetVarint(in, &sums->positives) &&
         GetVarint(in, &sums->correct) && GetDouble(in, &sums->log_loss) &&
         GetDouble(in, &sums->score) && GetDouble(in, &sums->squared_error) &&
         sums->positives <= sums->n && sums->correct <= sums->n && valid(sums->log_loss) &&
         valid(sums->score) && valid(sums->squared_error);
}

}  // namespace millrace
