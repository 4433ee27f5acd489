#!/usr/bin/env bash
# Measures our WAL receiver beside pg_receivewal, in turns on one server, and prints ratios.
#   bench/wal/receive.sh [ROUNDS]      default: 8
# Knobs: PGBIN (default Debian's 15), WORK (default /var/tmp/howdah-bench-wal), WAL_MB (1024), SECONDS_EACH (5), CLIENTS ("1 8").
# A disk's fdatasync differs more from minute to minute than the receivers do: WORK=/dev/shm/howdah-bench-wal leaves the disk out.
# Run as root: the server runs as the user postgres. Everything it starts, it stops; WORK is removed.
set -euo pipefail
rounds=${1:-8}; here=$(cd "$(dirname "$0")/.." && pwd)
pgbin=${PGBIN:-/usr/lib/postgresql/15/bin}; work=${WORK:-/var/tmp/howdah-bench-wal}; port=${PORT:-5733}
wal_mb=${WAL_MB:-1024}; seconds=${SECONDS_EACH:-5}; clients=${CLIENTS:-1 8}
conninfo="host=127.0.0.1 port=$port user=postgres"
aspg() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
sql() { "$pgbin/psql" -h 127.0.0.1 -p "$port" -U postgres -qXAt -v ON_ERROR_STOP=1 -c "$1"; }
median() { sort -n | awk '{v[NR]=$1} END {print (NR%2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }
now() { date +%s.%N; }

rm -rf "$work"; mkdir -p "$work"
# A lock file of its own: the project's is for its use as a part of the tests.
dotnet publish "$here/Howdah.Bench.Wal" -c Release -r linux-x64 -p:PublishAot=true -p:NuGetLockFilePath=obj/bench.lock.json \
  -o "$work/bin" -v q >&2
receiver=$work/bin/Howdah.Bench.Wal
[ "$(id -u)" != 0 ] || chown postgres: "$work"
cleanup() { aspg "$pgbin/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf "$work"; }
trap cleanup EXIT
aspg "$pgbin/initdb" -D "$work/data" -A trust -U postgres -E UTF8 --locale=C >/dev/null
cat >> "$work/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$work'
max_wal_size = 16GB
wal_keep_size = 16GB
shared_buffers = 256MB
CONF
aspg "$pgbin/pg_ctl" -D "$work/data" -w -l "$work/log" start >/dev/null
sql "create table filler (x int, y text)"
sql "insert into filler select i, repeat(md5(i::text), 10) from generate_series(1, $wal_mb * 2750) i"
sql "select pg_switch_wal()" >/dev/null
end=$(sql "select pg_walfile_name(pg_current_wal_lsn())"); end_lsn=$(sql "select ('0/0'::pg_lsn + (('x' || substr('$end', 9, 8))::bit(32)::bigint * 4294967296 + ('x' || substr('$end', 17, 8))::bit(32)::bigint * 16777216))::text")

catch_up_ours() {
  rm -rf "$work/repository"
  "$receiver" "$conninfo" "$work/repository" - bench 0/2000000 "$end_lsn" | awk '/^reached/ {print $4}'
}
catch_up_peer() {
  rm -rf "$work/peer"; mkdir "$work/peer"; touch "$work/peer/000000010000000000000002.partial"
  local begun; begun=$(now)
  "$pgbin/pg_receivewal" -h 127.0.0.1 -p "$port" -U postgres -D "$work/peer" -n -E "$(sql "select ('$end_lsn'::pg_lsn - 1)::text")" >/dev/null 2>&1 || true
  echo "$(now) - $begun" | bc
}
echo "== catch-up of $wal_mb MB: seconds (ours, pg_receivewal, speed ratio)"
for ((i = 0; i < rounds; i++)); do
  ours=$(catch_up_ours); peer=$(catch_up_peer); ratio=$(echo "scale=2; $peer / $ours" | bc)
  echo "$ours $peer $ratio" | tee -a "$work/catchup"
done
echo "median ratio $(awk '{print $3}' "$work/catchup" | median), MB/s ours $(echo "scale=0; $wal_mb / $(awk '{print $1}' "$work/catchup" | median)" | bc), pg_receivewal $(echo "scale=0; $wal_mb / $(awk '{print $2}' "$work/catchup" | median)" | bc)"

echo 'insert into commits values (1)' > "$work/commit.sql"
sql "create table commits (x int)"
tps() { "$pgbin/pgbench" -h 127.0.0.1 -p "$port" -U postgres -n -c "$1" -j 1 -T "$seconds" -f "$work/commit.sql" postgres 2>/dev/null | awk '/^tps/ {print $3}'; }
standby_tps() { # clients, command that receives
  local pid clients=$1; shift
  "$@" >/dev/null 2>&1 & pid=$!
  sql "alter system set synchronous_standby_names = 'bench'"; sql "select pg_reload_conf()" >/dev/null
  until [ "$(sql "select count(*) from pg_stat_replication where application_name = 'bench' and sync_state = 'sync' and state = 'streaming'")" = 1 ]; do sleep 0.1; done
  tps "$clients"
  sql "alter system reset synchronous_standby_names"; sql "select pg_reload_conf()" >/dev/null
  # Not SIGINT: a shell starts background commands with it ignored.
  kill -TERM "$pid"; wait "$pid" || true
}
# What each client waited for its commit, on the average of the median round: latency CLIENTS COLUMN
latency() { awk -v n="$1" -v c="$2" '{ printf "%.2f\n", n * 1000 / $c }' "$work/commits.$1" | median; }
our_tps() { standby_tps "$1" "$receiver" "$conninfo" "$work/repository" - bench; }
peer_tps() { standby_tps "$1" "$pgbin/pg_receivewal" -d "$conninfo application_name=bench" -D "$work/peer" --synchronous; }
for c in $clients; do
  echo "== commits/s with $c clients (ours, pg_receivewal --synchronous, local only, ratio)"; rm -f "$work/commits.$c"
  for ((i = 0; i < rounds; i++)); do
    rm -rf "$work/repository" "$work/peer"; mkdir "$work/peer"
    # In turns: who comes first pays for the files that were just removed.
    if ((i % 2)); then peer=$(peer_tps "$c"); ours=$(our_tps "$c"); else ours=$(our_tps "$c"); peer=$(peer_tps "$c"); fi
    local_only=$(tps "$c")
    echo "$ours $peer $local_only $(echo "scale=2; $ours / $peer" | bc)" | tee -a "$work/commits.$c"
  done
  echo "median ratio $(awk '{print $4}' "$work/commits.$c" | median); ms per commit ours $(latency "$c" 1), pg_receivewal $(latency "$c" 2), local only $(latency "$c" 3)"
done
