#!/bin/bash
# control.sh - how fast the control plane is while much passes: swaps of 1,000 delegates under 2,000 connections a second, events to ten
# subscribers of whom one is stuck, and unary calls beside a full data plane.  As root, on a quiet machine; about two minutes.
# usage: [NETCONTROLD=the native build] control.sh      the load is ControlLoadTests, which also checks that nothing is lost or mistaken
cd "$(dirname "$0")/../../.." || exit 1
dotnet build tests/NetControl.EndToEnd.Tests -v q >/dev/null || exit 1
if [ -z "${NETCONTROLD:-}" ]; then
  dotnet publish src/NetControl.Server -c Release -r linux-x64 -v q >/dev/null || exit 1
  export NETCONTROLD=$PWD/artifacts/publish/NetControl.Server/release_linux-x64/netcontrold
fi
NETCONTROL_LOAD=full artifacts/bin/NetControl.EndToEnd.Tests/debug/NetControl.EndToEnd.Tests --filter-class '*ControlLoadTests' --show-live-output on 2>&1 |
  sed -n 's/^OUTPUT: \[[^]]*\] //p; /^failed/,$p; /Test run summary/p'
