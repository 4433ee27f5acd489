# Shared by quickstart, test and eng/*: installing what is missing. Sourced, never run.
# shellcheck shell=bash

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# as_root COMMAND...: runs it as root, or says which command needs root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "this needs root and sudo is not installed; run as root: $*"
  fi
}

# try_thrice COMMAND...: for what crosses a network.
try_thrice() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    [ "$attempt" -eq 3 ] || { echo "attempt $attempt failed, once more: $1 $2" >&2; sleep $((attempt * 5)); }
  done
  return 1
}

# need_packages PACKAGE...: installs those Debian packages that are missing; asks apt nothing when all are there.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "Installing ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >/tmp/howdah-apt-$$.log 2>&1 && return 0
  # A fresh machine has no package lists, an old one has stale ones.
  try_thrice as_root "${apt[@]}" update >/tmp/howdah-apt-$$.log 2>&1 || { cat /tmp/howdah-apt-$$.log >&2; die "apt-get update failed"; }
  try_thrice as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >/tmp/howdah-apt-$$.log 2>&1 \
    || { cat /tmp/howdah-apt-$$.log >&2; die "could not install ${missing[*]}"; }
  rm -f /tmp/howdah-apt-$$.log
}

# need_debian_postgres: PostgreSQL 15 and psql, without the cluster on port 5432 that the Debian package would make.
need_debian_postgres() {
  [ -x /usr/lib/postgresql/15/bin/postgres ] && [ -x /usr/bin/psql ] && return 0
  need_packages postgresql-common
  local quiet=/etc/postgresql-common/createcluster.d/howdah.conf
  as_root mkdir -p "${quiet%/*}"
  echo 'create_main_cluster = false' | as_root tee "$quiet" >/dev/null
  need_packages postgresql-15 postgresql-client-15
  as_root rm -f "$quiet"
}

# need_dotnet: the SDK comes from Microsoft's own packages or archive, which we do not choose for the user.
need_dotnet() {
  command -v dotnet >/dev/null || [ ! -x "$HOME/.dotnet/dotnet" ] || export PATH="$HOME/.dotnet:$PATH"
  command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install package dotnet-sdk-10.0 and run this again"
  dotnet --list-sdks | grep -q '^10\.' || die "the .NET 10 SDK is missing (found: $(dotnet --list-sdks | tr '\n' ' '))"
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
}
