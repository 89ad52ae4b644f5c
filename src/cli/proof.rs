//! Writes the bundle of `--proof`, and scans it: it is said whether it gives the same findings.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Desk;
use super::plan::ScanPlan;
use crate::base::{Finding, Report};
use crate::pattern::Catalogue;
use crate::report::redact::Redactor;
use crate::report::sanitise;
use crate::scan::proof::{Content, Piece, Proof};
use crate::settings::Settings;

/// A piece as it is written: path in the bundle and bytes.
type File = (String, Vec<u8>);

/// What a bundle needs beside the report.
pub(super) struct Bundle<'b> {
    pub(super) file: &'b Path,
    pub(super) plan: &'b ScanPlan,
    pub(super) catalogue: &'b Catalogue,
    pub(super) settings: &'b Settings,
}

impl Bundle<'_> {
    /// Writes the bundle and scans it. `shown` is the report whose findings it is to give.
    pub(super) fn write(
        &self,
        proof: Proof,
        redactor: Option<&mut Redactor>,
        shown: &Report,
        desk: &mut Desk<'_, '_>,
    ) -> anyhow::Result<()> {
        let name = self.file.display().to_string();
        for (path, why) in &proof.left_out {
            desk.streams.tell(&format!("{name}: {path} is not in it: {why}"));
        }
        let files = files(proof.pieces, redactor, &name, desk);
        super::output::write_bytes(&packed(&files)?, self.file)?;
        let mut options = self.plan.options.clone();
        options.days = crate::scan::Days::default();
        let again =
            sanitise(desk.engine.scan(std::slice::from_ref(&name), &options, self.catalogue, self.settings));
        let lost: Vec<&Finding> = shown
            .findings
            .iter()
            .filter(|finding| !again.findings.iter().any(|other| is_same(finding, other)))
            .collect();
        let all = shown.findings.len();
        if lost.is_empty() {
            desk.streams
                .tell(&format!("{name}: {} files; a scan of it gives the same {all} findings", files.len()));
        }
        for finding in lost {
            let level = again
                .findings
                .iter()
                .find(|other| is_of_same(finding, other))
                .map(|other| other.level.name());
            desk.streams.tell(&format!(
                "{name}: a scan of it does not give {} {} but {}: keep the logs themselves",
                finding.level.name(),
                finding.key,
                level.unwrap_or("nothing")
            ));
        }
        Ok(())
    }
}

fn is_of_same(one: &Finding, other: &Finding) -> bool {
    one.advisory == other.advisory && one.about == other.about
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    is_of_same(one, other) && one.level == other.level
}

/// The texts that a redactor has to learn names from.
pub(super) fn texts(proof: &Proof) -> impl Iterator<Item = &str> {
    proof.pieces.iter().filter_map(|piece| match &piece.content {
        Content::Text(text) => Some(text.as_str()),
        Content::Binary(_) => None,
    })
}

fn files(
    pieces: Vec<Piece>,
    mut redactor: Option<&mut Redactor>,
    name: &str,
    desk: &mut Desk<'_, '_>,
) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for piece in pieces {
        let (path, bytes) = match (&mut redactor, piece.content) {
            (None, Content::Text(text)) => (piece.path, text.into_bytes()),
            (None, Content::Binary(bytes)) => (piece.path, bytes),
            (Some(redactor), Content::Text(text)) => {
                let text: Vec<String> = text.split('\n').map(|line| redactor.text(line)).collect();
                (redactor.path(&piece.path), text.join("\n").into_bytes())
            }
            (Some(_), Content::Binary(_)) => {
                let why = "a binary log cannot be redacted; export it as text and scan that";
                desk.streams.tell(&format!("{name}: {} is not in it: {why}", piece.path));
                continue;
            }
        };
        let mut inside = path_inside(&path);
        while files.iter().any(|(taken, _)| *taken == inside) {
            inside = format!("again/{inside}");
        }
        files.push((inside, bytes));
    }
    files
}

/// The path of a source as a path in the bundle: never absolute, never upwards, members of archives in folders.
fn path_inside(path: &str) -> String {
    let parts: Vec<String> = path
        .split(['/', '\\', '!'])
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .map(|part| part.replace(|c: char| c.is_control() || c == ':', "_"))
        .collect();
    if parts.is_empty() { "source".to_owned() } else { parts.join("/") }
}

/// A tar archive in gzip. Times and owners are those of nobody: the same findings give the same bytes.
fn packed(files: &[File]) -> anyhow::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(bytes.len())?);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_cksum();
        tar.append_data(&mut header, path, bytes.as_slice())?;
    }
    let mut packed = tar.into_inner()?;
    packed.flush()?;
    Ok(packed.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let table = [
            ("bpdm/log.030509", "bpdm/log.030509"),
            ("/var/log/x.log", "var/log/x.log"),
            ("../../etc/x", "etc/x"),
            ("a.zip!b/c.log", "a.zip/b/c.log"),
            (r"C:\logs\x.log", "C_/logs/x.log"),
            ("..", "source"),
        ];
        for (path, inside) in table {
            assert_eq!(path_inside(path), inside);
        }
    }
}
