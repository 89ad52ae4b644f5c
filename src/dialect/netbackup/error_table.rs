//! The tables that `bperror -U` prints for people: problems, and the status of backups (`-backstat`).
//!
//! ```text
//!   TIME                SERVER/CLIENT                TEXT
//! 01/01/2013 00:00:01 mas1 web01  backup of client web01 exited with status 84
//!                     (media write error)
//!
//! STATUS CLIENT       POLICY           SCHED           SERVER          TIME COMPLETED
//!  84    web01        pol_a            Daily           med1            01/01/2013 00:00:01
//!   (media write error)
//! ```
//!
//! The names of the columns are those of the manuals; widths differ, names are cut, and no sample of a whole report was
//! at hand: the rows count only below such a head, and values that a cut name could spoil (policy, schedule) are taken
//! as printed.

use serde::{Deserialize, Serialize};

use crate::dialect::dates;

/// Which of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Table {
    /// Time, server, client, text.
    Problems,
    /// Status, client, policy, schedule, server, time.
    Statuses,
}

/// A row of either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) read: dates::Read,
    pub(super) status: Option<&'a str>,
    pub(super) fields: Vec<(&'static str, &'a str)>,
    pub(super) text: &'a str,
}

/// The head of a table.
pub(super) fn head(line: &str) -> Option<Table> {
    let line = line.trim();
    let begins = |words: &[&str]| line.split_whitespace().take(words.len()).eq(words.iter().copied());
    if line.starts_with("STATUS") {
        return begins(&["STATUS", "CLIENT", "POLICY", "SCHED"]).then_some(Table::Statuses);
    }
    (line.starts_with("TIME") && begins(&["TIME", "SERVER/CLIENT", "TEXT"])).then_some(Table::Problems)
}

/// A row below the head of a table.
pub(super) fn row(line: &str, table: Table) -> Option<Row<'_>> {
    match table {
        Table::Problems => problem(line),
        Table::Statuses => status(line),
    }
}

fn problem(line: &str) -> Option<Row<'_>> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let read = dates::date_time(line)?;
    let rest = line.get(read.length..)?.trim_start();
    let (server, rest) = rest.split_once(' ')?;
    let (client, text) = rest.trim_start().split_once(' ')?;
    let fields =
        [("server", server), ("client", client)].into_iter().filter(|(_, name)| *name != "-").collect();
    Some(Row { read, status: None, fields, text: text.trim() })
}

fn status(line: &str) -> Option<Row<'_>> {
    let rest = line.trim();
    let (status, mut rest) = rest.split_once(' ').filter(|(status, _)| is_status(status))?;
    let mut names = [""; 4];
    for name in &mut names {
        (*name, rest) = rest.trim_start().split_once(' ')?;
    }
    let rest = rest.trim_start();
    let read = dates::date_time(rest)
        .filter(|read| rest.get(read.length..).is_some_and(|left| left.trim().is_empty()))?;
    let [client, policy, schedule, server] = names;
    let fields = vec![("client", client), ("policy", policy), ("schedule", schedule), ("server", server)];
    Some(Row { read, status: Some(status), fields, text: line.trim() })
}

fn is_status(word: &str) -> bool {
    (1..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_rows() {
        assert_eq!(head("  TIME                SERVER/CLIENT                TEXT\r"), Some(Table::Problems));
        assert_eq!(head("STATUS CLIENT   POLICY  SCHED  SERVER  TIME COMPLETED"), Some(Table::Statuses));
        assert_eq!((head("STATUS of the day"), head("TIME flies")), (None, None));
        let row =
            row(" 84    web01   pol_a    Daily   med1    01/25/2013 00:00:01", Table::Statuses).unwrap();
        assert_eq!((row.status, row.fields[3]), (Some("84"), ("server", "med1")));
        let row = super::row("01/25/2013 00:00:01 mas1 -  bpsched: no media", Table::Problems).unwrap();
        assert_eq!((row.fields, row.text), (vec![("server", "mas1")], "bpsched: no media"));
    }

    #[test]
    fn damaged_rows() {
        for (line, table) in [
            ("01/25/2013 00:00:01 mas1", Table::Problems),
            ("   (media write error)", Table::Problems),
            ("   (media write error)", Table::Statuses),
            (" 84    web01   pol_a    Daily   med1", Table::Statuses),
            (" 84    web01   pol_a    Daily   med1  01/25/2013 00:00:01 and more", Table::Statuses),
        ] {
            assert_eq!(row(line, table), None, "{line}");
        }
    }
}
