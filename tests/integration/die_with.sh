#!/bin/bash
# Kills a process that its owner did not outlive to stop.
#
#   die_with.sh OWNER PROCESS    ends when either does
set -u

while kill -0 "$1" && kill -0 "$2"; do sleep 1; done
kill -9 "$2"
