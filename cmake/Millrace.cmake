# One call per target: what it is made of, what it links, nothing else.
#
#   millrace_library(name SRCS a.cc b.cc DEPS core absl::status PRIVATE_DEPS rocksdb)
#   millrace_test(name SRCS a_test.cc DEPS stream)
#   millrace_benchmark(name SRCS a_bench.cc DEPS stream)
#
# DEPS are visible to users of the target, PRIVATE_DEPS are not: third parties behind a fence
# (ARCHITECTURE.md) are always private.

add_library(millrace_flags INTERFACE)
target_compile_options(millrace_flags INTERFACE
  -Wall -Wextra -Werror -Wno-missing-field-initializers -ffp-contract=off)
target_include_directories(millrace_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})

function(millrace_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(millrace_${name} STATIC ${ARG_SRCS})
    target_link_libraries(millrace_${name} PUBLIC ${ARG_DEPS} PRIVATE millrace_flags ${ARG_PRIVATE_DEPS})
    target_include_directories(millrace_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  else()
    add_library(millrace_${name} INTERFACE)
    target_link_libraries(millrace_${name} INTERFACE ${ARG_DEPS})
    target_include_directories(millrace_${name} INTERFACE ${CMAKE_SOURCE_DIR})
  endif()
endfunction()

function(millrace_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE millrace_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

function(millrace_benchmark name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE millrace_flags ${ARG_DEPS} benchmark::benchmark)
  add_dependencies(millrace_benchmarks ${name})
endfunction()
