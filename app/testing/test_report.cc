#include "app/testing/test_report.h"

#include "absl/strings/str_cat.h"
#include "serving/json.h"

namespace millrace {
namespace {

struct Totals {
  size_t passed = 0;
  size_t failed = 0;
};

Totals Count(const std::vector<FileResult>& files) {
  Totals totals;
  for (const FileResult& file : files) {
    for (const CaseResult& result : file.cases) ++(result.ok ? totals.passed : totals.failed);
  }
  return totals;
}

void WriteCase(const CaseResult& result, JsonWriter* json) {
  json->BeginObject();
  json->Key("name").String(result.name).Key("line").Int(result.line);
  json->Key("ok").Bool(result.ok).Key("runs").Int(result.runs);
  if (!result.ok) {
    if (!result.variant.empty()) json->Key("variant").String(result.variant);
    if (!result.error.empty()) json->Key("error").String(result.error);
    json->Key("differences").BeginArray();
    for (const Difference& difference : result.differences) {
      json->BeginObject().Key("line").Int(difference.line).Key("of").String(difference.title);
      json->Key("name").String(difference.name);
      json->Key("expected").String(difference.expected);
      json->Key("actual").String(difference.actual).EndObject();
    }
    json->EndArray();
  }
  json->EndObject();
}

}  // namespace

std::string FileResultText(const FileResult& file) {
  std::string out;
  for (const CaseResult& result : file.cases) {
    absl::StrAppend(&out, result.ok ? "ok    " : "FAIL  ", result.name, "\n");
    if (!result.variant.empty()) absl::StrAppend(&out, "      ", result.variant, "\n");
    // Differences of one expectation stand together, below what was asked.
    std::string last;
    for (const Difference& difference : result.differences) {
      std::string where = absl::StrCat(file.path, ":", difference.line, ": ", difference.title);
      if (where != last) absl::StrAppend(&out, "      ", where, "\n");
      absl::StrAppend(&out, "        ", difference.name, ": expected ", difference.expected,
                      ", got ", difference.actual, "\n");
      last = std::move(where);
    }
    if (!result.error.empty()) {
      absl::StrAppend(&out, "      ", file.path, ":", result.line, ": ", result.error, "\n");
    }
  }
  return out;
}

std::string SummaryText(const std::vector<FileResult>& files, size_t broken) {
  const Totals totals = Count(files);
  const size_t count = files.size() + broken;
  std::string out = absl::StrCat(totals.passed, " passed, ", totals.failed, " failed in ", count,
                                 count == 1 ? " file" : " files");
  if (broken > 0) absl::StrAppend(&out, ", ", broken, " of them could not be run");
  return out;
}

std::string ResultsJson(const std::vector<FileResult>& files,
                        const std::vector<std::string>& broken) {
  const Totals totals = Count(files);
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("ok").Bool(totals.failed == 0 && broken.empty());
  json.Key("passed").Uint(totals.passed).Key("failed").Uint(totals.failed);
  json.Key("broken_files").BeginArray();
  for (const std::string& path : broken) json.String(path);
  json.EndArray().Key("files").BeginArray();
  for (const FileResult& file : files) {
    json.BeginObject().Key("path").String(file.path).Key("ok").Bool(file.ok);
    json.Key("cases").BeginArray();
    for (const CaseResult& result : file.cases) WriteCase(result, &json);
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

}  // namespace millrace
