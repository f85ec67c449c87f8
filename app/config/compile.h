// CompileProject: a checked tree → a Project. What the table cannot say is checked here: that
// references exist, that types fit, that expressions compile.

#ifndef MILLRACE_APP_CONFIG_COMPILE_H_
#define MILLRACE_APP_CONFIG_COMPILE_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/diagnostics.h"
#include "app/config/node.h"
#include "app/config/section.h"
#include "app/project.h"

namespace millrace {

// nullopt iff the sink has errors. REQUIRES: the tree was checked by CheckTree.
std::optional<Project> CompileProject(const ConfigNode& root, const std::string& directory,
                                      DiagnosticSink* sink);

// The rest of this header is for the readers, one file for each part of the configuration.

// A Project in the making. What was reported as wrong keeps its name here, so that those who
// refer to it can keep silent: one mistake, one message.
struct ProjectDraft {
  Project project;
  std::string directory;
  DiagnosticSink* sink = nullptr;

  // Of sources with Confluent's framing; null when there is none, or a broken one.
  std::shared_ptr<SchemaRegistry> registry;
  bool broken_registry = false;

  // By source, as project.sources. A source is broken when its fields are not known.
  std::vector<bool> broken_source;
  std::vector<std::set<std::string>> broken_fields;
  // Key fields by entity; broken ones are empty.
  std::map<std::string, std::vector<std::string>> entities;
  std::vector<std::string> entity_names;  // in file order
  std::vector<std::string> view_names;    // of all, in file order
  // Views and features ("view.feature") that exist in the file but not in the project.
  std::set<std::string> broken_views;
  std::set<std::string> broken_features;

  std::vector<std::string> SourceNames() const;
  // Index of the source that `node` names; reports and returns -1 when there is none.
  int FindSource(const ConfigNode& node) const;
  // Index, or -1; reports nothing.
  int FindView(absl::string_view name) const;
};

void ReadStorage(const Section& root, ProjectDraft* draft);   // project, log, state, server
void ReadEntities(const Section& root, ProjectDraft* draft);  // entities
// Sources and views, each after what it needs: a view after its sources, a source after the views
// it looks in and the sources it is derived from.
void ReadSourcesAndViews(const Section& root, ProjectDraft* draft);
void ReadServices(const Section& root, ProjectDraft* draft);  // services
void ReadTasks(const Section& root, ProjectDraft* draft);     // tasks

// The schema registry; before the sources.
void ReadRegistry(const Section& root, ProjectDraft* draft);
// `format` of a source and what belongs to it. `fields_known`: the source's fields were read whole,
// so that they can be compared with its schema file.
void ReadFormat(const Section& source, bool fields_known, ProjectDraft* draft, SourceSpec* spec);
// The keys `let`, `where` and `each` of a source over rows of `base`: what they make of a row (with
// all of its columns, in order), and spec->schema. Null when they change nothing. Fields that were
// reported as wrong are added to *broken.
std::shared_ptr<Derivation> ReadDerivation(const Section& source, const Schema& base,
                                           std::set<std::string>* broken, ProjectDraft* draft,
                                           SourceSpec* spec);
// `lookup` and `align_timeout` of a source whose decoded fields are read: spec->lookups, and their
// fields in *schema. The views are read.
void ReadLookups(const Section& source, Schema* schema, std::set<std::string>* broken,
                 ProjectDraft* draft, SourceSpec* spec);
// A source with a topic, which stands in the project without its fields.
void ReadSource(const Section& section, int32_t index, ProjectDraft* draft);
void ReadView(const Section& view, ProjectDraft* draft);  // adds it to those of the project
// `partitioned_by` of a source whose fields are read.
void ReadPartitionedBy(const Section& source, const std::set<std::string>& broken,
                       ProjectDraft* draft, SourceSpec* spec);

// The parts of a task. Each reports what is wrong and returns false when the rest cannot be read.
bool ReadDecision(const Section& task, ProjectDraft* draft, TaskSpec* spec);
bool ReadInputs(const Section& task, ProjectDraft* draft, TaskSpec* spec);
void ReadLabel(const Section& task, ProjectDraft* draft, TaskSpec* spec);
void ReadLearners(const Section& task, bool inputs_known, ProjectDraft* draft, TaskSpec* spec);

// Fills project->meaning.
void DescribeMeaning(Project* project);

// The keys `description` and `owner`.
Documentation ReadDocumentation(const Section& section);

// Compiles the expression in a scalar; null after reporting an error at its place within it. An
// error about a name of `broken` is not reported. `context` begins the message ("" or "source
// 'a'").
std::shared_ptr<const Expression> CompileExpression(const ConfigNode& node, const Scope& scope,
                                                    const std::set<std::string>& broken,
                                                    absl::string_view context,
                                                    DiagnosticSink* sink);
// True when the expression's text has one of the names, which may be dotted, as a whole word.
bool MentionsAny(absl::string_view text, const std::set<std::string>& names);

// The fields of a source as a scope, by Schema index.
Scope ScopeOf(const Schema& schema);
// The type that a word of the configuration, which was checked, names. False after reporting a
// vector that is too long.
bool ReadType(const ConfigNode& word, DiagnosticSink* sink, ValueType* type);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_COMPILE_H_
