//! The SQLite file: what is asked of it and what is put into it.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use indexmap::IndexSet;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, params};

use super::fault::stop_here;
use super::schema::{APPLICATION, migrations};
use super::{Acknowledgement, Delivery, FileId, KnownFile, KnownFinding, OutMessage, Remembered, StateError};
use crate::base::Level;

/// So many messages that were handed over are kept, for whoever asks what was told.
const SENT_KEPT: i64 = 60;

/// An open state.
#[derive(Debug)]
pub struct State {
    connection: Connection,
    path: PathBuf,
}

/// Everything that a run changes at its end.
#[derive(Debug)]
pub struct Night<'n> {
    /// The day of the run.
    pub today: NaiveDate,
    /// When it ended.
    pub now: DateTime<Utc>,
    /// What was read.
    pub remembered: &'n Remembered,
    /// Findings of tonight.
    pub findings: &'n [KnownFinding],
    /// Wordings of errors that no pattern knows: product and wording.
    pub wordings: &'n IndexSet<(String, String)>,
    /// What is to be told.
    pub message: Option<&'n OutMessage>,
}

/// The state in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were there in the last run.
    pub files: u64,
    /// Files that are gone and still count.
    pub gone: u64,
    /// Bytes of what is kept of both.
    pub content: u64,
    /// When the last run ended, and how many bytes it read.
    pub last_run: Option<(String, u64)>,
    /// Nights so far.
    pub runs: u64,
}

impl State {
    /// Opens a state to change it; makes one where there is none.
    ///
    /// # Errors
    ///
    /// Where the file is no state, is damaged, was written by a newer version, or cannot be written.
    pub fn open(path: &Path) -> Result<State, StateError> {
        let mut connection = Connection::open(path).map_err(|error| StateError::of(path, error))?;
        let fault = |error| StateError::of(path, error);
        // Losing a night to a power cut would be told twice at worst; but a state that is half written is damage.
        connection.pragma_update(None, "synchronous", "FULL").map_err(fault)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(fault)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(fault)?;
        check_application(&connection, path)?;
        // Before anything is written: what is damaged is set aside as it is.
        check(&connection, path)?;
        private(path);
        migrations().to_latest(&mut connection).map_err(|error| migration_fault(path, error))?;
        connection.pragma_update(None, "application_id", APPLICATION).map_err(fault)?;
        let state = State { connection, path: path.to_owned() };
        // Better now than after hours of reading.
        state.connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(fault)?;
        Ok(state)
    }

