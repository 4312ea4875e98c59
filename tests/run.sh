#!/usr/bin/env bash
# Installs what the tests need, builds with warnings as errors, checks the format and runs every test.
# The last line is 'N passed, N failed'. Options after the script's name go to `dotnet test` (--filter-class ...); then the suites
# in other languages are left out. Such a suite is a script tests/suites/NAME.sh: it runs in the repository's root and appends a line
# 'passed failed skipped' to the file $SUITE_COUNTS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Several test processes share the cores: one thread each.
export OMP_NUM_THREADS=1
# Many short processes start: code that is compiled with an eye on its later profile costs each of them a tenth more.
export DOTNET_TieredPGO=0

# Second opinions on what we write: dciodvfy (dicom3tools), dcmtk, pydicom, nibabel. Orthanc is an archive to talk to.
packages=(libopenjp2-7 libcharls2 dcmtk dicom3tools python3-pydicom python3-nibabel orthanc orthanc-dicomweb
  python3-numpy mypy pyflakes3 openssl chromium)
# The web viewer is built and tested with Node.js, wherever it came from.
command -v npm >/dev/null || packages+=(nodejs npm)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing for the tests: ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing and need root to install: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

dotnet build -c Release MedSam2.Plugin.sln -v quiet
# Rules of style and analysis are warnings of the build already; what is left is white space.
dotnet format whitespace MedSam2.Plugin.sln --verify-no-changes --no-restore &
format=$!

# What people without .NET get, with the web viewer in it; a test starts it.
node clients/ohif/scripts/build.mjs
wait "$format"
if [ "$(uname -sm)" = "Linux x86_64" ]; then
  dotnet publish src/MedSam2.Server -c Release -r linux-x64 --self-contained -o artifacts/publish/medsam2-linux-x64 -v quiet
  # Tests that start a server start what people get.
  export MEDSAM2_SERVER=$PWD/artifacts/publish/medsam2-linux-x64/MedSam2.Server
fi

echo "== built after $SECONDS s"
log=$(mktemp) again=$(mktemp)
export SUITE_COUNTS=$(mktemp)
trap 'rm -f "$log" "$again" "$SUITE_COUNTS"' EXIT
status=0
dotnet test --solution MedSam2.Plugin.sln -c Release --no-build "$@" 2>&1 | tee "$log" || status=$?

number() { sed -n "s/^ *$1: \([0-9]\+\)$/\1/p" "$2" | tail -n 1; }
passed=$(number succeeded "$log") failed=$(number failed "$log") skipped=$(number skipped "$log")
if [ -z "$passed" ]; then
  echo "The test run ended without a summary." >&2
  exit 1
fi
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1 # a test process that crashed counts, whatever the summary says
fi

# All projects' tests share the machine. The few that fail are run once more by themselves: what is broken fails again; what does not is
# named at the end, for it leans on the machine's speed and wants mending. Not where a test process crashed: what it left out would be lost.
crashed=$(sed -n 's/^ *Exit code: \(-\?[0-9]\+\)$/\1/p' "$log" | grep -cvE '^(2|8)$' || true) # 2: a test failed
mapfile -t failures < <(sed -n 's/^failed \([A-Za-z0-9_.+]*\).*/\1/p' "$log" | sort -u)
if [ "$failed" -gt 0 ] && [ "$crashed" -eq 0 ] && [ "${#failures[@]}" -gt 0 ] && [ "${#failures[@]}" -le 5 ] && [ $# -eq 0 ]; then
  echo "== once more by themselves: ${failures[*]}"
  if dotnet test --solution MedSam2.Plugin.sln -c Release --no-build --max-parallel-test-modules 1 --ignore-exit-code 8 \
    "${failures[@]/#/--filter-method=}" 2>&1 | tee "$again" && [ "$(number succeeded "$again")" -ge "$failed" ]; then
    passed=$((passed + failed)) failed=0 status=0
    unsteady=("${failures[@]}") failures=()
  fi
fi

echo "== .NET tests ended after $SECONDS s"
if [ $# -eq 0 ]; then
  for suite in tests/suites/*.sh; do
    echo "== $suite"
    : >"$SUITE_COUNTS"
    ended=0
    "$suite" || ended=$?
    read -r suite_passed suite_failed suite_skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$SUITE_COUNTS")
    if [ "$ended" -ne 0 ] || [ ! -s "$SUITE_COUNTS" ]; then
      status=1
      [ "$suite_failed" -gt 0 ] || suite_failed=1 # it ended before it could count
    fi
    echo "== $suite ended after $SECONDS s"
    passed=$((passed + suite_passed)) failed=$((failed + suite_failed)) skipped=$((${skipped:-0} + suite_skipped))
  done
fi
if [ "${skipped:-0}" -gt 0 ]; then
  echo "$skipped skipped: what they need (real images or tools) is not on this machine."
fi
[ -z "${unsteady:-}" ] || echo "Failed among the others and passed alone: ${unsteady[*]}"
[ "${#failures[@]}" -eq 0 ] || echo "Failed: ${failures[*]}"
echo "$passed passed, $failed failed"
exit "$status"
