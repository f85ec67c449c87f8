// NumberChecks: what the options that take numbers accept, and how they say so:
// "--rate takes a number above 0, not 'abc'". Pure functions.

#ifndef MILLRACE_APP_COMMANDS_NUMBER_CHECKS_H_
#define MILLRACE_APP_COMMANDS_NUMBER_CHECKS_H_

#include <cstdint>

#include "CLI/CLI.hpp"

namespace millrace {

// A finite number above 0.
CLI::Validator NumberAboveZero();
// A whole number from `least` to `most`.
CLI::Validator WholeNumber(int64_t least, int64_t most);

// A number as `number` takes, alone or behind VIEW=.
CLI::Validator OfView(CLI::Validator number);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_NUMBER_CHECKS_H_