    /// Opens a state to look at it; `None`: there is none.
    ///
    /// # Errors
    ///
    /// As [`State::open`]; a state of an older version has to be opened to change it first.
    pub fn look(path: &Path) -> Result<Option<State>, StateError> {
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|error| StateError::of(path, error))?;
        check_application(&connection, path)?;
        check(&connection, path)?;
        Ok(Some(State { connection, path: path.to_owned() }))
    }

    /// Moves a damaged state away, with what SQLite keeps beside it; returns where it is now.
    ///
    /// # Errors
    ///
    /// Where it cannot be moved.
    pub fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, StateError> {
        let with = |end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let mark = now.format(".damaged-%Y%m%dT%H%M%S").to_string();
        // The journal first: it belongs to the damaged file and must never be applied to a new one.
        for end in ["-journal", "-wal", "-shm", ""] {
            match std::fs::rename(with(end), with(&format!("{mark}{end}"))) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StateError::Unreachable(with(end), error));
                }
                _ => {}
            }
        }
        Ok(with(&mark))
    }

    fn fault(&self, error: rusqlite::Error) -> StateError {
        StateError::of(&self.path, error)
    }

    fn list<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StateError> {
        let ask = || self.connection.prepare(sql)?.query_map([], read)?.collect::<rusqlite::Result<Vec<T>>>();
        ask().map_err(|error| self.fault(error))
    }

    /// Files of earlier nights.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn files(&self) -> Result<Vec<KnownFile>, StateError> {
        self.list("SELECT id, path, stat, print, key, seen FROM files ORDER BY id", |row| {
            let json = |text: Option<String>| text.unwrap_or_default();
            Ok(KnownFile {
                id: row.get(0)?,
                path: row.get(1)?,
                stat: serde_json::from_str(&json(row.get(2)?)).ok(),
                print: serde_json::from_str(&json(row.get(3)?)).ok(),
                key: row.get(4)?,
                seen: row.get(5).map(|day: String| day_of(&day))?,
            })
        })
    }

    /// What was read of a file.
    pub fn content(&self, file: FileId) -> Option<Vec<u8>> {
        let sql = "SELECT content FROM files WHERE id = ?1";
        self.connection.query_row(sql, [file], |row| row.get(0)).optional().ok().flatten()
    }

    /// Findings of earlier nights.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn findings(&self) -> Result<Vec<KnownFinding>, StateError> {
        let sql = "SELECT key, advisory, title, host, about, level, first_seen, last_seen, reported_level, \
                   reported_on FROM findings ORDER BY key";
        self.list(sql, |row| {
            let level: Option<String> = row.get(8)?;
            let on: Option<String> = row.get(9)?;
            let reported = level.and_then(|level| Level::from_name(&level));
            Ok(KnownFinding {
                key: row.get(0)?,
                advisory: row.get(1)?,
                title: row.get(2)?,
                host: row.get(3)?,
                about: row.get(4)?,
                level: Level::from_name(&row.get::<_, String>(5)?).unwrap_or(Level::Cleared),
                first_seen: day_of(&row.get::<_, String>(6)?),
                last_seen: day_of(&row.get::<_, String>(7)?),
                reported: reported.zip(on.map(|day| day_of(&day))),
            })
        })
    }

    /// Who knows of what.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn acknowledgements(&self) -> Result<Vec<Acknowledgement>, StateError> {
        let sql = "SELECT id, advisory, object, until, reason, made FROM acknowledgements ORDER BY id";
        self.list(sql, |row| {
            Ok(Acknowledgement {
                id: row.get(0)?,
                advisory: row.get(1)?,
                object: row.get(2)?,
                until: day_of(&row.get::<_, String>(3)?),
                reason: row.get(4)?,
                made: day_of(&row.get::<_, String>(5)?),
            })
        })
    }

    /// Paths that could not be read to their end, and the name of the notice.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn unread(&self) -> Result<IndexSet<(String, String)>, StateError> {
        let rows = self.list("SELECT path, code FROM unread", |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    /// Wordings of errors that no pattern knows, of all nights: product and wording.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn wordings(&self) -> Result<IndexSet<(String, String)>, StateError> {
        let rows =
            self.list("SELECT product, wording FROM wordings", |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    /// Messages that were not handed over yet, oldest first, with the ways on which they were.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn pending(&self) -> Result<Vec<(OutMessage, Vec<Delivery>)>, StateError> {
        let sql = "SELECT id, message_id, made, subject, text, html, body, items FROM outbox WHERE sent IS NULL \
                   ORDER BY id";
        let messages = self.list(sql, |row| {
            let made: String = row.get(2)?;
            Ok(OutMessage {
                id: row.get(0)?,
                message_id: row.get(1)?,
                made: made.parse().unwrap_or_default(),
                subject: row.get(3)?,
                text: row.get(4)?,
                html: row.get(5)?,
                body: serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default(),
                items: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default(),
            })
        })?;
        let done = self.list("SELECT message, way FROM deliveries", |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let ways =
            |id: i64| done.iter().filter(|(held, _)| *held == id).map(|(_, way)| way.clone()).collect();
        Ok(messages.into_iter().map(|message| (message.clone(), ways(message.id))).collect())
    }

    /// The state in numbers.
    ///
    /// # Errors
    ///
    /// Where the state cannot be read.
    pub fn summary(&self) -> Result<Summary, StateError> {
        let ask = || {
            let number = |sql: &str| self.connection.query_row(sql, [], |row| row.get(0).map(unsigned));
            let last = "SELECT finished, bytes_read FROM runs ORDER BY rowid DESC LIMIT 1";
            Ok(Summary {
                files: number("SELECT count(*) FROM files WHERE gone IS NULL")?,
                gone: number("SELECT count(*) FROM files WHERE gone IS NOT NULL")?,
                content: number("SELECT coalesce(sum(length(content)), 0) FROM files")?,
                last_run: self
                    .connection
                    .query_row(last, [], |row| Ok((row.get(0)?, row.get(1).map(unsigned)?)))
                    .optional()?,
                runs: number("SELECT count(*) FROM runs")?,
            })
        };
        ask().map_err(|error| self.fault(error))
    }

    /// Keeps everything that a run came to, all of it or nothing. Returns the number of the message.
    ///
    /// # Errors
    ///
    /// Where the state cannot be written; then it is as before.
    pub fn keep(&mut self, night: &Night<'_>) -> Result<i64, StateError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = self.connection.transaction()?;
            stop_here();
            keep_files(&transaction, night)?;
            keep_findings(&transaction, night)?;
            keep_rest(&transaction, night)?;
            let message = match night.message {
                Some(message) => keep_message(&transaction, message)?,
                None => 0,
            };
            stop_here();
            transaction.commit()?;
            stop_here();
            Ok(message)
        };
        write().map_err(|error| StateError::of(&path, error))
    }

    /// A message was handed over on some ways; `all`: on every way. Only then its news count as told.
    ///
    /// # Errors
    ///
    /// Where the state cannot be written; then the message will be handed over once more.
    pub fn handed_over(
        &mut self,
        message: &OutMessage,
        ways: &[Delivery],
        all: bool,
        today: NaiveDate,
    ) -> Result<(), StateError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = self.connection.transaction()?;
            for way in ways {
                let sql = "INSERT OR IGNORE INTO deliveries (message, way, done) VALUES (?1, ?2, ?3)";
                transaction.execute(sql, params![message.id, way, today.to_string()])?;
                stop_here();
            }
            if all {
                let sql = "UPDATE outbox SET sent = ?2 WHERE id = ?1";
                transaction.execute(sql, params![message.id, today.to_string()])?;
                stop_here();
                for item in &message.items {
                    if let Some(level) = item.level {
                        let sql = "UPDATE findings SET reported_level = ?2, reported_on = ?3 WHERE key = ?1";
                        transaction.execute(sql, params![item.key, level.name(), today.to_string()])?;
                        stop_here();
                    }
                }
                let sql = "DELETE FROM outbox WHERE sent IS NOT NULL AND id <= ?1";
                transaction.execute(sql, [message.id - SENT_KEPT])?;
            }
            stop_here();
            transaction.commit()?;
            stop_here();
            Ok(())
        };
        write().map_err(|error| StateError::of(&path, error))
    }

    /// Keeps an acknowledgement; one of the same object is replaced.
    ///
    /// # Errors
    ///
    /// Where the state cannot be written.
    pub fn acknowledge(&mut self, ack: &Acknowledgement) -> Result<(), StateError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = self.connection.transaction()?;
            let sql = "DELETE FROM acknowledgements WHERE advisory = ?1 AND object IS ?2";
            transaction.execute(sql, params![ack.advisory, ack.object])?;
            let sql = "INSERT INTO acknowledgements (advisory, object, until, reason, made) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let (until, made) = (ack.until.to_string(), ack.made.to_string());
            transaction.execute(sql, params![ack.advisory, ack.object, until, ack.reason, made])?;
            transaction.commit()
        };
        write().map_err(|error| StateError::of(&path, error))
    }

    /// Forgets that findings were told or acknowledged. Returns how many rows there were.
    ///
    /// # Errors
    ///
    /// Where the state cannot be written.
    pub fn forget(&mut self, advisory: &str, object: Option<&str>) -> Result<usize, StateError> {
        let path = self.path.clone();
        let known: Vec<String> = self
            .findings()?
            .into_iter()
            .filter(|finding| {
                finding.advisory.eq_ignore_ascii_case(advisory)
                    && object.is_none_or(|object| {
                        finding.key == object
                            || finding.about.split_whitespace().any(|word| {
                                word == object
                                    || word
                                        .split_once('=')
                                        .is_some_and(|(_, value)| value.eq_ignore_ascii_case(object))
                            })
                    })
            })
            .map(|finding| finding.key)
            .collect();
        let mut write = || {
            let transaction = self.connection.transaction()?;
            let mut count = 0;
            for key in &known {
                count += transaction.execute("DELETE FROM findings WHERE key = ?1", [key])?;
            }
            let sql = "DELETE FROM acknowledgements WHERE advisory = ?1 COLLATE NOCASE AND \
                       (?2 IS NULL OR object IS ?2)";
            count += transaction.execute(sql, params![advisory, object])?;
            transaction.commit()?;
            Ok(count)
        };
        write().map_err(|error| StateError::of(&path, error))
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn day_of(text: &str) -> NaiveDate {
    text.parse().unwrap_or(NaiveDate::MIN)
}

fn check_application(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let ask = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i32>(0));
    let fault = |error| StateError::of(path, error);
    let (application, version) =
        (ask("PRAGMA application_id").map_err(fault)?, ask("PRAGMA user_version").map_err(fault)?);
    let tables = ask("SELECT count(*) FROM sqlite_master").map_err(fault)?;
    if application != APPLICATION && tables > 0 {
        // Killed while the tables were made: they are made in one transaction, the mark is set behind it.
        let is_ours =
            ask("SELECT count(*) FROM sqlite_master WHERE name = 'acknowledgements'").map_err(fault)?;
        if is_ours == 0 {
            let other = "a database of another program".to_owned();
            return Err(StateError::Foreign(path.to_owned(), other));
        }
    }
    let newest = i32::try_from(super::schema::VERSIONS).unwrap_or(i32::MAX);
    if version > newest { Err(StateError::Newer(path.to_owned())) } else { Ok(()) }
}

