//! Mails as files: a maildir, or a file of mails one after the other (mbox).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Puts a mail into a maildir; one that is there already (read or not) is left as it is.
pub(super) fn into_maildir(folder: &Path, message_id: &str, bytes: &[u8]) -> io::Result<()> {
    let mut make = DirBuilder::new();
    make.recursive(true);
    for part in ["tmp", "new", "cur"] {
        make.create(folder.join(part))?;
    }
    let name: String = message_id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '@') { c } else { '_' })
        .collect();
    let new = folder.join("new").join(&name);
    let is_read = std::fs::read_dir(folder.join("cur"))?
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().split(':').next() == Some(name.as_str()));
    if is_read || new.exists() {
        return Ok(());
    }
    let draft = folder.join("tmp").join(&name);
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(draft, new)
}

/// Appends a mail to a file of mails, whole or not at all; one that is there already is not added again.
pub(super) fn into_mbox(path: &Path, from: &str, made: &str, bytes: &[u8]) -> io::Result<()> {
    // A device takes what it is given.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let mut device = OpenOptions::new().write(true).open(path)?;
        device.write_all(bytes)?;
        return device.flush();
    }
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    let entry = entry(from, made, bytes);
    if holds(&mut file, &entry)? {
        return Ok(());
    }
    let end = file.seek(SeekFrom::End(0))?;
    let written = file.write_all(&entry).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a mail would be taken for a whole one.
        let _ = file.set_len(end);
    }
    written
}

fn entry(from: &str, made: &str, bytes: &[u8]) -> Vec<u8> {
    let sender: String = from.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let mut entry = format!("From {sender} {made}\n").into_bytes();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r\n").unwrap_or_else(|| line.strip_suffix(b"\n").unwrap_or(line));
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        if line.get(marks..).is_some_and(|rest| rest.starts_with(b"From ")) {
            entry.push(b'>');
        }
        entry.extend_from_slice(line);
        entry.push(b'\n');
    }
    entry.push(b'\n');
    entry
}

fn holds(file: &mut File, entry: &[u8]) -> io::Result<bool> {
    let finder = memchr::memmem::Finder::new(entry);
    let mut buffer = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    loop {
        let read = Read::by_ref(&mut *file).take(1 << 20).read_to_end(&mut buffer)?;
        if finder.find(&buffer).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        buffer.drain(..buffer.len().saturating_sub(entry.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_in_a_folder_once_even_when_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = folder.path().join("mail");
        for _ in 0..2 {
            into_maildir(&maildir, "a/b@c", b"text").unwrap();
        }
        let new = maildir.join("new/a_b@c");
        assert_eq!(std::fs::read(&new).unwrap(), b"text");
        std::fs::rename(&new, maildir.join("cur/a_b@c:2,S")).unwrap();
        into_maildir(&maildir, "a/b@c", b"text").unwrap();
        assert!(!new.exists());
    }

    #[test]
    fn a_file_of_mails_takes_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mbox");
        for text in ["one\r\nFrom here\r\n", "two", "one\r\nFrom here\r\n"] {
            into_mbox(&path, "a b@c", "Fri Mar  6 04:00:00 2009", text.as_bytes()).unwrap();
        }
        let head = "From ab@c Fri Mar  6 04:00:00 2009\n";
        let all = format!("{head}one\n>From here\n\n{head}two\n\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), all);
        // A mail that was cut by a crash is written anew.
        std::fs::write(&path, &all[..all.len() - 3]).unwrap();
        into_mbox(&path, "ab@c", "Fri Mar  6 04:00:00 2009", b"two").unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with(&format!("{head}two\n\n")));
    }
}
