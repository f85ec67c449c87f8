// CatalogJson: what a project has, as one JSON object: sources, entities, views with their
// features, services and tasks, each with its description, owner, types, and where it comes from
// and goes to (docs/reference/http.md, "Catalog"). A pure function of the configuration;
// thread-safe.

#ifndef MILLRACE_APP_CATALOG_CATALOG_JSON_H_
#define MILLRACE_APP_CATALOG_CATALOG_JSON_H_

#include <string>

#include "app/project.h"

namespace millrace {

std::string CatalogJson(const Project& project);

// "mean(delay) where late over 1h": what a feature computes, in words.
std::string MeaningOf(const FeatureSpec& feature);

}  // namespace millrace

#endif  // MILLRACE_APP_CATALOG_CATALOG_JSON_H_