fn check(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let told: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| StateError::of(path, error))?;
    if told == "ok" { Ok(()) } else { Err(StateError::Damaged(path.to_owned(), told)) }
}

fn migration_fault(path: &Path, error: rusqlite_migration::Error) -> StateError {
    match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => StateError::of(path, err),
        rusqlite_migration::Error::MigrationDefinition(_) => StateError::Newer(path.to_owned()),
        other => StateError::Damaged(path.to_owned(), other.to_string()),
    }
}

/// Quotes of logs lie in it: nobody else needs to read them.
fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
    }
    let _ = path;
}

fn keep_files(transaction: &Transaction<'_>, night: &Night<'_>) -> rusqlite::Result<()> {
    let today = night.today.to_string();
    let stat = |file: &KnownFile| file.stat.as_ref().and_then(|stat| serde_json::to_string(stat).ok());
    let print = |file: &KnownFile| file.print.as_ref().and_then(|print| serde_json::to_string(print).ok());
    for new in &night.remembered.read {
        let file = &new.file;
        if let Some(old) = new.replaces {
            transaction.execute("DELETE FROM files WHERE id = ?1", [old])?;
        }
        let sql = "INSERT INTO files (path, stat, print, key, seen, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (stat, print) = (stat(file), print(file));
        transaction.execute(sql, params![file.path, stat, print, file.key, today, new.content])?;
        stop_here();
    }
    for file in &night.remembered.unchanged {
        let sql = "UPDATE files SET path = ?2, stat = ?3, seen = ?4, gone = NULL WHERE id = ?1";
        transaction.execute(sql, params![file.id, file.path, stat(file), today])?;
        stop_here();
    }
    for (file, rest) in &night.remembered.gone {
        let sql = "UPDATE files SET gone = coalesce(gone, ?2), content = coalesce(?3, content) WHERE id = ?1";
        transaction.execute(sql, params![file, today, rest])?;
        stop_here();
    }
    for file in &night.remembered.dropped {
        transaction.execute("DELETE FROM files WHERE id = ?1", [file])?;
        stop_here();
    }
    Ok(())
}

