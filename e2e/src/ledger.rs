//! The database, read behind the program's back, to see what was really kept.
//!
//! Invariant: read-only. A test changes things the way a person does: through the window.

use crate::place::Place;
use rusqlite::{Connection, OpenFlags, types::FromSql};
use std::path::{Path, PathBuf};

pub struct Ledger {
    path: PathBuf,
    connection: Connection,
}

fn connect(path: &Path) -> Connection {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database opens");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a timeout can be set");
    connection
}

impl Ledger {
    /// # Panics
    /// When there is no database in the place's data folder.
    pub fn open(place: &Place) -> Self {
        let mut files: Vec<_> =
            std::fs::read_dir(place.data()).expect("there is a data folder").flatten().map(|entry| entry.path()).collect();
        files.retain(|path| {
            path.extension().is_some_and(|extension| ["db", "sqlite", "sqlite3", "gait"].iter().any(|known| extension == *known))
        });
        assert_eq!(files.len(), 1, "one database in the data folder: {files:?}");
        let path = files.remove(0);
        Self { connection: connect(&path), path }
    }

    /// One value.
    ///
    /// # Panics
    /// When the query gives none.
    pub fn one<T: FromSql>(&self, sql: &str) -> T {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub fn all<T: FromSql>(&self, sql: &str) -> Vec<T> {
        let read = || -> rusqlite::Result<Vec<T>> { self.connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect() };
        read().unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// What must hold at any moment, also after the program was killed.
    ///
    /// # Panics
    /// When it does not hold.
    pub fn check(&self) {
        // On a connection of its own: the full-text index calls its file damaged when it meets there what another
        // connection has written since (SQLite 3.54).
        let fresh = Self { path: self.path.clone(), connection: connect(&self.path) };
        fresh.check_now();
    }

    fn check_now(&self) {
        assert_eq!(self.all::<String>("PRAGMA integrity_check"), ["ok"], "the database is whole");
        assert_eq!(self.all::<String>("SELECT \"table\" FROM pragma_foreign_key_check"), Vec::<String>::new(), "no row points to nowhere");
        for (nothing, sql) in [
            (
                "item that is delivered without a decision",
                "SELECT uid FROM item WHERE state IN ('approved', 'delivered') AND id NOT IN (SELECT item FROM decision WHERE undone_at IS NULL)",
            ),
            (
                "item that is judged without a draft",
                "SELECT uid FROM item WHERE state NOT IN ('received', 'drafting', 'failed') AND draft IS NULL",
            ),
            (
                "item drafted twice without anybody asking",
                "SELECT item.uid FROM draft JOIN item ON item.id = draft.item WHERE draft.hint IS NULL GROUP BY item.id HAVING count(*) > 1 + (SELECT count(*) FROM event WHERE event.item = item.id AND kind IN ('regenerated', 'retried', 'branched'))",
            ),
            (
                "counter that is wrong",
                "SELECT state FROM item_count WHERE n <> (SELECT count(*) FROM item WHERE item.use_case = item_count.use_case AND item.state = item_count.state AND (item.seeded = 0 OR item.state <> 'rejected'))",
            ),
        ] {
            assert_eq!(self.all::<String>(sql), Vec::<String>::new(), "there is no {nothing}");
        }
    }
}
