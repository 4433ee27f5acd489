namespace Howdah.EndToEnd.Tests;

/// <summary>What <c>howdah status</c> and <c>howdah slots</c> print of a cluster that is well, to the letter.</summary>
[Collection(SharedLab.Collection)]
public sealed class StatusScreenTests(SharedLab shared)
{
    private const string StatusDocument =
        """
        {
          "cluster": "master.local",
          "at": "TIME",
          "protected": "good",
          "reasons": [],
          "warnings": [],
          "protected_since": "TIME",
          "would_lose_bytes": 0,
          "supervisor_process_id": PID,
          "nodes": [
          {
          "name": "master",
          "address": MASTER,
          "port": PORT,
          "server": "primary",
          "verdict": "good",
          "role": "primary",
          "version": "VERSION",
          "timeline": 1,
          "position": "LSN",
          "disk_free_bytes": NUMBER
          },
          {
          "name": "slave",
          "address": SLAVE,
          "port": PORT,
          "server": "standby",
          "verdict": "good",
          "role": "standby",
          "version": "VERSION",
          "timeline": 1,
          "position": "LSN",
          "streaming": "streaming",
          "sync_state": "async",
          "flush_lag_bytes": 0,
          "replay_lag_bytes": 0,
          "disk_free_bytes": NUMBER
          }
          ],
          "backup": {
          "name": "backup",
          "verdict": "good",
          "streaming": "streaming",
          "sync_state": "async",
          "flushed": "LSN",
          "lag_bytes": 0,
          "disk_free_bytes": NUMBER,
          "snapshots": 1,
          "restorable_from": "TIME",
          "restorable_to": "TIME",
          "last_backup_at": "TIME",
          "gaps": 0,
          "last_drill_at": "TIME",
          "last_drill_seconds": NUMBER,
          "last_drill_succeeded": true
          },
          "hosts": [
          {
          "name": "master",
          "age_seconds": 0
          }
          ]
        }

        """;

    [Fact]
    public async Task The_screen_is_the_promise_and_a_line_for_each_host()
    {
        var lab = await shared.UpAsync();
        await ShownText.AssertPrintsAsync(
            lab, 0,
            """
            Protected since TIME — would lose 0 bytes (slave and backup hold every commit)
            Can restore any moment from TIME to TIME (SPAN ago) · last drill: restored and queried in SPAN

              ✓ master  primary  MASTER  VERSION
              ✓ slave  standby  SLAVE  VERSION  streaming  0 bytes behind
              ✓ backup  backup  1 snapshot  streaming  0 bytes behind

            seen TIME; howdah up watches (process PID)

            """,
            "status");
    }

    [Fact]
    public async Task Its_document_has_the_same()
    {
        var lab = await shared.UpAsync();
        await ShownText.AssertPrintsAsync(lab, 0, StatusDocument, "status", "--json");
    }

    [Fact]
    public async Task The_slots_have_an_owner_a_reason_and_what_they_keep()
    {
        var lab = await shared.UpAsync();
        await ShownText.AssertPrintsAsync(
            lab, 0,
            """
            SLOT  FOR  STATE  KEEPS  WAL  TROUBLE IN  WHY
            slave  slave  active  0 bytes  reserved  keeps up  keeps the WAL that standby slave has not received yet
            barman  backup  active  0 bytes  reserved  keeps up  keeps the WAL that the repository on backup does not hold yet

            """,
            "slots");
    }

    [Fact]
    public async Task The_document_of_the_slots_has_the_same()
    {
        var lab = await shared.UpAsync();
        await ShownText.AssertPrintsAsync(
            lab, 0,
            """
            {
              "slots": [
              {
              "name": "slave",
              "standing": "wanted",
              "owner": "slave",
              "reason": "keeps the WAL that standby slave has not received yet",
              "active": true,
              "restart_lsn": "LSN",
              "retained_bytes": 0,
              "wal_status": "reserved",
              "safe_wal_bytes": NUMBER,
              "outlook": "keeps-up"
              },
              {
              "name": "barman",
              "standing": "wanted",
              "owner": "backup",
              "reason": "keeps the WAL that the repository on backup does not hold yet",
              "active": true,
              "restart_lsn": "LSN",
              "retained_bytes": 0,
              "wal_status": "reserved",
              "safe_wal_bytes": NUMBER,
              "outlook": "keeps-up"
              }
              ],
              "hosts": [
              {
              "host": "master",
              "age_seconds": 0
              }
              ]
            }

            """,
            "slots", "--json");
    }
}