fn keep_findings(transaction: &Transaction<'_>, night: &Night<'_>) -> rusqlite::Result<()> {
    for finding in night.findings {
        let sql = "INSERT INTO findings (key, advisory, title, host, about, level, first_seen, last_seen) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) \
                   ON CONFLICT (key) DO UPDATE SET title = ?3, host = ?4, about = ?5, level = ?6, last_seen = ?7";
        let (level, today) = (finding.level.name(), night.today.to_string());
        let KnownFinding { key, advisory, title, host, about, .. } = finding;
        transaction.execute(sql, params![key, advisory, title, host, about, level, today])?;
        stop_here();
    }
    Ok(())
}

fn keep_rest(transaction: &Transaction<'_>, night: &Night<'_>) -> rusqlite::Result<()> {
    let today = night.today.to_string();
    let mut held = transaction.prepare("SELECT path, code FROM unread")?;
    let held =
        held.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for (path, code) in held.iter().filter(|row| !night.remembered.unread.contains(*row)) {
        transaction.execute("DELETE FROM unread WHERE path = ?1 AND code = ?2", params![path, code])?;
    }
    for (path, code) in &night.remembered.unread {
        let sql = "INSERT OR IGNORE INTO unread (path, code, since) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![path, code, today])?;
        stop_here();
    }
    for (product, wording) in night.wordings {
        let sql = "INSERT OR IGNORE INTO wordings (product, wording, first_seen) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![product, wording, today])?;
    }
    let sql = "INSERT INTO runs (day, finished, bytes_read, files, findings) VALUES (?1, ?2, ?3, ?4, ?5)";
    let files = night.remembered.read.len() + night.remembered.unchanged.len();
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let bytes = i64::try_from(night.remembered.bytes_read).unwrap_or(i64::MAX);
    let finished = night.now.to_rfc3339();
    transaction.execute(sql, params![today, finished, bytes, number(files), number(night.findings.len())])?;
    stop_here();
    Ok(())
}

fn keep_message(transaction: &Transaction<'_>, message: &OutMessage) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO outbox (message_id, made, subject, text, html, body, items) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let items = serde_json::to_string(&message.items).unwrap_or_default();
    let OutMessage { message_id, subject, text, html, .. } = message;
    let (made, body) = (message.made.to_rfc3339(), message.body.to_string());
    transaction.execute(sql, params![message_id, made, subject, text, html, body, items])?;
    Ok(transaction.last_insert_rowid())
}
