#!/usr/bin/env bash
# Our plain backup beside pg_basebackup -Fp -c fast -X none, and pgBackRest where it is installed, interleaved: wall, client CPU, server CPU,
# medians and ratios. pgBackRest reads the files itself, so that all of its work is the client's; uncompressed, one process.
#   bench/backup/run.sh            RUNS=5 SCALE=100 NOISE_MB=300 PGBIN=/usr/lib/postgresql/15/bin
# All sync everything to disk at the end. Runs as root (measured processes run as postgres) or as postgres.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
RUNS=${RUNS:-5}; SCALE=${SCALE:-100}; NOISE_MB=${NOISE_MB:-300}; PGBIN=${PGBIN:-/usr/lib/postgresql/15/bin}
CLIENTBIN=${CLIENTBIN:-/usr/lib/postgresql/15/bin}
WORK=${WORK:-$(mktemp -d /var/tmp/howdah-bench-backup.XXXXXX)}
aspg() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi; }
cleanup() { aspg "$PGBIN/pg_ctl" -D "$WORK/data" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf "$WORK"; }
trap cleanup EXIT
dotnet publish "$here" -c Release -o "$WORK/bin" -v q >&2
if [ "$(id -u)" = 0 ]; then chown -R postgres: "$WORK"; fi; chmod 755 "$WORK"
aspg "$PGBIN/initdb" -D "$WORK/data" -k -A trust -U postgres -N >/dev/null
cat >> "$WORK/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$WORK'
shared_buffers = 1GB
max_wal_size = 8GB
autovacuum = off
fsync = off
archive_mode = on
archive_command = 'true'
CONF
cat > "$WORK/pgbackrest.conf" <<CONF
[global]
repo1-path=$WORK/repo
log-path=$WORK
lock-path=$WORK/lock
compress-type=none
start-fast=y
archive-check=n
repo1-retention-full=1
[bench]
pg1-path=$WORK/data
pg1-socket-path=$WORK
pg1-user=postgres
CONF
pgbackrest=(pgbackrest --config="$WORK/pgbackrest.conf" --stanza=bench --log-level-console=error --log-level-file=off)
aspg "$PGBIN/pg_ctl" -D "$WORK/data" -l "$WORK/log" -w start >/dev/null
conn="host=$WORK user=postgres"
aspg "$CLIENTBIN/pgbench" -h "$WORK" -U postgres -i -q -s "$SCALE" postgres >/dev/null 2>&1
aspg "$CLIENTBIN/psql" -qXAt "$conn dbname=postgres" -c "create extension if not exists pgcrypto" -c "create table noise as
  select gen_random_bytes(1000) as bytes from generate_series(1, $NOISE_MB * 1000)" >/dev/null 2>&1 \
  || aspg "$CLIENTBIN/psql" -qXAt "$conn dbname=postgres" -c "create table noise as select string_agg(md5(n::text || m::text), '')
       from generate_series(1, $NOISE_MB * 125) as n, generate_series(1, 250) as m group by n" >/dev/null
aspg "$CLIENTBIN/psql" -qXAt "$conn dbname=postgres" -c checkpoint >/dev/null; sync
server=$(head -1 "$WORK/data/postmaster.pid")
server_cpu() { # user+system ticks of the postmaster and its children, the ended ones included
  local sum=0 p f; for p in "$server" $(cat /proc/"$server"/task/"$server"/children 2>/dev/null); do
    f=$(sed 's/.*) //' /proc/"$p"/stat 2>/dev/null) || continue; set -- $f
    sum=$((sum + ${12} + ${13})); if [ "$p" = "$server" ]; then sum=$((sum + ${14} + ${15})); fi; done; echo $sum; }
measure() { # NAME COMMAND...
  local name=$1 before after; shift; rm -rf "$WORK/copy"; sync; before=$(server_cpu)
  TIMEFORMAT="%R %U %S"; { time aspg "$@" 2>>"$WORK/out" >&2; } 2> "$WORK/time"; after=$(server_cpu)
  echo "$name $(tail -1 "$WORK/time") $(((after - before)))" | tee -a "$WORK/results" >&2; }
for run in $(seq 0 "$RUNS"); do
  [ "$run" = 1 ] && rm -f "$WORK/results"   # run 0 warms the caches
  measure pg_basebackup "$CLIENTBIN/pg_basebackup" -d "$conn" -Fp -c fast -X none -D "$WORK/copy"
  measure howdah "$WORK/bin/howdah-bench-backup" "$conn" "$WORK/copy"
  if [ -x /usr/bin/pgbackrest ]; then
    rm -rf "$WORK/repo"; aspg "${pgbackrest[@]}" stanza-create >> "$WORK/out" 2>&1
    measure pgbackrest "${pgbackrest[@]}" backup --type=full
  fi
done
tail -1 "$WORK/out" >&2
python3 - "$WORK/results" <<'PY'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    name, wall, user, system, ticks = line.split()
    rows.setdefault(name, []).append((float(wall), float(user) + float(system), int(ticks) / 100))
median = {name: [statistics.median(column) for column in zip(*values)] for name, values in rows.items()}
print('| tool | wall s | client CPU s | server CPU s |\n|---|---|---|---|')
for name, values in median.items(): print(f'| {name} | ' + ' | '.join(f'{value:.2f}' for value in values) + ' |')
for peer in (name for name in median if name != 'howdah'):
    ratios = ' | '.join(f'{a / b:.2f}' if b > 0.1 else '-' for a, b in zip(median['howdah'], median[peer]))
    print(f'| howdah / {peer} | {ratios} |')
PY
