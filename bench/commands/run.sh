#!/usr/bin/env bash
# The commands that a person or PostgreSQL itself waits for, beside cp, pgBackRest and Barman, on one cluster that howdah brought up:
# restore, segment fetch (restore_command), start, check. Prints tables with ratios; bench/run runs all benchmarks.
#   bench/commands/run.sh            SCALE=30 ROUNDS=5 CALLS=41; needs the Debian packages pgbackrest and barman; runs as root
# Everything it starts it stops; WORK is removed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
SCALE=${SCALE:-30}; ROUNDS=${ROUNDS:-5}; CALLS=${CALLS:-41}
WORK=${WORK:-$(mktemp -d /var/tmp/howdah-bench-commands.XXXXXX)}
howdah=$here/../out/howdah
[ -x "$howdah" ] || "$here/../eng/publish" >&2
[ "$(id -u)" = 0 ] || { echo "run as root: the servers run as the user postgres" >&2; exit 64; }
as='setpriv --reuid=postgres --regid=postgres --init-groups'
aspg() { $as "$@"; }
meter() { METER_LOG=$WORK/meter.log "$here/meter.py" "$@"; }

chmod 755 "$WORK"; install -d -o postgres -g postgres "$WORK/peer" "$WORK/peer/log" "$WORK/to" "$WORK/barman"
cp "$howdah" "$WORK/howdah"
mkdir "$WORK/bin"; ln -s ../howdah "$WORK/bin/barman"; howdah=$WORK/howdah
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.77.2", 0)); print(s.getsockname()[1])')
cat > "$WORK/howdah.toml" <<TOML
[cluster]
name = "bench"
postgresql = 15
directory = "$WORK/cluster"
[[nodes]]
name = "master"
address = "127.0.77.2"
port = $port
[backup]
name = "backup"
address = "127.0.77.4"
[settings]
shared_buffers = "256MB"
max_wal_size = "8GB"
TOML
install -d -o postgres -g postgres "$WORK/cluster"
export HOWDAH_CONFIG=$WORK/howdah.toml
cleanup() { "$howdah" destroy --yes >/dev/null 2>&1 || true; rm -rf "$WORK"; }
trap cleanup EXIT
"$howdah" up --detach >&2
sock=$WORK/cluster/run/master; data=$WORK/cluster/nodes/master/data; repository=$WORK/cluster/repository
sql() { "$howdah" psql master -qXAtc "$1"; }

cat > "$WORK/pgbackrest.conf" <<CONF
[global]
repo1-path=$WORK/peer
log-path=$WORK/peer/log
lock-path=$WORK/peer/lock
compress-type=none
start-fast=y
process-max=2
[bench]
pg1-path=$data
pg1-socket-path=$sock
pg1-port=$port
CONF
backrest="pgbackrest --config=$WORK/pgbackrest.conf --stanza=bench --log-level-console=error"
sql "alter system set archive_mode = on"
sql "alter system set archive_command = '$backrest archive-push %p'"
"$howdah" down >&2; "$howdah" up --detach >&2
aspg $backrest stanza-create >&2

aspg /usr/lib/postgresql/15/bin/pgbench -h "$sock" -p "$port" -i -q -s "$SCALE" postgres >/dev/null 2>&1
sql "create table noise as select string_agg(md5(n::text || m::text), '') from generate_series(1, 25000) as n, generate_series(1, 250) as m group by n"
for _ in 1 2 3 4; do sql "create table t as select generate_series(1, 200000); drop table t; select pg_switch_wal()" >/dev/null; done
sql checkpoint
"$howdah" backup >&2; aspg $backrest backup --type=full >&2
segment=$(ls "$repository"/wal/*/ | grep -E '^[0-9A-F]{24}$' | tail -2 | head -1)
system=$(basename "$(dirname "$(ls -d "$repository"/wal/*/"$segment")")")
until aspg $backrest archive-get "$segment" "$WORK/to/probe" >/dev/null 2>&1; do sleep 0.2; done
snapshot=$(ls "$repository/snapshots" | tail -1); files=$repository/snapshots/$snapshot
echo "<!-- $(du -sm "$files" | cut -f1) MB snapshot, segment $segment -->"

meter "restore, synced to disk" "$ROUNDS" --before "rm -rf $WORK/to/restored; sync" \
  "howdah restore=$as $howdah restore $snapshot --to $WORK/to/restored --target-immediate" \
  "cp -a and sync -f=$as bash -c 'cp -a $files/data $WORK/to/restored && sync -f $WORK/to/restored'" \
  "pgbackrest restore=$as bash -c 'mkdir -m 700 $WORK/to/restored && $backrest restore --pg1-path=$WORK/to/restored --type=immediate'"
meter "one segment (restore_command)" "$CALLS" --before "rm -f $WORK/to/RECOVERYXLOG" \
  "howdah wal fetch=$howdah wal fetch --repository $repository --system $system $segment $WORK/to/RECOVERYXLOG" \
  "cp=cp $repository/wal/$system/$segment $WORK/to/RECOVERYXLOG" \
  "pgbackrest archive-get=$backrest archive-get $segment $WORK/to/RECOVERYXLOG"
meter "start and end" "$CALLS" "howdah --version=$howdah --version" "pgbackrest version=pgbackrest version" \
  "pg_basebackup --version=/usr/lib/postgresql/15/bin/pg_basebackup --version"

if command -v barman >/dev/null; then
  cat > "$WORK/barman.conf" <<CONF
[barman]
barman_home = $WORK/barman
barman_user = postgres
log_file = $WORK/barman/log
[bench]
description = bench
conninfo = host=$sock port=$port user=postgres dbname=postgres
streaming_conninfo = host=$sock port=$port user=postgres dbname=postgres
backup_method = postgres
streaming_archiver = on
slot_name = barman
path_prefix = /usr/lib/postgresql/15/bin
CONF
  meter "check" 11 "howdah check=bash -c '$WORK/bin/howdah check; true'" "howdah as barman check=bash -c '$WORK/bin/barman check bench; true'" \
    "Barman's barman check=bash -c '$as barman -c $WORK/barman.conf check bench; true'"
fi
