"""The tables of a ledger, and the upgrades from earlier versions."""

#: Written into the file's header: what kind of file it is, and the version of its tables.
APPLICATION, VERSION = 0x776E7377, 3

# Each column has a constraint on its values: readers copy a ledger into tables like these, so that SQLite itself
# refuses anything else in a file from somebody else.
_COUNT = "INTEGER NOT NULL CHECK ({0} >= 0)"
_MAYBE = "INTEGER CHECK ({0} >= 0)"
_LIST = "TEXT NOT NULL DEFAULT '[]' CHECK (json_valid({0}) AND json_type({0}) = 'array')"
_MAPPING = "TEXT NOT NULL CHECK (json_valid({0}) AND json_type({0}) = 'object')"
# JSON as Python writes it: the loss of a run that diverged may be NaN
_LOSSES = "TEXT NOT NULL CHECK ({0} GLOB '[[]*]')"
#: UTC and ISO 8601, to the second.
_TIME = "TEXT NOT NULL CHECK ({0} GLOB '????-??-??T??:??:??+00:00' AND datetime({0}) IS NOT NULL)"


def _table(table: str, /, **columns: str) -> str:
    lines = ", ".join(f"{column} {kind.format(column)}" for column, kind in columns.items())
    return f"CREATE TABLE {table} ({lines}) STRICT"


_SWEEP = _table(
    "sweep",
    id="INTEGER PRIMARY KEY CHECK (id = 0)",
    name="TEXT NOT NULL",
    space=_MAPPING,
    axes=_LIST,
)
# stem_flops: multiply-adds of the first layer, which are among flops
# uncounted: operations that fvcore has no count for, of a network that is counted by it alone
# also: labels of points that are the same network
# position: place in the present plan, null if it is not in it; baseline: position of the point that it is compared with
_POINTS = _table(
    "points",
    id="INTEGER PRIMARY KEY",
    point=_MAPPING + " UNIQUE",
    params=_COUNT,
    flops=_COUNT,
    activations=_COUNT,
    traced_params=_MAYBE,
    traced_flops=_MAYBE,
    stem_flops=_MAYBE,
    uncounted=_LIST,
    also=_LIST,
    position=_MAYBE,
    baseline=_MAYBE,
)
_RECIPES = _table("recipes", id="INTEGER PRIMARY KEY", recipe=_MAPPING + " UNIQUE")
# present: whether the space asks for it as it is now
# what an earlier version noted of a run that is not in is its key alone: point, recipe and seed are null
_ASKS = _table(
    "asks",
    number="INTEGER PRIMARY KEY CHECK (number >= 0)",
    key="TEXT NOT NULL UNIQUE",
    point="INTEGER REFERENCES points (id)",
    recipe="INTEGER REFERENCES recipes (id)",
    seed=_MAYBE,
    rung=_COUNT + " DEFAULT 0",
    phase="TEXT NOT NULL DEFAULT 'explore' CHECK (phase IN ('explore', 'confirm'))",
    origin=_MAPPING + " DEFAULT '{{}}'",
    present="INTEGER NOT NULL DEFAULT 1 CHECK (present IN (0, 1))",
)
# landed: order of landing
_RUNS = _table(
    "runs",
    landed="INTEGER PRIMARY KEY",
    key="TEXT NOT NULL UNIQUE REFERENCES asks (key)",
    status="TEXT NOT NULL CHECK (status IN ('done', 'failed', 'diverged'))",
    error="REAL CHECK ((error IS NULL) = (status <> 'done') AND (error IS NULL OR error BETWEEN 0 AND 100))",
    loss="REAL CHECK (loss IS NULL OR status = 'done' AND loss BETWEEN 0 AND 1e300)",
    seconds="REAL NOT NULL CHECK (seconds BETWEEN 0 AND 1e12)",
    finished=_TIME,
    kind="TEXT NOT NULL",
    message="TEXT NOT NULL",
    losses=_LOSSES,
    versions=_MAPPING,
    traceback="TEXT NOT NULL",
)
#: Name of each table -> the statement that makes it.
TABLE_OF = {"sweep": _SWEEP, "points": _POINTS, "recipes": _RECIPES, "asks": _ASKS, "runs": _RUNS}
TABLES = ";".join(TABLE_OF.values())

_RUNS_2 = """
CREATE TABLE runs_2 (
    key TEXT PRIMARY KEY, point TEXT NOT NULL, recipe TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL,
    error REAL, seconds REAL NOT NULL, finished TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
    losses TEXT NOT NULL, versions TEXT NOT NULL, traceback TEXT NOT NULL DEFAULT ''
) STRICT
"""
#: What makes the tables of each earlier version those of the next.
MIGRATIONS = {
    1: (
        "ALTER TABLE sweep ADD COLUMN axes TEXT NOT NULL DEFAULT '[]'",
        "CREATE TABLE wanted (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
        _RUNS_2,
        "INSERT INTO runs_2 SELECT key, point, recipe, seed, status, error, seconds, finished, kind, message, losses, "
        "versions, '' FROM runs ORDER BY key",
        "DROP TABLE runs",
        "ALTER TABLE runs_2 RENAME TO runs",
    ),
    2: (
        "ALTER TABLE sweep RENAME TO sweep_2",
        _SWEEP,
        "INSERT INTO sweep SELECT id, name, space, axes FROM sweep_2",
        "DROP TABLE sweep_2",
        "ALTER TABLE points RENAME TO points_2",
        "ALTER TABLE runs RENAME TO runs_2",
        _POINTS,
        _RECIPES,
        _ASKS,
        _RUNS,
        "INSERT INTO points (point, params, flops, activations, traced_params, traced_flops) "
        "SELECT point, params, flops, activations, traced_params, traced_flops FROM points_2 ORDER BY point",
        "INSERT INTO recipes (recipe) SELECT DISTINCT recipe FROM runs_2 ORDER BY recipe",
        # runs were asked for in the order of their keys; a ledger of version 1 does not say which the space asks for
        "INSERT INTO asks (number, key, point, recipe, seed, present) "
        "SELECT row_number() OVER (ORDER BY every.key) - 1, every.key, points.id, recipes.id, seed, "
        "every.key IN (SELECT key FROM wanted) OR NOT EXISTS (SELECT 1 FROM wanted) "
        "FROM (SELECT key FROM wanted UNION SELECT key FROM runs_2) AS every LEFT JOIN runs_2 USING (key) "
        "LEFT JOIN points ON points.point = runs_2.point LEFT JOIN recipes ON recipes.recipe = runs_2.recipe",
        "INSERT INTO runs (key, status, error, loss, seconds, finished, kind, message, losses, versions, traceback) "
        "SELECT key, status, error, NULL, seconds, finished, kind, message, losses, versions, traceback "
        "FROM runs_2 ORDER BY runs_2.rowid",
        "DROP TABLE runs_2",
        "DROP TABLE points_2",
        "DROP TABLE wanted",
    ),
}
