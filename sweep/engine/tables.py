"""The tables of a ledger, and how those of an earlier version become them."""

#: Written into the file's header: what kind of file it is, and the version of its tables.
APPLICATION, VERSION = 0x776E7377, 2

# short columns first, and with a rowid: a row of a kilobyte takes a third of the room that it took without one
_RUNS = """
CREATE TABLE runs_2 (
    key TEXT PRIMARY KEY,
    point TEXT NOT NULL REFERENCES points (point),
    recipe TEXT NOT NULL,
    seed INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('done', 'failed', 'diverged')),
    error REAL CHECK ((error IS NULL) = (status <> 'done')),
    seconds REAL NOT NULL,
    finished TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    losses TEXT NOT NULL,
    versions TEXT NOT NULL,
    traceback TEXT NOT NULL DEFAULT ''
) STRICT
"""
_WANTED = "CREATE TABLE wanted (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
TABLES = f"""
CREATE TABLE sweep (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    name TEXT NOT NULL,
    space TEXT NOT NULL,
    axes TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE TABLE points (
    point TEXT PRIMARY KEY,
    params INTEGER NOT NULL, flops INTEGER NOT NULL, activations INTEGER NOT NULL,
    traced_params INTEGER, traced_flops INTEGER
) STRICT;
{_WANTED};
{_RUNS.replace("runs_2", "runs")};
"""
#: What makes the tables of each earlier version those of the next.
MIGRATIONS = {
    1: (
        "ALTER TABLE sweep ADD COLUMN axes TEXT NOT NULL DEFAULT '[]'",
        _WANTED,
        _RUNS,
        "INSERT INTO runs_2 SELECT key, point, recipe, seed, status, error, seconds, finished, kind, message, losses, "
        "versions, '' FROM runs ORDER BY key",
        "DROP TABLE runs",
        "ALTER TABLE runs_2 RENAME TO runs",
    ),
}
